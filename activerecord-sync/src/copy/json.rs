//! JSON as text: its numbers have any length, and a name can occur twice.

use std::fmt;

use activerecord_core::{Error, Result, Value};
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::number::Number;

/// A JSON value that a database has returned, as its text.
pub(super) fn read(value: &Value) -> Result<Value> {
    let text = match value {
        Value::Null(_) => return Ok(value.clone()),
        Value::Json(text) | Value::Text(text) => text.clone(),
        Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Value::I64(number) => number.to_string(),
        Value::F64(number) => number.to_string(),
        other => other.to_json().to_string(),
    };
    match serde_json::from_str::<IgnoredAny>(&text) {
        Ok(_) => Ok(Value::Json(text)),
        Err(error) => Err(Error::conversion(format!("the text is not JSON: {error}"))),
    }
}

/// The value in one form: members in the order of their names, and numbers exactly. Members with the same name all stay.
pub(super) fn normal(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    write(serde_json::from_str(text).ok()?, &mut out)?;
    Some(out)
}

/// Whether a database that keeps the last of several members with the same name, and numbers as 64-bit integers or as
/// doubles, has the same value.
pub(super) fn survives_as_doubles(text: &str) -> bool {
    serde_json::from_str(text).is_ok_and(|value| all(value, &is_exact))
}

/// Whether no two members have the same name.
pub(super) fn is_distinct(text: &str) -> bool {
    serde_json::from_str(text).is_ok_and(|value| all(value, &|_| true))
}

/// Whether the names of members are distinct, and all numbers pass a test.
fn all(value: &RawValue, is_kept: &impl Fn(&str) -> bool) -> bool {
    let text = value.get();
    match text.as_bytes().first() {
        Some(b'{') => members(text).is_some_and(|mut members| {
            members.sort_by(|(one, _), (other, _)| one.cmp(other));
            members.windows(2).all(|pair| pair[0].0 != pair[1].0)
                && members.iter().all(|(_, value)| all(value, is_kept))
        }),
        Some(b'[') => elements(text).is_some_and(|elements| elements.iter().all(|value| all(value, is_kept))),
        Some(b'-' | b'0'..=b'9') => is_kept(text),
        _ => true,
    }
}

fn is_exact(text: &str) -> bool {
    let is_integer = text.parse::<i64>().is_ok() || text.parse::<u64>().is_ok();
    let as_double = || text.parse::<f64>().ok().filter(|number| number.is_finite()).map(|number| format!("{number:?}"));
    is_integer || as_double().is_some_and(|double| Number::parse(&double) == Number::parse(text))
}

fn write(value: &RawValue, out: &mut String) -> Option<()> {
    let text = value.get();
    match text.as_bytes().first()? {
        b'{' => {
            let mut members = members(text)?;
            members.sort_by(|(one, _), (other, _)| one.cmp(other));
            out.push('{');
            for (name, value) in members {
                out.push_str(&serde_json::to_string(&name).ok()?);
                out.push(':');
                write(value, out)?;
                out.push(',');
            }
            out.push('}');
        }
        b'[' => {
            out.push('[');
            for value in elements(text)? {
                write(value, out)?;
                out.push(',');
            }
            out.push(']');
        }
        b'"' => out.push_str(&serde_json::to_string(&serde_json::from_str::<String>(text).ok()?).ok()?),
        b'-' | b'0'..=b'9' => out.push_str(&Number::parse(text)?.normal()),
        _ => out.push_str(text),
    }
    Some(())
}

fn elements(text: &str) -> Option<Vec<&RawValue>> {
    serde_json::from_str(text).ok()
}

fn members(text: &str) -> Option<Vec<(String, &RawValue)>> {
    serde_json::from_str::<Members<'_>>(text).ok().map(|members| members.0)
}

/// The members of an object, in their order, with those of the same name.
struct Members<'t>(Vec<(String, &'t RawValue)>);

impl<'de: 't, 't> Deserialize<'de> for Members<'t> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each;
        impl<'de> Visitor<'de> for Each {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Each)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_have_one_form() {
        let same = [
            (r#"{"a": 1.10, "b": [1, 2.0]}"#, r#"{"b":[1.0,2],"a":1.1}"#),
            (r#""\u0041""#, r#""A""#),
            ("1e2", "100"),
            (r#"[ ]"#, "[]"),
        ];
        for (one, other) in same {
            assert_eq!(normal(one), normal(other), "{one}");
            assert!(normal(one).is_some(), "{one}");
        }
        let different = [
            (r#"{"n":12345678901234567890123}"#, r#"{"n":12345678901234567000000}"#),
            ("0.1234567890123456789", "0.12345678901234568"),
            (r#"{"a":1,"a":2}"#, r#"{"a":2}"#),
            ("1", "\"1\""),
            ("[1,2]", "[2,1]"),
            ("null", "[]"),
        ];
        for (one, other) in different {
            assert_ne!(normal(one), normal(other), "{one}");
        }
    }

    #[test]
    fn doubles_hold_what_they_hold() {
        for text in ["1.10", "0.1", "18446744073709551615", "-1", "1e22", "{}", r#"{"a":[true,null,"x"]}"#, "1.5e300"] {
            assert!(survives_as_doubles(text), "{text}");
        }
        for text in
            ["18446744073709551616123", "0.1234567890123456789", "1e400", r#"{"a":1,"a":1}"#, r#"[{"n":9007199254740993.5}]"#]
        {
            assert!(!survives_as_doubles(text), "{text}");
        }
    }
}
