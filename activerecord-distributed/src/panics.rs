//! Panics of the user's handlers become errors.

use std::any::Any;

use activerecord_core::{Error, ErrorKind};

/// The panic of a handler, as an error with the panic's message.
pub(crate) fn as_error(panic: &(dyn Any + Send)) -> Error {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    Error::new(ErrorKind::Custom, format!("the handler panicked: {}", text.unwrap_or_default()))
}
