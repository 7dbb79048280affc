//! The limits of computed values. SQLite turns an integer beyond 64 bits into a float, and a column holds every type.

use rusqlite::functions::Context;
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Error, Result};

use super::decimal::flags;

/// Checks a value: `ar_within(value, least, greatest)`. Integers as limits: the value must be an integer. Floats: it must
/// be a number. NULL has no limits.
pub(crate) const NAME: &str = "ar_within";

/// Adds the function to a connection.
pub(crate) fn add_range_check(connection: &Connection) -> Result<()> {
    connection.create_scalar_function(NAME, 3, flags(), within)
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
    if fits { Ok(value.try_into()?) } else { Err(out_of_range()) }
}

#[cold]
fn out_of_range() -> Error {
    Error::UserFunctionError(format!("{NAME}: the value is out of range").into())
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
}
