//! Renders expressions.

use super::aggregate::{aggregate, over};
use super::digest::digest;
use super::function::{call, case, date_part};
use super::like::like;
use super::stored::{Met, common};
use super::subquery::{exists, membership, scalar};
use super::writer::Writer;
use super::{json, raw, scope};
use crate::dialect::{DecimalMath, Upsert};
use crate::error::{Error, Result};
use crate::statement::{Arithmetic, Compare, Expr};
use crate::value::{Purpose, ValueType};

/// Writes an expression. Operands with a lower precedence get parentheses.
pub(super) fn expr(w: &mut Writer<'_>, node: Expr) -> Result<()> {
    match node {
        Expr::Column(column) => scope::column(w, &column),
        Expr::Value(value) => {
            w.bind(value);
            Ok(())
        }
        Expr::Excluded(column) => {
            excluded(w, &column);
            Ok(())
        }
        Expr::Compare(left, op, right) => {
            let met = common(w.dialect, [&*left, &*right], Purpose::Compare)?;
            left_side(w, *left, met)?;
            w.push(symbol(op));
            operand(w, *right, met)
        }
        Expr::CompareRows(pairs, op) => compare_rows(w, pairs, op),
        Expr::Arithmetic(left, op, right) => arithmetic(w, *left, op, *right),
        Expr::And(all) => junction(w, all, " AND ", "1 = 1"),
        Expr::Or(any) => junction(w, any, " OR ", "1 = 0"),
        Expr::Not(inner) => negation(w, *inner),
        Expr::IsNull(inner) => postfix(w, *inner, " IS NULL"),
        Expr::Between(inner, low, high) => {
            let met = common(w.dialect, [&*inner, &*low, &*high], Purpose::Compare)?;
            left_side(w, *inner, met)?;
            w.push(" BETWEEN ");
            operand(w, *low, met)?;
            w.push(" AND ");
            operand(w, *high, met)
        }
        Expr::In(inner, set) => membership(w, *inner, set),
        Expr::Like(inner, pattern) => like(w, *inner, pattern),
        Expr::Aggregate(function, argument) => aggregate(w, function, argument, None),
        Expr::Digest(columns) => digest(w, &columns),
        Expr::Exists(query) => exists(w, query),
        Expr::Subquery(query) => scalar(w, query),
        Expr::Call(function, arguments) => call(w, function, arguments),
        Expr::Case(inner) => case(w, *inner),
        Expr::DatePart(part, inner) => date_part(w, part, *inner),
        Expr::Json(inner, path, kind) => json::value(w, *inner, &path, kind),
        Expr::JsonContains(inner, other) => json::contains(w, *inner, *other),
        Expr::Over(inner, window) => over(w, *inner, *window),
        Expr::Raw(sql) => raw::fragment(w, sql),
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

/// Writes an operand. A bound value gets the spelling that it meets.
pub(super) fn operand(w: &mut Writer<'_>, node: Expr, met: Option<Met>) -> Result<()> {
    match node {
        Expr::Value(value) => w.bind_as(value, met),
        node => atom(w, node),
    }
}

fn left_side(w: &mut Writer<'_>, node: Expr, met: Option<Met>) -> Result<()> {
    match node {
        Expr::Value(value) if met.is_some() => w.bind_as(value, met),
        node => comparand(w, node),
    }
}

/// Writes the left side of a comparison, or an item of ORDER BY. A decimal that is stored as text gets its collation.
pub(super) fn comparand(w: &mut Writer<'_>, node: Expr) -> Result<()> {
    let collation = match w.dialect.decimal {
        DecimalMath::Functions { collation, .. } if is_decimal(&node) => Some(collation),
        _ => None,
    };
    atom(w, node)?;
    if let Some(collation) = collation {
        w.push(" COLLATE ").push(collation);
    }
    Ok(())
}

pub(super) fn is_decimal(node: &Expr) -> bool {
    node.ty() == Some(ValueType::Decimal)
}

/// Writes a comparison of rows in the form that can use an index over all its columns.
fn compare_rows(w: &mut Writer<'_>, mut pairs: Vec<(Expr, Expr)>, op: Compare) -> Result<()> {
    if pairs.len() < 2 || !w.dialect.row_values {
        return expr(w, decided_by_the_first(&mut pairs.drain(..), op));
    }
    let mut values = Vec::with_capacity(pairs.len());
    w.push("(").list(pairs, |w, (left, right)| {
        values.push((common(w.dialect, [&left, &right], Purpose::Compare)?, right));
        comparand(w, left)
    })?;
    w.push(")").push(symbol(op)).push("(").list(values, |w, (met, value)| operand(w, value, met))?;
    w.push(")");
    Ok(())
}

/// `a > x OR (a = x AND (b > y OR ..))`.
fn decided_by_the_first(pairs: &mut dyn ExactSizeIterator<Item = (Expr, Expr)>, op: Compare) -> Expr {
    let Some((left, right)) = pairs.next() else { return Expr::And(Vec::new()) };
    if pairs.len() == 0 {
        return left.compare(op, right);
    }
    let differs = match op {
        Compare::Le => Compare::Lt,
        Compare::Ge => Compare::Gt,
        other => other,
    };
    let decided = left.clone().compare(differs, right.clone());
    decided.or(left.compare(Compare::Eq, right).and(decided_by_the_first(pairs, op)))
}

fn symbol(op: Compare) -> &'static str {
    match op {
        Compare::Eq => " = ",
        Compare::Ne => " <> ",
        Compare::Lt => " < ",
        Compare::Le => " <= ",
        Compare::Gt => " > ",
        Compare::Ge => " >= ",
    }
}

fn arithmetic(w: &mut Writer<'_>, left: Expr, op: Arithmetic, right: Expr) -> Result<()> {
    if let DecimalMath::Functions { prefix, .. } = w.dialect.decimal
        && is_decimal(&left)
    {
        return decimal_arithmetic(w, prefix, left, op, right);
    }
    let is_integer = !matches!(left.ty(), Some(ValueType::F32 | ValueType::F64 | ValueType::Decimal));
    let by_zero_is_null = matches!(op, Arithmetic::Divide | Arithmetic::Remainder);
    let symbol = match op {
        Arithmetic::Add => " + ",
        Arithmetic::Subtract => " - ",
        Arithmetic::Multiply => " * ",
        Arithmetic::Divide if is_integer => w.dialect.integer_division,
        Arithmetic::Divide => " / ",
        Arithmetic::Remainder => " % ",
    };
    atom(w, left)?;
    w.push(symbol);
    if !by_zero_is_null {
        return atom(w, right);
    }
    w.push("NULLIF(");
    expr(w, right)?;
    w.push(", 0)");
    Ok(())
}

fn decimal_arithmetic(w: &mut Writer<'_>, prefix: &str, left: Expr, op: Arithmetic, right: Expr) -> Result<()> {
    let function = match op {
        Arithmetic::Add => "_add(",
        Arithmetic::Subtract => "_sub(",
        Arithmetic::Multiply => "_mul(",
        Arithmetic::Divide | Arithmetic::Remainder => {
            return Err(Error::unsupported(
                "division of decimals is not supported: each database rounds to another number of digits",
            ));
        }
    };
    w.push(prefix).push(function);
    expr(w, left)?;
    w.push(", ");
    expr(w, right)?;
    w.push(")");
    Ok(())
}

fn junction(w: &mut Writer<'_>, mut items: Vec<Expr>, word: &str, empty: &str) -> Result<()> {
    match items.len() {
        0 => {
            w.push(empty);
            Ok(())
        }
        1 => expr(w, items.remove(0)),
        _ => {
            for (index, item) in items.into_iter().enumerate() {
                if index > 0 {
                    w.push(word);
                }
                if matches!(item, Expr::And(_) | Expr::Or(_) | Expr::CompareRows(..) | Expr::Raw(_) | Expr::Between(..))
                {
                    atom(w, item)?;
                } else {
                    expr(w, item)?;
                }
            }
            Ok(())
        }
    }
}

fn negation(w: &mut Writer<'_>, inner: Expr) -> Result<()> {
    if let Expr::IsNull(inner) = inner {
        return postfix(w, *inner, " IS NOT NULL");
    }
    w.push("NOT (");
    expr(w, inner)?;
    w.push(")");
    Ok(())
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
