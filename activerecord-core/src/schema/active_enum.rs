//! Reads the variants of an enum. The code of `#[derive(ActiveEnum)]` calls these functions.

use std::fmt::Display;

use crate::error::{Error, Result};
use crate::value::ValueRef;

/// Returns the text of a cell that stores a variant.
///
/// # Errors
/// `Conversion` when the cell is not text.
#[inline]
pub fn text<'r>(value: &ValueRef<'r>, name: &str) -> Result<&'r str> {
    match value {
        ValueRef::Text(text) => Ok(text),
        other => Err(not_text(other, name)),
    }
}

/// Returns the error of a cell whose value no variant has. It lists the allowed values and does not contain the value.
#[cold]
pub fn unknown(name: &str, values: &[&dyn Display]) -> Error {
    let values: Vec<_> = values.iter().map(ToString::to_string).collect();
    Error::conversion(format!("the cell does not hold a value of {name}; its values are {}", values.join(", ")))
}

#[cold]
fn not_text(found: &ValueRef<'_>, name: &str) -> Error {
    Error::conversion(match found {
        ValueRef::Null => format!("NULL cannot be read as {name}; declare a nullable field as an Option"),
        other => format!("{} cannot be read as {name}, which is stored as text", other.type_name()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_borrowed_from_the_cell() {
        assert_eq!(text(&ValueRef::Text("active"), "Status").expect("text"), "active");
    }

    #[test]
    fn errors_name_the_enum_and_never_the_value() {
        let null = text(&ValueRef::Null, "Status").expect_err("NULL");
        assert_eq!(null.message(), "NULL cannot be read as Status; declare a nullable field as an Option");
        let number = text(&ValueRef::I64(4711), "Status").expect_err("a number");
        assert_eq!(number.message(), "an integer cannot be read as Status, which is stored as text");
        let unknown = unknown("Level", &[&"low", &2]);
        assert_eq!(unknown.message(), "the cell does not hold a value of Level; its values are low, 2");
        assert!([null, number, unknown].iter().all(Error::is_conversion));
    }
}
