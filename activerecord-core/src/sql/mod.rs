//! Renders a [`Statement`](crate::statement::Statement) to the text and the binds of one dialect.

mod aggregate;
mod cache;
mod create;
mod digest;
mod expr;
mod function;
mod json;
mod like;
mod lock;
mod raw;
mod render;
mod scope;
mod select;
mod subquery;
mod trigger;
mod write;
mod writer;

pub(crate) use cache::{Operation, cached, cached_head};
pub use render::render;
pub(crate) use render::{render_head, render_rest, render_with_models};

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::value::Value;

/// A statement for a database: the text with placeholders, and the values to bind.
#[derive(Clone, Debug, PartialEq)]
pub struct Sql {
    text: Arc<str>,
    binds: Vec<Value>,
    access: Access,
    one_row: bool,
}

/// Whether a statement reads or writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Access {
    /// The statement only reads.
    Read,
    /// The statement writes.
    Write,
    /// The statement is the caller's own SQL. It can read or write.
    Unknown,
}

impl Sql {
    /// Creates a statement.
    pub fn new(text: impl Into<Arc<str>>, binds: Vec<Value>, access: Access) -> Self {
        Self { text: text.into(), binds, access, one_row: false }
    }

    /// States that the result has at most one row. A backend can then fetch it in a cheaper way.
    #[must_use]
    pub fn one_row(mut self) -> Self {
        self.one_row = true;
        self
    }

    /// Returns the text.
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// Returns the values in the order of the placeholders.
    pub fn binds(&self) -> &[Value] {
        &self.binds
    }

    /// Returns whether the statement reads or writes.
    pub fn access(&self) -> Access {
        self.access
    }

    /// Refuses a bound value that serde could not serialize to JSON.
    ///
    /// # Errors
    /// `Conversion`, with the number of the placeholder.
    pub(crate) fn check(&self) -> Result<()> {
        match self.binds.iter().position(|bind| matches!(bind, Value::Json(json) if json.is_empty())) {
            Some(index) => Err(no_json(index + 1)),
            None => Ok(()),
        }
    }

    /// Returns true when the result has at most one row.
    pub fn is_one_row(&self) -> bool {
        self.one_row
    }
}

#[cold]
fn no_json(number: usize) -> Error {
    Error::conversion(format!(
        "serde cannot write the value of placeholder {number} as JSON; the keys of a map must be strings"
    ))
}
