//! When two values are equal.

use activerecord_core::Value;

use super::json;

/// Whether a database takes two values of a column for equal.
pub(super) fn same(one: &Value, other: &Value) -> bool {
    one == other || normal(one.clone()) == normal(other.clone())
}

/// One form for values that databases write in different ways: decimals without trailing zeros, floats as their shortest text
/// with one zero and one NaN, JSON with its members in order and its numbers exact.
pub(super) fn normal(value: Value) -> Value {
    match value {
        Value::Decimal(decimal) => Value::Decimal(decimal.normalize()),
        Value::F32(x) => Value::Text(format!("{:?}", x + 0.0)),
        Value::F64(x) => Value::Text(format!("{:?}", x + 0.0)),
        Value::Json(text) => Value::Json(json::normal(&text).unwrap_or(text)),
        Value::Array(element, values) => Value::Array(element, values.into_iter().map(normal).collect()),
        other => other,
    }
}
