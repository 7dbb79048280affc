//! Reading the variants of an enum: what `#[derive(ActiveEnum)]` calls.

use std::fmt::Display;

use crate::error::{Error, Result};
use crate::value::ValueRef;

/// The text that a variant is stored as.
///
/// # Errors
/// `Conversion` when the cell is no text.
#[inline]
pub fn text<'r>(value: &ValueRef<'r>, name: &str) -> Result<&'r str> {
    match value {
        ValueRef::Text(text) => Ok(text),
        other => Err(no_text(other, name)),
    }
}

/// The error of a cell whose value is that of no variant. It tells what could have been there, never what is.
#[cold]
pub fn unknown(name: &str, values: &[&dyn Display]) -> Error {
    let values: Vec<_> = values.iter().map(ToString::to_string).collect();
    Error::conversion(format!("the cell holds no value of {name}, which are {}", values.join(", ")))
}

#[cold]
fn no_text(found: &ValueRef<'_>, name: &str) -> Error {
    Error::conversion(match found {
        ValueRef::Null => format!("NULL cannot be read as {name}; a field that may be NULL is an Option"),
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
        assert_eq!(null.message(), "NULL cannot be read as Status; a field that may be NULL is an Option");
        let number = text(&ValueRef::I64(4711), "Status").expect_err("no text");
        assert_eq!(number.message(), "an integer cannot be read as Status, which is stored as text");
        let unknown = unknown("Level", &[&"low", &2]);
        assert_eq!(unknown.message(), "the cell holds no value of Level, which are low, 2");
        assert!([null, number, unknown].iter().all(Error::is_conversion));
    }
}
