//! Cursors: the position of a row in an order, as text.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::value::{Value, ValueType};

/// The position of a row in the order of a query. Use `to_string` and `parse`, or serde, to put it into a URL.
///
/// ```no_run
/// # use activerecord::prelude::*;
/// # use activerecord::query::Cursor;
/// # #[derive(ActiveRecord)] struct User { id: i64, name: String, age: i32 }
/// # async fn example() -> Result<()> {
/// let first = User::order_by(User::NAME.asc()).keyset(None, 50).await?;
/// if let Some(next) = first.next {
///     let text = next.to_string();
///     let cursor: Cursor = text.parse()?;
///     let second = User::order_by(User::NAME.asc()).keyset(Some(&cursor), 50).await?;
/// }
/// # Ok(()) }
/// ```
///
/// A cursor contains the values of the columns in the order, in readable form. It is neither encrypted nor signed: do
/// not order by a secret column. A changed cursor is another position in the same query and cannot show rows that the
/// query's conditions exclude.
#[derive(Clone, Debug, PartialEq)]
pub struct Cursor {
    /// The order, to refuse a cursor of a query with another order.
    order: String,
    values: Vec<Key>,
}

/// A value of a column in an order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Key {
    Null,
    Bool(bool),
    Integer(i64),
    Unsigned(u64),
    Float(#[serde(with = "float")] f64),
    Text(String),
    Bytes(Vec<u8>),
    Decimal(Decimal),
    Uuid(Uuid),
    Date(NaiveDate),
    Time(NaiveTime),
    DateTime(NaiveDateTime),
    Timestamp(DateTime<Utc>),
}

/// A float as a number; NaN and the infinities, for which JSON has no numbers, as text.
mod float {
    use serde::{Deserialize, Deserializer, Serializer, de};

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Number(f64),
        Text(String),
    }

    pub(super) fn serialize<S: Serializer>(x: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        if x.is_finite() { serializer.serialize_f64(*x) } else { serializer.collect_str(x) }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        match Written::deserialize(deserializer)? {
            Written::Number(x) => Ok(x),
            Written::Text(text) => text.parse().map_err(de::Error::custom),
        }
    }
}

impl Cursor {
    pub(super) fn of(order: String, values: impl Iterator<Item = Value>) -> Result<Self> {
        Ok(Self { order, values: values.map(Key::try_from).collect::<Result<_>>()? })
    }

    /// Returns the values. Refuses a cursor of another order.
    pub(super) fn values_in(self, order: &str) -> Result<Vec<Value>> {
        if self.order == order {
            return Ok(self.values.into_iter().map(Value::from).collect());
        }
        Err(Error::conversion(format!(
            "the cursor belongs to the order `{}`, but the query has the order `{order}`; start again without a cursor",
            self.order
        )))
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let json = serde_json::to_vec(&(&self.order, &self.values)).map_err(|_| fmt::Error)?;
        f.write_str(&URL_SAFE_NO_PAD.encode(json))
    }
}

impl FromStr for Cursor {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let json = URL_SAFE_NO_PAD.decode(text).ok();
        let parts = json.and_then(|json| serde_json::from_slice::<(String, Vec<Key>)>(&json).ok());
        match parts {
            Some((order, values)) => Ok(Self { order, values }),
            None => Err(Error::conversion("the text is not a cursor; pass `next` of the previous page unchanged")),
        }
    }
}

impl Serialize for Cursor {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl TryFrom<Value> for Key {
    type Error = Error;

    fn try_from(value: Value) -> Result<Self> {
        Ok(match value {
            Value::Null(_) => Self::Null,
            Value::Bool(b) => Self::Bool(b),
            Value::I16(n) => Self::Integer(n.into()),
            Value::I32(n) => Self::Integer(n.into()),
            Value::I64(n) => Self::Integer(n),
            Value::U64(n) => Self::Unsigned(n),
            Value::F32(x) => Self::Float(x.into()),
            Value::F64(x) => Self::Float(x),
            Value::Text(text) => Self::Text(text),
            Value::Bytes(bytes) => Self::Bytes(bytes),
            Value::Decimal(decimal) => Self::Decimal(decimal),
            Value::Uuid(uuid) => Self::Uuid(uuid),
            Value::Date(date) => Self::Date(date),
            Value::Time(time) => Self::Time(time),
            Value::DateTime(time) => Self::DateTime(time),
            Value::Timestamp(time) => Self::Timestamp(time),
            Value::Json(_) | Value::Array(..) => {
                return Err(Error::unsupported("a cursor cannot contain JSON or arrays; order by other columns"));
            }
        })
    }
}

impl From<Key> for Value {
    fn from(key: Key) -> Self {
        match key {
            // The type does not matter: NULL is rendered as IS NULL.
            Key::Null => Self::Null(ValueType::Text),
            Key::Bool(b) => Self::Bool(b),
            Key::Integer(n) => Self::I64(n),
            Key::Unsigned(n) => Self::U64(n),
            Key::Float(x) => Self::F64(x),
            Key::Text(text) => Self::Text(text),
            Key::Bytes(bytes) => Self::Bytes(bytes),
            Key::Decimal(decimal) => Self::Decimal(decimal),
            Key::Uuid(uuid) => Self::Uuid(uuid),
            Key::Date(date) => Self::Date(date),
            Key::Time(time) => Self::Time(time),
            Key::DateTime(time) => Self::DateTime(time),
            Key::Timestamp(time) => Self::Timestamp(time),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_cursor_does_not_change() {
        let values = [Value::I32(9078), Value::Null(ValueType::Text), Value::Text("TEX".into())];
        let cursor = Cursor::of("altitude desc, city asc, code asc".into(), values.into_iter()).expect("a cursor");
        let text = cursor.to_string();
        let json = URL_SAFE_NO_PAD.decode(&text).expect("base64");
        assert_eq!(
            String::from_utf8_lossy(&json),
            r#"["altitude desc, city asc, code asc",[{"Integer":9078},"Null",{"Text":"TEX"}]]"#
        );
        assert_eq!(text.parse::<Cursor>().expect("the same cursor"), cursor);
    }

    #[test]
    fn every_float_has_a_text() {
        for (float, written) in [
            (0.1, r#"[{"Float":0.1}]"#),
            (-2.0, r#"[{"Float":-2.0}]"#),
            (f64::from(0.1_f32), r#"[{"Float":0.10000000149011612}]"#),
            (f64::MIN_POSITIVE, r#"[{"Float":2.2250738585072014e-308}]"#),
            (f64::INFINITY, r#"[{"Float":"inf"}]"#),
            (f64::NEG_INFINITY, r#"[{"Float":"-inf"}]"#),
            (f64::NAN, r#"[{"Float":"NaN"}]"#),
        ] {
            let cursor = Cursor::of("x asc".into(), [Value::F64(float)].into_iter()).expect("a cursor");
            assert_eq!(serde_json::to_string(&cursor.values).expect("JSON"), written);
            let read =
                cursor.to_string().parse::<Cursor>().and_then(|cursor| cursor.values_in("x asc")).expect("a cursor");
            assert!(matches!(read[..], [Value::F64(x)] if x.to_bits() == float.to_bits()), "{read:?}");
        }
    }
}
