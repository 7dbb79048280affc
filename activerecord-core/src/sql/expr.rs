//! Renders expressions.

use super::aggregate::{aggregate, over};
use super::arithmetic::arithmetic;
use super::checked::checked;
use super::compare::{between, compare, compare_rows, in_rows};
use super::contains::contains;
use super::digest::digest;
use super::function::{call, case, date_part};
use super::like::like;
use super::subquery::{exists, membership, scalar};
use super::writer::Writer;
use super::{infer, json, raw, scope};
use crate::dialect::Upsert;
use crate::error::{Error, ErrorKind, Result};
use crate::statement::{Expr, Function, MAX_DEPTH, Refusal};
use crate::value::ValueType;

/// Writes an expression. Operands with a lower precedence get parentheses.
pub(super) fn expr(w: &mut Writer<'_>, node: Expr) -> Result<()> {
    match node {
        Expr::Column(column) => scope::column(w, &column),
        Expr::Value(value) => w.value(value, None),
        Expr::Excluded(column) => {
            excluded(w, &column);
            Ok(())
        }
        Expr::Compare(left, op, right) => compare(w, *left, op, *right),
        Expr::CompareRows(pairs, op) => compare_rows(w, pairs, op),
        Expr::InRows(row, rows) => in_rows(w, row, rows),
        Expr::Arithmetic(left, op, right) => arithmetic(w, *left, op, *right),
        Expr::And(all) => junction(w, all, " AND ", "1 = 1"),
        Expr::Or(any) => junction(w, any, " OR ", "1 = 0"),
        Expr::Not(inner) => negation(w, *inner),
        // A database may not know the type of the value.
        Expr::IsNull(inner) if matches!(*inner, Expr::Value(_)) => {
            let is_null = matches!(*inner, Expr::Value(value) if value.is_null());
            w.push(if is_null { "1 = 1" } else { "1 = 0" });
            Ok(())
        }
        Expr::IsNull(inner) if is_derived_date(w, &inner) => postfix(w, *inner, " <=> NULL"),
        Expr::IsNull(inner) => postfix(w, *inner, " IS NULL"),
        Expr::Between(inner, low, high) => between(w, *inner, *low, *high),
        Expr::In(inner, set) => membership(w, *inner, set),
        Expr::Like(inner, pattern) => like(w, *inner, pattern),
        Expr::Aggregate(function, argument) => aggregate(w, function, argument, None),
        Expr::Digest(columns) => digest(w, &columns),
        Expr::Exists(query) => exists(w, query),
        Expr::Subquery(query) => scalar(w, query),
        node @ (Expr::Case(_) | Expr::Call(Function::Coalesce, _)) => match infer::settled(w, node) {
            Expr::Case(inner) => case(w, *inner),
            Expr::Call(function, arguments) => call(w, function, arguments),
            other => expr(w, other),
        },
        Expr::Call(function, arguments) => call(w, function, arguments),
        Expr::DatePart(part, inner) => date_part(w, part, *inner),
        Expr::Json(inner, path, kind) => json::value(w, *inner, &path, kind),
        Expr::JsonContains(inner, other) => contains(w, *inner, *other),
        Expr::Over(inner, window) => over(w, *inner, *window),
        Expr::Raw(sql) => raw::fragment(w, sql),
        Expr::Typed(inner, _) => expr(w, *inner),
        Expr::Checked(inner, limits) => checked(w, *inner, limits),
        Expr::Refused(refusal) => Err(refused(refusal)),
    }
}

/// Returns the error of an expression, or of a statement, that cannot be rendered.
#[cold]
pub(super) fn refused(refusal: Refusal) -> Error {
    match refusal {
        Refusal::TooDeep => Error::unsupported(format!(
            "an expression is nested more than {MAX_DEPTH} levels; join conditions of the same kind in one list (a & b & c, \
             a | b | c), use is_in for many values of one column, or run several queries"
        )),
        Refusal::NotRead(name) => Error::new(
            ErrorKind::InvalidStatement,
            format!("with_deleted_of names `{name}`, but the query does not read it: join it, or remove the call"),
        ),
    }
}

/// Writes an expression as an operand: AND, OR, a comparison and raw SQL get parentheses.
pub(super) fn atom(w: &mut Writer<'_>, node: Expr) -> Result<()> {
    let is_closed = matches!(
        node,
        Expr::Column(_)
            | Expr::Value(_)
            | Expr::Excluded(_)
            | Expr::Aggregate(..)
            | Expr::Digest(_)
            | Expr::Exists(_)
            | Expr::Subquery(_)
            | Expr::Call(..)
            | Expr::Case(_)
            | Expr::DatePart(..)
            | Expr::Json(..)
            | Expr::Over(..)
    );
    if is_closed {
        return expr(w, node);
    }
    w.push("(");
    expr(w, node)?;
    w.push(")");
    Ok(())
}

/// The most conditions in a row. More get parentheses, because SQLite parses a row of n conditions to a tree of depth n,
/// and refuses a depth of 1,000.
const MOST_IN_A_ROW: usize = 500;

fn junction(w: &mut Writer<'_>, mut items: Vec<Expr>, word: &str, empty: &str) -> Result<()> {
    match items.len() {
        0 => {
            w.push(empty);
            Ok(())
        }
        1 => expr(w, items.remove(0)),
        count if count <= MOST_IN_A_ROW => row(w, items.into_iter(), word),
        count => {
            let mut items = items.into_iter();
            for group in 0..count.div_ceil(MOST_IN_A_ROW) {
                w.push(if group == 0 { "(" } else { word }).push(if group == 0 { "" } else { "(" });
                row(w, items.by_ref().take(MOST_IN_A_ROW), word)?;
                w.push(")");
            }
            Ok(())
        }
    }
}

fn row(w: &mut Writer<'_>, items: impl Iterator<Item = Expr>, word: &str) -> Result<()> {
    for (index, item) in items.enumerate() {
        if index > 0 {
            w.push(word);
        }
        if matches!(item, Expr::And(_) | Expr::Or(_) | Expr::CompareRows(..) | Expr::Raw(_) | Expr::Between(..)) {
            atom(w, item)?;
        } else {
            expr(w, item)?;
        }
    }
    Ok(())
}

fn negation(w: &mut Writer<'_>, inner: Expr) -> Result<()> {
    let inner = match inner {
        Expr::IsNull(inner) if !matches!(*inner, Expr::Value(_)) && !is_derived_date(w, &inner) => {
            return postfix(w, *inner, " IS NOT NULL");
        }
        inner => inner,
    };
    w.push("NOT (");
    expr(w, inner)?;
    w.push(")");
    Ok(())
}

/// For MySQL `IS NULL` also finds the date 0000-00-00, which it then refuses in a column of several queries.
fn is_derived_date(w: &Writer<'_>, node: &Expr) -> bool {
    let is_date = |ty| matches!(ty, ValueType::Date | ValueType::DateTime | ValueType::Timestamp);
    w.dialect.merges_derived
        && matches!(node, Expr::Column(column) if is_date(column.ty) && w.is_derived(&column.table))
}

fn postfix(w: &mut Writer<'_>, inner: Expr, operator: &str) -> Result<()> {
    atom(w, inner)?;
    w.push(operator);
    Ok(())
}

fn excluded(w: &mut Writer<'_>, column: &str) {
    match w.dialect.upsert {
        Upsert::OnConflict => w.push("excluded.").name(column),
        Upsert::OnDuplicateKey => w.push("VALUES(").name(column).push(")"),
    };
}
