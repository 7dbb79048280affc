//! The order and the equality of values, and ORDER BY.

use std::cmp::Ordering;

use activerecord_core::statement::{Compare, Direction, Nulls, OrderBy};
use activerecord_core::{Value, ValueType};

use super::{Answer, Refusal, Row, json, number, unsupported};

/// Compares two values by an operator. None: one of them is NULL, so the result is neither true nor false.
pub(super) fn holds(left: &Value, op: Compare, right: &Value) -> Answer<Option<bool>> {
    if left.is_null() || right.is_null() {
        return Ok(None);
    }
    Ok(Some(match op {
        Compare::Eq => equal(left, right)?,
        Compare::Ne => !equal(left, right)?,
        Compare::Lt => compare(left, right)?.is_lt(),
        Compare::Le => compare(left, right)?.is_le(),
        Compare::Gt => compare(left, right)?.is_gt(),
        Compare::Ge => compare(left, right)?.is_ge(),
        _ => return Err(Refusal::NotCovered("an unknown comparison")),
    }))
}

/// Orders two values that are not NULL. False is less than true; texts are ordered by their code points, bytes and UUIDs
/// by their bytes.
pub(crate) fn compare(a: &Value, b: &Value) -> Answer<Ordering> {
    Ok(match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Text(a), Value::Text(b)) => a.cmp(b),
        (Value::Bytes(a), Value::Bytes(b)) => a.cmp(b),
        (Value::Uuid(a), Value::Uuid(b)) => a.cmp(b),
        (Value::Date(a), Value::Date(b)) => a.cmp(b),
        (Value::Time(a), Value::Time(b)) => a.cmp(b),
        (Value::DateTime(a), Value::DateTime(b)) => a.cmp(b),
        (Value::Timestamp(a), Value::Timestamp(b)) => a.cmp(b),
        (Value::Json(_), _) | (_, Value::Json(_)) => return Err(no_order()),
        (Value::Array(..), _) | (_, Value::Array(..)) => return Err(ARRAYS),
        (a, b) => number::compare(a, b)?,
    })
}

/// Whether two values are one: in GROUP BY, DISTINCT and set operators, where NULL is one value.
fn same(a: &Value, b: &Value) -> Answer<bool> {
    if a.is_null() || b.is_null() { Ok(a.is_null() && b.is_null()) } else { equal(a, b) }
}

/// Whether two rows are one.
pub(super) fn same_row(a: &[Value], b: &[Value]) -> Answer<bool> {
    let same = a.iter().zip(b).map(|(a, b)| same(a, b)).collect::<Answer<Vec<_>>>()?;
    Ok(!same.contains(&false))
}

/// Returns the place of the first row that is one with this row.
pub(super) fn find<'r>(rows: impl IntoIterator<Item = &'r Row>, row: &[Value]) -> Answer<Option<usize>> {
    for (at, other) in rows.into_iter().enumerate() {
        if same_row(other, row)? {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

/// Keeps the first of the rows that are one.
pub(super) fn distinct(rows: Vec<Row>) -> Answer<Vec<Row>> {
    let mut kept = Vec::new();
    for row in rows {
        if find(&kept, &row)?.is_none() {
            kept.push(row);
        }
    }
    Ok(kept)
}

/// Orders two rows by their keys, which have one value for each item of ORDER BY.
pub(super) fn by_keys(a: &[Value], b: &[Value], order: &[OrderBy]) -> Answer<Ordering> {
    for ((a, b), item) in a.iter().zip(b).zip(order) {
        let ordering = match (a.is_null(), b.is_null()) {
            (false, false) if item.direction == Direction::Desc => compare(b, a)?,
            (false, false) => compare(a, b)?,
            (a, b) if nulls_come_first(item) => b.cmp(&a),
            (a, b) => a.cmp(&b),
        };
        if ordering.is_ne() {
            return Ok(ordering);
        }
    }
    Ok(Ordering::Equal)
}

/// Sorts by keys. Equal keys keep their order.
pub(super) fn sort<T>(items: &mut [T], key: impl Fn(&T) -> &[Value], order: &[OrderBy]) -> Answer<()> {
    let mut refusal = None;
    items.sort_by(|a, b| {
        by_keys(key(a), key(b), order).unwrap_or_else(|why| {
            refusal = Some(why);
            Ordering::Equal
        })
    });
    refusal.map_or(Ok(()), Err)
}

/// Refuses to order values of this type.
pub(super) fn require_order(ty: Option<ValueType>) -> Answer<()> {
    match ty {
        Some(ValueType::Json) => Err(no_order()),
        Some(ValueType::Array(_)) => Err(ARRAYS),
        _ => Ok(()),
    }
}

fn equal(a: &Value, b: &Value) -> Answer<bool> {
    match (a, b) {
        (Value::Json(_), _) | (_, Value::Json(_)) => Ok(json::equal(&json::document(a)?, &json::document(b)?)),
        (a, b) => compare(a, b).map(Ordering::is_eq),
    }
}

/// NULL is the smallest value, unless the item says otherwise.
fn nulls_come_first(item: &OrderBy) -> bool {
    match item.nulls {
        Nulls::First => true,
        Nulls::Last => false,
        _ => item.direction == Direction::Asc,
    }
}

/// Only PostgreSQL has arrays. The others store them as JSON.
const ARRAYS: Refusal = Refusal::NotCovered("a comparison of arrays");

fn no_order() -> Refusal {
    unsupported("JSON has no order that is the same on every database")
}
