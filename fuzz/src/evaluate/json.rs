//! JSON: equality of documents, values at a path, and containment.

use activerecord_core::statement::{JsonKind, JsonStep};
use activerecord_core::{Value, ValueType};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Number, Value as Json};

use super::{Answer, Refusal};

/// Returns the document of a JSON value.
pub(super) fn document(value: &Value) -> Answer<Json> {
    match value {
        Value::Json(text) => serde_json::from_str(text).map_err(|_| Refusal::NotCovered("a text that is not JSON")),
        _ => Err(Refusal::NotCovered("a value that is not JSON, where JSON is expected")),
    }
}

/// Whether two documents are equal: spaces and the order of members do not matter. Numbers are equal by their values, as
/// on PostgreSQL.
pub(super) fn equal(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => equal_numbers(a, b),
        (Json::Array(a), Json::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| equal(a, b)))
        }
        (a, b) => a == b,
    }
}

/// Returns the value at a path. NULL if there is none, or it has another type.
pub(super) fn at(json: &Value, path: &[JsonStep], kind: JsonKind) -> Answer<Value> {
    let ty = match kind {
        JsonKind::Text => ValueType::Text,
        JsonKind::Integer => ValueType::I64,
        JsonKind::Float => ValueType::F64,
        JsonKind::Bool => ValueType::Bool,
        _ => return Err(Refusal::NotCovered("an unknown kind of JSON")),
    };
    if json.is_null() {
        return Ok(Value::Null(ty));
    }
    let document = document(json)?;
    let found = path.iter().try_fold(&document, step).map(|found| read(found, kind)).transpose()?;
    Ok(found.flatten().unwrap_or(Value::Null(ty)))
}

/// Whether a document contains another one, as PostgreSQL answers: its members, its elements in any order, or the same
/// scalar. An array also contains a scalar that is one of its elements, but only at the top.
pub(super) fn contains(json: &Json, other: &Json) -> bool {
    match (json, other) {
        (Json::Array(elements), other) if !other.is_array() && !other.is_object() => {
            elements.iter().any(|element| equal(element, other))
        }
        (json, other) => has_all(json, other),
    }
}

fn has_all(json: &Json, other: &Json) -> bool {
    match (json, other) {
        (Json::Object(members), Json::Object(others)) => {
            others.iter().all(|(key, other)| members.get(key).is_some_and(|member| has_all(member, other)))
        }
        (Json::Array(elements), Json::Array(others)) => {
            others.iter().all(|other| elements.iter().any(|element| has_all(element, other)))
        }
        (json, other) => equal(json, other),
    }
}

/// An index selects an element of an array, and a key a member of an object, and nothing else.
fn step<'j>(json: &'j Json, step: &JsonStep) -> Option<&'j Json> {
    match (json, step) {
        (Json::Object(members), JsonStep::Key(key)) => members.get(key),
        (Json::Array(elements), JsonStep::Index(index)) => elements.get(usize::try_from(*index).ok()?),
        _ => None,
    }
}

fn read(json: &Json, kind: JsonKind) -> Answer<Option<Value>> {
    Ok(match (json, kind) {
        (Json::String(text), JsonKind::Text) => Some(Value::Text(text.clone())),
        (Json::Bool(b), JsonKind::Text) => Some(Value::Text(b.to_string())),
        (Json::Number(number), JsonKind::Text) if !number.is_f64() => Some(Value::Text(number.to_string())),
        (Json::Number(_), JsonKind::Text) => {
            return Err(Refusal::NotCovered("a fraction as text: it is as the database writes it"));
        }
        (Json::Number(number), JsonKind::Integer) => number.as_i64().or_else(|| whole(number)).map(Value::I64),
        (Json::Number(number), JsonKind::Float) => number.as_f64().map(Value::F64),
        (Json::Bool(b), JsonKind::Bool) => Some(Value::Bool(*b)),
        _ => None,
    })
}

/// Returns a number without its fraction. A number outside of 64 bits is no integer.
/// The digits of a large one are those of the text, as on PostgreSQL.
fn whole(number: &Number) -> Option<i64> {
    // A smaller float is exactly the number that its digits say.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match number.as_f64().filter(|_| number.is_f64())? {
        x if x.abs() < EXACT => Some(x as i64),
        x => Decimal::from_scientific(&format!("{x:e}")).ok()?.to_i64(),
    }
}

fn equal_numbers(a: &Number, b: &Number) -> bool {
    match (a.as_i64().zip(b.as_i64()), a.as_u64().zip(b.as_u64())) {
        (Some((a, b)), _) => a == b,
        (_, Some((a, b))) => a == b,
        _ => a.as_f64() == b.as_f64(),
    }
}
