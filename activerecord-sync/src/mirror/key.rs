//! Keys of rows as texts in the tables of mirrors.

use activerecord_core::{Result, Value, ValueType};
use activerecord_distributed::support::json;

use crate::copy::Side;
use crate::hash::hash;

/// The most characters of a key that is written as it is. The column has 255.
const MOST: usize = 200;

/// The begin of a text that is not the key itself. A key that begins with it is written as a hash.
pub(super) const MARK: char = '#';

/// Returns a text for a key that no other key has, whatever the collation of the column is. It is the key itself, with commas
/// between the parts, as in the message of a capture; or a hash, for a key that is long, that is ambiguous, or that a
/// database could take for another one because of blanks at its end.
pub(super) fn text(key: &[Value]) -> Result<String> {
    let parts: Vec<_> = key.iter().map(part).collect();
    let text = parts.join(",");
    let is_exact = !text.is_empty()
        && !text.starts_with(MARK)
        && !text.ends_with(' ')
        && !text.contains(char::is_control)
        && text.chars().count() <= MOST
        && (parts.len() == 1 || parts.iter().all(|part| !part.contains(',')));
    Ok(if is_exact { text } else { format!("{MARK}{}", hash(&json(key)?)) })
}

/// The key as JSON, from which [`row`] makes a row again.
pub(super) fn json(key: &[Value]) -> Result<String> {
    let parts: Vec<_> = key.iter().map(|value| normal(value).to_json()).collect();
    json::write(&parts, || "the key of a row".to_owned())
}

/// A row of a table that has only a key.
pub(super) fn row(side: &Side, json: &str) -> Result<Vec<Value>> {
    let parts: Vec<serde_json::Value> = json::read(json, || "the key of a row".to_owned())?;
    let mut row: Vec<_> = side.columns.iter().map(|column| Value::Null(column.ty)).collect();
    for (&ordinal, part) in side.key.iter().zip(&parts) {
        row[ordinal] = Value::from_json(part, side.columns[ordinal].ty)?;
    }
    Ok(row)
}

/// The values of the key in a row.
pub(super) fn of(side: &Side, row: &[Value]) -> Vec<Value> {
    side.key.iter().map(|&ordinal| row[ordinal].clone()).collect()
}

fn part(value: &Value) -> String {
    match normal(value) {
        Value::Text(text) => text,
        Value::Bytes(bytes) => bytes.iter().map(|byte| format!("{byte:02X}")).collect(),
        other => match other.to_json() {
            serde_json::Value::String(text) => text,
            json => json.to_string(),
        },
    }
}

/// One form for values that databases take as equal.
fn normal(value: &Value) -> Value {
    match value {
        Value::Decimal(decimal) => Value::Decimal(decimal.normalize()),
        Value::F64(zero) if *zero == 0.0 => Value::F64(0.0),
        Value::F32(zero) if *zero == 0.0 => Value::F32(0.0),
        other => other.clone(),
    }
}

/// Whether a row of the target has the key of its row of the source, so that it can have no other owner.
pub(super) fn is_that_of(source: &Side, target: &Side) -> bool {
    let names = |side: &Side| side.key.iter().map(|&key| side.columns[key].name.clone()).collect::<Vec<_>>();
    let types = |side: &Side| side.key.iter().map(|&key| side.columns[key].ty).collect::<Vec<ValueType>>();
    names(source) == names(target) && types(source) == types(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_texts(parts: &[&str]) -> String {
        text(&parts.iter().map(|part| Value::Text((*part).to_owned())).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn different_keys_have_different_texts() {
        let long = "x".repeat(300);
        let (one, other) = (format!("{long}1"), format!("{long}2"));
        let keys: &[&[&str]] = &[
            &["a"],
            &["A"],
            &["a "],
            &["a  "],
            &[""],
            &[" "],
            &["#"],
            &["a,b", "c"],
            &["a", "b,c"],
            &["a,b,c"],
            &[&one],
            &[&other],
            &["a\n"],
            &["a", ""],
            &["", "a"],
        ];
        let texts: std::collections::HashSet<_> = keys.iter().map(|key| of_texts(key)).collect();
        assert_eq!(texts.len(), keys.len());
        assert!(texts.iter().all(|text| text.chars().count() <= MOST && !text.ends_with(' ')));
    }

    #[test]
    fn equal_keys_have_equal_texts() {
        let decimal = |text: &str| Value::Decimal(text.parse().unwrap());
        assert_eq!(text(&[decimal("1.00")]).unwrap(), text(&[decimal("1.0")]).unwrap());
        assert_eq!(text(&[Value::F64(-0.0)]).unwrap(), text(&[Value::F64(0.0)]).unwrap());
        assert_eq!(text(&[Value::I64(7), Value::Text("a".into())]).unwrap(), "7,a");
    }
}
