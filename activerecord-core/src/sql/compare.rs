//! Comparisons. Values that are equal or ordered for this library are so for the database too.

use super::expr::{atom, expr, refused};
use super::infer::{self, typed_by};
use super::stored::{Met, common};
use super::writer::Writer;
use crate::dialect::{DecimalMath, JsonPaths};
use crate::error::{Error, Result};
use crate::statement::{Compare, Expr, MAX_DEPTH, Part, Refusal};
use crate::value::{Purpose, Value, ValueType};

/// Writes a comparison of two expressions.
pub(super) fn compare(w: &mut Writer<'_>, left: Expr, op: Compare, right: Expr) -> Result<()> {
    if !matches!(op, Compare::Eq | Compare::Ne) {
        require_order(w, &left)?;
    }
    let (left, right) = (typed_by(w, left, &right), right);
    let right = typed_by(w, right, &left);
    if is(&left, ValueType::Json) || is(&right, ValueType::Json) {
        json(w, left)?;
        w.push(symbol(op));
        return json(w, right);
    }
    let met = common(w.dialect, [&left, &right], Purpose::Compare)?;
    let collation = collation(w, [&left, &right]);
    let are_constants = left.is_constant() && right.is_constant();
    left_side(w, left, collation, met, are_constants)?;
    w.push(symbol(op));
    operand(w, right, met)
}

/// Writes `BETWEEN`.
pub(super) fn between(w: &mut Writer<'_>, inner: Expr, low: Expr, high: Expr) -> Result<()> {
    require_order(w, &inner)?;
    let met = common(w.dialect, [&inner, &low, &high], Purpose::Compare)?;
    let collation = collation(w, [&inner, &low, &high]);
    let are_constants = inner.is_constant() && low.is_constant() && high.is_constant();
    left_side(w, inner, collation, met, are_constants)?;
    w.push(" BETWEEN ");
    operand(w, low, met)?;
    w.push(" AND ");
    operand(w, high, met)
}

/// Writes a comparison of rows in the form that can use an index over all its columns.
pub(super) fn compare_rows(w: &mut Writer<'_>, mut pairs: Vec<(Expr, Expr)>, op: Compare) -> Result<()> {
    if pairs.len() < 2 || !w.dialect.row_values {
        // Each pair nests the condition by two levels.
        if pairs.len() > MAX_DEPTH / 2 {
            return Err(refused(Refusal::TooDeep));
        }
        return expr(w, decided_by_the_first(&mut pairs.drain(..), op));
    }
    let mut values = Vec::with_capacity(pairs.len());
    w.push("(").list(pairs, |w, (left, right)| {
        require_order(w, &left)?;
        values.push((common(w.dialect, [&left, &right], Purpose::Compare)?, right));
        comparand(w, left)
    })?;
    w.push(")").push(symbol(op)).push("(").list(values, |w, (met, value)| operand(w, value, met))?;
    w.push(")");
    Ok(())
}

/// Writes whether a row of expressions is one of these rows of values. One condition for each row would be nested too deeply.
pub(super) fn in_rows(w: &mut Writer<'_>, row: Vec<Expr>, rows: Vec<Vec<Value>>) -> Result<()> {
    if rows.is_empty() {
        return expr(w, Expr::Or(Vec::new()));
    }
    let spelled = row.iter().map(|part| common(w.dialect, [part], Purpose::Compare)).collect::<Result<Vec<_>>>()?;
    let values = w.dialect.row_list;
    w.push("(").list(row, comparand)?;
    w.push(") IN (").push(values).list(rows, |w, row| {
        w.push("(").list(row.into_iter().zip(&spelled), |w, (value, met)| w.bind_as(value, *met))?;
        w.push(")");
        Ok::<_, Error>(())
    })?;
    w.push(")");
    Ok(())
}

/// Writes an operand. A bound value gets the spelling that it meets.
fn operand(w: &mut Writer<'_>, node: Expr, met: Option<Met>) -> Result<()> {
    match node {
        Expr::Value(value) => w.value(value, met),
        node => atom(w, node),
    }
}

/// Writes the first operand. Among bound values it gives them its type.
fn left_side(
    w: &mut Writer<'_>,
    node: Expr,
    collation: Option<&str>,
    met: Option<Met>,
    are_constants: bool,
) -> Result<()> {
    match node {
        Expr::Value(value) if met.is_some() => w.value(value, met),
        node if are_constants && infer::cast(w, &node).is_some() => infer::alone(w, node),
        node => collated(w, node, collation),
    }
}

/// `a > x OR (a = x AND (b > y OR ..))`.
fn decided_by_the_first(pairs: &mut dyn ExactSizeIterator<Item = (Expr, Expr)>, op: Compare) -> Expr {
    let Some((left, right)) = pairs.next() else { return Expr::And(Vec::new()) };
    // Not by `Expr::compare`: a comparison with NULL must stay one, because it is neither true nor false.
    let compare = |op| Expr::Compare(Box::new(left.clone()), op, Box::new(right.clone()));
    if pairs.len() == 0 {
        return compare(op);
    }
    let differs = match op {
        Compare::Le => Compare::Lt,
        Compare::Ge => Compare::Gt,
        other => other,
    };
    compare(differs).or(compare(Compare::Eq).and(decided_by_the_first(pairs, op)))
}

/// Writes an expression so that the database finds equal values equal: an item of GROUP BY, of ORDER BY, or of a SELECT
/// list without duplicates. A decimal that is stored as text gets its collation. PostgreSQL compares `jsonb`, but not
/// `json`.
pub(super) fn comparand(w: &mut Writer<'_>, node: Expr) -> Result<()> {
    if w.dialect.json == JsonPaths::Jsonb && is(&node, ValueType::Json) {
        return json(w, node);
    }
    let collation = collation(w, [&node]);
    collated(w, node, collation)
}

/// Writes an item of PARTITION BY.
///
/// # Errors
/// `Unsupported` for JSON: MySQL sorts the rows for it, and can sort JSON only as text.
pub(super) fn partition(w: &mut Writer<'_>, node: Expr) -> Result<()> {
    if is(&node, ValueType::Json) { Err(no_partition()) } else { comparand(w, node) }
}

#[cold]
fn no_partition() -> Error {
    Error::unsupported("rows cannot be partitioned by JSON on every database: partition by the value at a path")
}

/// Writes an expression that is only compared: JSON by its content. [`comparand`] writes one that is also returned.
pub(super) fn compared(w: &mut Writer<'_>, node: Expr) -> Result<()> {
    if is(&node, ValueType::Json) { json(w, node) } else { comparand(w, node) }
}

/// The collation of a comparison of these operands, where decimals are stored as text. None: that of the columns.
fn collation<'d, 'e>(w: &Writer<'d>, operands: impl IntoIterator<Item = &'e Expr> + Clone) -> Option<&'d str> {
    let DecimalMath::Functions { collation, .. } = w.dialect.decimal else { return None };
    match operands.clone().into_iter().any(is_decimal) {
        true => Some(collation),
        false => operands.into_iter().any(hides_decimal).then_some("BINARY"),
    }
}

/// Whether the database would order the values of an item by the collation of decimals that it only compares.
pub(super) fn leaks_collation(w: &Writer<'_>, item: &Expr) -> bool {
    matches!(w.dialect.decimal, DecimalMath::Functions { .. }) && hides_decimal(item)
}

/// Whether an expression is another text, but compares decimals inside, such as a CASE. SQLite would take over their
/// collation.
fn hides_decimal(node: &Expr) -> bool {
    use ValueType::{Bool, Bytes, Decimal, F32, F64, I16, I32, I64, U64};
    let is_hidden = |part: &Part<'_>| matches!(part, Part::Expr(inner) if is_decimal(inner));
    let is_text = !matches!(node.ty(), Some(Bool | I16 | I32 | I64 | U64 | F32 | F64 | Decimal | Bytes));
    is_text && !matches!(node, Expr::Column(_) | Expr::Value(_)) && Part::Expr(node).any(&mut { is_hidden })
}

fn collated(w: &mut Writer<'_>, node: Expr, collation: Option<&str>) -> Result<()> {
    atom(w, node)?;
    if let Some(collation) = collation {
        w.push(" COLLATE ").push(collation);
    }
    Ok(())
}

/// Writes JSON, or JSON as text, so that two equal documents are equal. As texts they can differ in their spaces, in the
/// order of members, and in the digits of numbers. MySQL ignores what MariaDB 10.7 and later read.
pub(super) fn json(w: &mut Writer<'_>, node: Expr) -> Result<()> {
    let (before, behind) = match w.dialect.json {
        JsonPaths::Jsonb => ("CAST(", " AS jsonb)"),
        JsonPaths::Extract => ("ar_json(", ")"),
        JsonPaths::ExtractJson => ("/*M!100700 JSON_NORMALIZE(*/JSON_EXTRACT(", ", '$')/*M!100700 )*/"),
    };
    w.push(before);
    atom(w, node)?;
    w.push(behind);
    Ok(())
}

pub(super) fn is_decimal(node: &Expr) -> bool {
    is(node, ValueType::Decimal)
}

pub(super) fn is(node: &Expr, ty: ValueType) -> bool {
    node.ty() == Some(ty)
}

/// Refuses to order values whose order depends on the database.
///
/// # Errors
/// `Unsupported` for JSON, and for arrays on a database that stores them as JSON.
pub(super) fn require_order(w: &Writer<'_>, node: &Expr) -> Result<()> {
    match node.ty() {
        Some(ValueType::Json) => {
            Err(no_order("JSON", "compare or order by the value at a path: COLUMN.json::<i64>(\"key\")"))
        }
        Some(ValueType::Array(_)) if !w.dialect.capabilities.arrays => {
            Err(no_order("arrays", "this database stores them as JSON; postgresql has arrays with an order"))
        }
        _ => Ok(()),
    }
}

#[cold]
fn no_order(what: &str, instead: &str) -> Error {
    Error::unsupported(format!("{what} have no order that is the same on every database: {instead}"))
}

pub(super) fn symbol(op: Compare) -> &'static str {
    match op {
        Compare::Eq => " = ",
        Compare::Ne => " <> ",
        Compare::Lt => " < ",
        Compare::Le => " <= ",
        Compare::Gt => " > ",
        Compare::Ge => " >= ",
    }
}
