//! The limits of computed values. SQLite turns an integer beyond 64 bits into a float, and a column holds every type.

use rusqlite::functions::Context;
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Error, Result};

use super::decimal::flags;

/// Checks a value: `ar_within(value, least, greatest)`. Integers as limits: the value must be an integer. Floats: it must
/// be a number. NULL has no limits.
pub(crate) const NAME: &str = "ar_within";

/// Rounds a number to single precision, as a column of singles does: `ar_single(value)`. A number outside of their limits is
/// refused.
pub(crate) const SINGLE: &str = "ar_single";

/// Adds the functions to a connection.
pub(crate) fn add_range_check(connection: &Connection) -> Result<()> {
    connection.create_scalar_function(NAME, 3, flags(), within)?;
    connection.create_scalar_function(SINGLE, 1, flags(), single)
}

#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "the function rounds")]
fn single(context: &Context<'_>) -> Result<Option<f64>> {
    let single = match context.get_raw(0) {
        ValueRef::Null => return Ok(None),
        ValueRef::Integer(n) => n as f32,
        ValueRef::Real(x) => x as f32,
        ValueRef::Text(_) | ValueRef::Blob(_) => f32::NAN,
    };
    if single.is_finite() { Ok(Some(single.into())) } else { Err(out_of_range(SINGLE)) }
}

#[allow(clippy::cast_precision_loss, reason = "the limits of floats are far from those of integers")]
fn within(context: &Context<'_>) -> Result<Value> {
    let value = context.get_raw(0);
    let fits = match (value, context.get_raw(1), context.get_raw(2)) {
        (ValueRef::Null, ..) => true,
        (ValueRef::Integer(n), ValueRef::Integer(least), ValueRef::Integer(greatest)) => {
            (least..=greatest).contains(&n)
        }
        (ValueRef::Integer(n), ValueRef::Real(least), ValueRef::Real(greatest)) => {
            (least..=greatest).contains(&(n as f64))
        }
        (ValueRef::Real(x), ValueRef::Real(least), ValueRef::Real(greatest)) => (least..=greatest).contains(&x),
        _ => false,
    };
    if fits { Ok(value.try_into()?) } else { Err(out_of_range(NAME)) }
}

#[cold]
fn out_of_range(function: &str) -> Error {
    Error::UserFunctionError(format!("{function}: the value is out of range").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_their_limits() {
        let connection = Connection::open_in_memory().unwrap();
        add_range_check(&connection).unwrap();
        for (arguments, expected) in [
            ("5, 0, 255", Some(Value::Integer(5))),
            ("255, 0, 255", Some(Value::Integer(255))),
            ("256, 0, 255", None),
            ("-1, 0, 255", None),
            ("5.0, 0, 255", None),
            ("'5', 0, 255", None),
            ("NULL, 0, 255", Some(Value::Null)),
            ("9223372036854775807, -9223372036854775808, 9223372036854775807", Some(Value::Integer(i64::MAX))),
            ("9223372036854775807 + 1, -9223372036854775808, 9223372036854775807", None),
            ("1.5, -2e0, 2e0", Some(Value::Real(1.5))),
            ("1, -2e0, 2e0", Some(Value::Integer(1))),
            ("1e308 * 10, -1.7976931348623157e308, 1.7976931348623157e308", None),
        ] {
            let found =
                connection.query_row(&format!("SELECT ar_within({arguments})"), [], |row| row.get::<_, Value>(0));
            assert_eq!(found.as_ref().ok(), expected.as_ref(), "{arguments}: {found:?}");
        }
    }

    #[test]
    fn singles() {
        let connection = Connection::open_in_memory().unwrap();
        add_range_check(&connection).unwrap();
        for (argument, expected) in [
            ("0.1", Some(Some(f64::from(0.1_f32)))),
            ("16777217", Some(Some(16_777_216.0))),
            ("1e-60", Some(Some(0.0))),
            ("3.4028235677973362e38", Some(Some(f64::from(f32::MAX)))),
            ("3.41e38", None),
            ("-1e308 * 10", None),
            ("'5'", None),
            ("NULL", Some(None)),
        ] {
            let found = connection.query_row(&format!("SELECT ar_single({argument})"), [], |row| row.get(0));
            assert_eq!(found.as_ref().ok(), expected.as_ref(), "{argument}: {found:?}");
        }
    }
}
