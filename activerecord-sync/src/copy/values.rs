//! When two values are equal.

use activerecord_core::Value;

/// Whether a database takes two values of a column for equal.
pub(super) fn same(one: &Value, other: &Value) -> bool {
    one == other || normal(one.clone()) == normal(other.clone())
}

/// One form for values that databases write in different ways: decimals without trailing zeros, floats as their shortest text
/// with one zero and one NaN, JSON with its members in order.
pub(super) fn normal(value: Value) -> Value {
    match value {
        Value::Decimal(decimal) => Value::Decimal(decimal.normalize()),
        Value::F32(x) => Value::Text(format!("{:?}", x + 0.0)),
        Value::F64(x) => Value::Text(format!("{:?}", x + 0.0)),
        Value::Json(text) => {
            let read: Option<serde_json::Value> = serde_json::from_str(&text).ok();
            Value::Json(read.map_or(text, |json| whole(json).to_string()))
        }
        Value::Array(element, values) => Value::Array(element, values.into_iter().map(normal).collect()),
        other => other,
    }
}

/// Writes whole numbers in JSON as integers: some databases return `1.0` and others `1`.
fn whole(json: serde_json::Value) -> serde_json::Value {
    use serde_json::Value as Json;
    match json {
        Json::Number(number) if number.is_f64() => match number.as_f64() {
            #[allow(clippy::cast_possible_truncation, reason = "the number is whole and in range")]
            Some(x) if x.fract() == 0.0 && x.abs() < 9e18 => Json::from(x as i64),
            _ => Json::Number(number),
        },
        Json::Array(elements) => elements.into_iter().map(whole).collect(),
        Json::Object(members) => members.into_iter().map(|(name, member)| (name, whole(member))).collect(),
        other => other,
    }
}
