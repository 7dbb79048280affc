//! Classes of column types: which operations a type supports.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::value::{FromValue, Json};

/// A type and its nullable type, which is `Option<i64>` for both `i64` and `Option<i64>`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read as an `Option`",
    note = "all built-in column types can; for your own type write `impl MaybeNull for {Self} {{ type Option = Option<{Self}>; }}`"
)]
pub trait MaybeNull {
    /// The nullable type.
    type Option: Send + 'static;
}

impl<T: Send + 'static> MaybeNull for Option<T> {
    type Option = Self;
}

macro_rules! maybe_null {
    ($($ty:ty),*) => {$(
        impl MaybeNull for $ty {
            type Option = Option<Self>;
        }
    )*};
}
maybe_null!(bool, i8, i16, i32, i64, u8, u16, u32, u64, f32, f64, String, Decimal, Uuid);
maybe_null!(NaiveDate, NaiveTime, NaiveDateTime, DateTime<Utc>, serde_json::Value);

impl<T: Send + 'static> MaybeNull for Json<T> {
    type Option = Option<Self>;
}

impl<T: Send + 'static> MaybeNull for Vec<T> {
    type Option = Option<Self>;
}

/// Text or nullable text.
#[diagnostic::on_unimplemented(message = "expected text, found `{Self}`", label = "only a text column has this method")]
pub trait Text {
    /// The type of its length in characters.
    type Length: FromValue + Send + 'static;
}

impl Text for String {
    type Length = i64;
}

impl Text for Option<String> {
    type Length = Option<i64>;
}

/// A number or a nullable number.
#[diagnostic::on_unimplemented(
    message = "expected a number, found `{Self}`",
    label = "only a column of numbers has this operation"
)]
pub trait Number {
    /// The type of a sum, on every database: `i64` for integers, `f64` for floats, `Decimal` for decimals.
    ///
    /// Sums of integers and decimals are exact, or an error if they do not fit their type; SQLite also refuses a sum that
    /// does not fit before its last row is added. The sum of n floats differs from the exact one by at most n × 2⁻⁵³ of the
    /// sum of their absolute values: databases add them in different orders.
    type Sum: FromValue + Default + Send + 'static;
    /// The type of an average, on every database: `f64` for integers and floats, `Decimal` for decimals.
    ///
    /// The average of integers is the exact one, rounded to a float: it differs by less than 2⁻⁵⁰ of its value. The average
    /// of n floats has the error of their sum. The average of decimals is rounded to 16 digits after the point, half away
    /// from zero, or to fewer digits, so that it has at most 28 in total.
    type Average: FromValue + Send + 'static;
}

macro_rules! numbers {
    ($($number:ty => $sum:ty, $average:ty;)*) => {$(
        impl Number for $number {
            type Sum = $sum;
            type Average = $average;
        }
    )*};
}

numbers! {
    i8 => i64, f64;
    i16 => i64, f64;
    i32 => i64, f64;
    i64 => i64, f64;
    u8 => i64, f64;
    u16 => i64, f64;
    u32 => i64, f64;
    u64 => i64, f64;
    f32 => f64, f64;
    f64 => f64, f64;
    Decimal => Decimal, Decimal;
}

impl<T: Number> Number for Option<T> {
    type Sum = T::Sum;
    type Average = T::Average;
}

/// A number whose division is the same on every database: an integer or a float, nullable or not.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be divided in the database",
    note = "integers and floats can; databases round decimals differently, so divide decimals in Rust"
)]
pub trait Divide: Number {
    /// The type of a quotient. Division by zero is NULL.
    type Quotient: Send + 'static;
}

/// An integer or a nullable integer.
#[diagnostic::on_unimplemented(
    message = "expected an integer, found `{Self}`",
    label = "only integers have a remainder"
)]
pub trait Integer: Divide {}

macro_rules! divided {
    ($($number:ty),*; $($float:ty),*) => {
        $(
            impl Divide for $number {
                type Quotient = Option<Self>;
            }
            impl Integer for $number {}
        )*
        $(
            impl Divide for $float {
                type Quotient = Option<Self>;
            }
        )*
    };
}
divided! { i8, i16, i32, i64, u8, u16, u32, u64; f32, f64 }

impl<T: Divide> Divide for Option<T> {
    type Quotient = T::Quotient;
}

impl<T: Integer> Integer for Option<T> {}

/// A date or a timestamp, nullable or not.
#[diagnostic::on_unimplemented(message = "expected a date or an instant, found `{Self}`", label = "has no date")]
pub trait HasDate {
    /// The type of its parts, such as the year or the hour.
    type Part: FromValue + Send + 'static;
    /// The type of its date.
    type Date: FromValue + Send + 'static;
}

/// A time of day or a timestamp, nullable or not.
#[diagnostic::on_unimplemented(
    message = "expected a time of day or an instant, found `{Self}`",
    label = "has no time of day"
)]
pub trait HasTime {
    /// The type of its parts, such as the year or the hour.
    type Part: FromValue + Send + 'static;
}

macro_rules! dates {
    ($($date:ty),*; $($time:ty),*) => {
        $(
            impl HasDate for $date {
                type Part = i32;
                type Date = NaiveDate;
            }
            impl HasDate for Option<$date> {
                type Part = Option<i32>;
                type Date = Option<NaiveDate>;
            }
        )*
        $(
            impl HasTime for $time {
                type Part = i32;
            }
            impl HasTime for Option<$time> {
                type Part = Option<i32>;
            }
        )*
    };
}
dates! { NaiveDate, NaiveDateTime, DateTime<Utc>; NaiveTime, NaiveDateTime, DateTime<Utc> }

/// JSON or nullable JSON.
#[diagnostic::on_unimplemented(
    message = "expected JSON, found `{Self}`",
    label = "only a column of JSON has this method"
)]
pub trait IsJson {}

impl<T> IsJson for Json<T> {}
impl IsJson for serde_json::Value {}
impl<T: IsJson> IsJson for Option<T> {}
