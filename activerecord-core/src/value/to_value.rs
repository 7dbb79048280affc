//! Conversions from Rust types to bound values.

use std::borrow::Cow;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, SubsecRound, TimeDelta, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::{Limits, Value, ValueType, json};

/// A type that can be bound to a statement. A type of a column implements this trait and
/// [`FromValue`](super::FromValue), which has an example and the table of conversions.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored in a column or bound to a statement",
    label = "not a column type",
    note = "column types are bool, integers, floats, String, Vec<u8>, Decimal, Uuid, chrono's dates and times, Json<T>, \
            Vec<T> and Option<T> of these, and enums with #[derive(ActiveEnum)]",
    note = "wrap any serde type as `Json<{Self}>`, or mark a field that is not a column with #[skip]"
)]
pub trait ToValue {
    /// The type of the values that [`to_value`](Self::to_value) returns, including NULL.
    const TYPE: ValueType;
    /// Whether a value can be NULL. Default: false.
    const NULLABLE: bool = false;
    /// The values that the type can hold. An update whose computed value is not one of them fails. Default: those of
    /// [`TYPE`](Self::TYPE).
    const LIMITS: Limits = Limits::of(Self::TYPE);

    /// Returns the value to bind.
    fn to_value(&self) -> Value;
}

macro_rules! to_value {
    ($($rust:ty => $variant:ident $([$least:expr, $greatest:expr])? |$value:ident| $expr:expr;)*) => {$(
        impl ToValue for $rust {
            const TYPE: ValueType = ValueType::$variant;
            $(const LIMITS: Limits = Limits::of(ValueType::$variant).between($least as i64, $greatest as u64);)?
            fn to_value(&self) -> Value {
                let $value = self;
                Value::$variant($expr)
            }
        }
    )*};
}

to_value! {
    bool => Bool |b| *b;
    i8 => I16 [i8::MIN, i8::MAX] |n| i16::from(*n);
    i16 => I16 |n| *n;
    i32 => I32 |n| *n;
    i64 => I64 |n| *n;
    u8 => I16 [u8::MIN, u8::MAX] |n| i16::from(*n);
    u16 => I32 [u16::MIN, u16::MAX] |n| i32::from(*n);
    u32 => I64 [u32::MIN, u32::MAX] |n| i64::from(*n);
    u64 => U64 |n| *n;
    f32 => F32 |x| *x;
    f64 => F64 |x| *x;
    str => Text |text| text.to_owned();
    String => Text |text| text.clone();
    [u8] => Bytes |bytes| bytes.to_vec();
    Vec<u8> => Bytes |bytes| bytes.clone();
    Decimal => Decimal |decimal| *decimal;
    Uuid => Uuid |uuid| *uuid;
    NaiveDate => Date |date| *date;
    NaiveTime => Time |time| round_time(*time);
    NaiveDateTime => DateTime |time| round(*time);
    DateTime<Utc> => Timestamp |time| round(time.naive_utc()).and_utc();
    serde_json::Value => Json |value| json::written(value);
}

/// Rounds to microseconds. The last microsecond of chrono's range is cut off instead, because it cannot be rounded up.
fn round(time: NaiveDateTime) -> NaiveDateTime {
    match time.checked_add_signed(TimeDelta::microseconds(1)) {
        Some(_) => time.round_subsecs(6),
        None => time.trunc_subsecs(6),
    }
}

/// Rounds to microseconds, but not up to midnight of the next day.
fn round_time(time: NaiveTime) -> NaiveTime {
    let floor = time.trunc_subsecs(6);
    time.round_subsecs(6).max(floor)
}

impl<T: ToValue> ToValue for Option<T> {
    const TYPE: ValueType = T::TYPE;
    const LIMITS: Limits = T::LIMITS;
    const NULLABLE: bool = {
        assert!(!T::NULLABLE, "an `Option` of an `Option` cannot be a column: both `None` are NULL");
        true
    };

    fn to_value(&self) -> Value {
        self.as_ref().map_or(Value::Null(T::TYPE), T::to_value)
    }
}

/// A type that can be the element of a `Vec<T>` column. `u8` cannot: `Vec<u8>` is a column of bytes.
pub trait ArrayElement: ToValue {}

macro_rules! array_elements {
    ($($element:ty),*) => {$(impl ArrayElement for $element {})*};
}
array_elements!(
    bool,
    i16,
    i32,
    i64,
    f32,
    f64,
    String,
    Decimal,
    Uuid,
    NaiveDate,
    NaiveTime,
    NaiveDateTime,
    DateTime<Utc>
);

impl<T: ArrayElement> ToValue for Vec<T> {
    const TYPE: ValueType = ValueType::Array(&T::TYPE);

    fn to_value(&self) -> Value {
        Value::Array(&T::TYPE, self.iter().map(T::to_value).collect())
    }
}

macro_rules! through_deref {
    ($(<$($generic:tt),*> $pointer:ty => $inner:ty;)*) => {$(
        impl<$($generic,)*> ToValue for $pointer where $inner: ToValue {
            const TYPE: ValueType = <$inner>::TYPE;
            const LIMITS: Limits = <$inner>::LIMITS;
            const NULLABLE: bool = <$inner>::NULLABLE;
            fn to_value(&self) -> Value {
                <$inner>::to_value(self)
            }
        }
    )*};
}

impl<T: ToValue + ?Sized> ToValue for &T {
    const TYPE: ValueType = T::TYPE;
    const LIMITS: Limits = T::LIMITS;
    const NULLABLE: bool = T::NULLABLE;

    fn to_value(&self) -> Value {
        T::to_value(self)
    }
}

through_deref! {
    <T> Box<T> => T;
    <T> Arc<T> => T;
}

impl ToValue for Cow<'_, str> {
    const TYPE: ValueType = ValueType::Text;

    fn to_value(&self) -> Value {
        Value::Text(self.to_string())
    }
}

/// The values for the placeholders `?` of raw SQL: an array for values of one type, [`params!`](crate::params) for
/// values of different types, `[]` for none.
///
/// ```no_run
/// # use activerecord_core::{connection, params, Result};
/// # async fn example() -> Result<()> {
/// let primary = connection("primary")?;
/// primary.execute("DELETE FROM logins WHERE failed", []).await?;
/// primary.execute("DELETE FROM logins WHERE id IN (?, ?)", [7, 8]).await?;
/// primary.execute("UPDATE users SET name = ? WHERE id = ?", params!["Ada", 7]).await?;
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "expected a list of parameters, found `{Self}`",
    note = "write `[a, b]` for values of one type, `params![a, \"b\"]` for values of several types, `[]` for none"
)]
pub trait IntoParams {
    /// Returns the values in the order of the placeholders.
    fn into_params(self) -> Vec<Value>;
}

impl IntoParams for Vec<Value> {
    fn into_params(self) -> Vec<Value> {
        self
    }
}

impl IntoParams for [Value; 0] {
    fn into_params(self) -> Vec<Value> {
        Vec::new()
    }
}

// One impl for each length. Length 0 has only the impl above, so that the type of a bare `[]` is known.
macro_rules! array_params {
    ($($length:literal)*) => {$(
        impl<T: ToValue> IntoParams for [T; $length] {
            fn into_params(self) -> Vec<Value> {
                self.iter().map(T::to_value).collect()
            }
        }
    )*};
}
array_params!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32);

/// Makes the parameters of raw SQL from values of different types.
///
/// ```
/// # use activerecord_core::{params, Value};
/// assert_eq!(params![1, "a"], vec![Value::I32(1), Value::Text("a".into())]);
/// ```
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => {
        ::std::vec::Vec::<$crate::Value>::from([$($crate::ToValue::to_value(&$value)),*])
    };
}
