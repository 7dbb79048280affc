//! Expressions as text.

use super::raw;
use super::render::select;
use super::writer::Writer;
use crate::dialect::{DecimalMath, InList, Like, SetQuery, Upsert};
use crate::error::{Error, Result};
use crate::statement::{Aggregate, Arithmetic, Compare, Expr, LikePattern, Select, Set};
use crate::value::{Value, ValueType};

/// Writes an expression. What binds looser than its surroundings is put in parentheses.
pub(super) fn expr(w: &mut Writer<'_>, node: Expr) -> Result<()> {
    match node {
        Expr::Column(column) => {
            if let Some(qualifier) = w.qualifier.clone() {
                w.table(&qualifier).push(".");
            }
            w.name(&column.name);
            Ok(())
        }
        Expr::Value(value) => {
            w.bind(value);
            Ok(())
        }
        Expr::Excluded(column) => {
            excluded(w, &column);
            Ok(())
        }
        Expr::Compare(left, op, right) => {
            comparand(w, *left)?;
            w.push(symbol(op));
            atom(w, *right)
        }
        Expr::Arithmetic(left, op, right) => arithmetic(w, *left, op, *right),
        Expr::And(all) => junction(w, all, " AND ", "1 = 1"),
        Expr::Or(any) => junction(w, any, " OR ", "1 = 0"),
        Expr::Not(inner) => negation(w, *inner),
        Expr::IsNull(inner) => postfix(w, *inner, " IS NULL"),
        Expr::Between(inner, low, high) => {
            comparand(w, *inner)?;
            w.push(" BETWEEN ").bind(low).push(" AND ").bind(high);
            Ok(())
        }
        Expr::In(inner, set) => membership(w, *inner, set),
        Expr::Like(inner, pattern) => like(w, *inner, pattern),
        Expr::Aggregate(function, argument) => aggregate(w, function, argument),
        Expr::Raw(sql) => raw::write(w, sql),
    }
}

/// An expression as an operand: a junction, a comparison or raw SQL inside it keeps its parentheses.
fn atom(w: &mut Writer<'_>, node: Expr) -> Result<()> {
    if matches!(node, Expr::Column(_) | Expr::Value(_) | Expr::Excluded(_) | Expr::Aggregate(..)) {
        return expr(w, node);
    }
    w.push("(");
    expr(w, node)?;
    w.push(")");
    Ok(())
}

/// The left side of a comparison, or what is ordered by. Decimals that are stored as text bring their collation.
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

fn is_decimal(node: &Expr) -> bool {
    match node {
        Expr::Column(column) => column.ty == ValueType::Decimal,
        Expr::Value(value) => value.ty() == ValueType::Decimal,
        _ => false,
    }
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
    let (symbol, function) = match op {
        Arithmetic::Add => (" + ", "_add("),
        Arithmetic::Subtract => (" - ", "_sub("),
        Arithmetic::Multiply => (" * ", "_mul("),
    };
    match w.dialect.decimal {
        DecimalMath::Functions { prefix, .. } if is_decimal(&left) => {
            w.push(prefix).push(function);
            expr(w, left)?;
            w.push(", ");
            expr(w, right)?;
            w.push(")");
            Ok(())
        }
        _ => {
            atom(w, left)?;
            w.push(symbol);
            atom(w, right)
        }
    }
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
                if matches!(item, Expr::And(_) | Expr::Or(_) | Expr::Raw(_) | Expr::Between(..)) {
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

fn membership(w: &mut Writer<'_>, inner: Expr, set: Set) -> Result<()> {
    match set {
        Set::Query(_, Some(connection)) => return Err(foreign(&connection)),
        Set::Query(query, None) => {
            comparand(w, inner)?;
            set_query(w, *query)?;
        }
        Set::Values(_, values) if values.is_empty() => {
            w.push("1 = 0");
        }
        Set::Values(ty, values) => {
            comparand(w, inner)?;
            value_list(w, ty, values);
        }
    }
    Ok(())
}

fn set_query(w: &mut Writer<'_>, query: Select) -> Result<()> {
    let is_limited = query.limit.is_some() || query.offset.is_some();
    let is_derived = w.dialect.set_query == SetQuery::Derived && (w.writes || is_limited);
    w.push(if is_derived { " IN (SELECT * FROM (" } else { " IN (" });
    select(w, query)?;
    if is_derived {
        w.push(") AS ").name("source");
    }
    w.push(")");
    Ok(())
}

#[cold]
fn foreign(connection: &str) -> Error {
    Error::unsupported(format!(
        "a query inside another runs on the other's connection, and this one names `{connection}`: leave that out, or read \
         its values first and pass them to is_in"
    ))
}

fn value_list(w: &mut Writer<'_>, ty: ValueType, mut values: Vec<Value>) {
    if let (InList::AnyArray, Some(element)) = (w.dialect.in_list, ty.as_static()) {
        w.push(" = ANY(").bind(Value::Array(element, values)).push(")");
        return;
    }
    let padded = values.len().next_power_of_two();
    // A list so long that padding could exceed the limit is rare enough to have a text of its own.
    if let Some(last) = values.last().cloned().filter(|_| padded <= w.dialect.capabilities.max_binds / 2) {
        values.resize(padded, last);
    }
    w.push(" IN (");
    w.values(values);
    w.push(")");
}

fn like(w: &mut Writer<'_>, inner: Expr, LikePattern { pattern, ignore_case }: LikePattern) -> Result<()> {
    if w.dialect.like == Like::Glob && pattern.contains('\0') {
        return Err(Error::unsupported("SQLite ends a pattern at a NUL character, and would match too much"));
    }
    match (w.dialect.like, ignore_case) {
        (Like::Ilike, false) => operator(w, inner, " LIKE ", pattern),
        (Like::Ilike, true) => operator(w, inner, " ILIKE ", pattern),
        (Like::Glob, false) => operator(w, inner, " GLOB ", glob(&pattern)),
        (Like::Glob, true) => {
            operator(w, inner, " LIKE ", pattern)?;
            w.push(" ESCAPE '\\'");
            Ok(())
        }
        (Like::Collation(collation), false) => {
            operator(w, inner, " LIKE ", pattern)?;
            w.push(" COLLATE ").push(collation);
            Ok(())
        }
        (Like::Collation(_), true) => {
            w.push("LOWER(");
            expr(w, inner)?;
            w.push(") LIKE LOWER(").bind(Value::Text(pattern)).push(")");
            Ok(())
        }
    }
}

fn operator(w: &mut Writer<'_>, inner: Expr, operator: &str, pattern: String) -> Result<()> {
    atom(w, inner)?;
    w.push(operator).bind(Value::Text(pattern));
    Ok(())
}

/// A pattern of LIKE in the language of GLOB.
fn glob(pattern: &str) -> String {
    let mut glob = String::with_capacity(pattern.len());
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        let literal = match c {
            '%' => {
                glob.push('*');
                continue;
            }
            '_' => {
                glob.push('?');
                continue;
            }
            '\\' => chars.next().unwrap_or('\\'),
            c => c,
        };
        if "*?[".contains(literal) {
            glob.extend(['[', literal, ']']);
        } else {
            glob.push(literal);
        }
    }
    glob
}

fn aggregate(w: &mut Writer<'_>, function: Aggregate, argument: Option<Box<Expr>>) -> Result<()> {
    let Some(argument) = argument else {
        w.push("COUNT(*)");
        return Ok(());
    };
    let name = match function {
        Aggregate::Count => "COUNT",
        Aggregate::Sum => "SUM",
        Aggregate::Avg => "AVG",
        Aggregate::Min => "MIN",
        Aggregate::Max => "MAX",
    };
    if function == Aggregate::Avg && w.dialect.typed_averages {
        return typed_average(w, *argument);
    }
    match (w.dialect.decimal, function) {
        (DecimalMath::Functions { prefix, .. }, Aggregate::Sum) if is_decimal(&argument) => {
            w.push(prefix).push("_sum(")
        }
        (DecimalMath::Functions { prefix, .. }, Aggregate::Avg) if is_decimal(&argument) => {
            w.push(prefix).push("_avg(")
        }
        _ => w.push(name).push("("),
    };
    // MIN and MAX compare, so a decimal brings its collation; to the others it does no harm.
    comparand(w, *argument)?;
    w.push(")");
    Ok(())
}

/// An average as other databases have it: of floats, or a decimal whose digits a `Decimal` has room for.
fn typed_average(w: &mut Writer<'_>, argument: Expr) -> Result<()> {
    let behind = if is_decimal(&argument) { "), 16)" } else { " * 1e0)" };
    w.push(if is_decimal(&argument) { "ROUND(AVG(" } else { "AVG(" });
    atom(w, argument)?;
    w.push(behind);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_as_globs() {
        for (like, expected) in
            [("a%b_c", "a*b?c"), (r"50\%\_", "50%_"), ("[*]?", "[[][*]][?]"), (r"\\", r"\"), ("\\", "\\")]
        {
            assert_eq!(glob(like), expected, "{like}");
        }
    }
}
