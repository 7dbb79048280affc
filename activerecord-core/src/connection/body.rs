//! The closures that scopes and transactions run.

use crate::error::{Error, Result};

/// An async closure without arguments that returns a `Result`. Every such closure implements it; the trait exists for its
/// error message.
#[diagnostic::on_unimplemented(
    message = "expected an async closure, found `{Self}`",
    label = "expected `async || {{ .. }}`",
    note = "write `async || {{ .. }}`, or `async move || {{ .. }}`, with a `Result` at the end"
)]
pub trait AsyncBody<T, E = Error>: AsyncFnOnce() -> Result<T, E> {}

#[diagnostic::do_not_recommend]
impl<T, E, F: AsyncFnOnce() -> Result<T, E>> AsyncBody<T, E> for F {}
