//! Renders a [`Statement`](crate::statement::Statement) to the text and the binds of one dialect.

pub(crate) mod added;
pub(crate) mod advance;
mod aggregate;
mod arithmetic;
mod assign;
mod cache;
mod checked;
mod compare;
mod constant;
mod contains;
pub(crate) mod create;
pub(crate) mod created;
pub(crate) mod define;
mod digest;
pub(crate) mod equal;
mod expr;
mod function;
pub(crate) mod grant;
mod groups;
mod infer;
mod json;
mod keys;
mod like;
mod lock;
mod raw;
mod render;
pub mod scan;
mod scope;
mod select;
mod stored;
mod subquery;
mod traces;
mod translate;
mod trigger;
mod update;
mod write;
mod writer;

pub(crate) use assign::require_distinct;
pub(crate) use cache::{Operation, cached, cached_head, cached_insert};
pub use keys::GeneratedKey;
pub(crate) use keys::render_insert;
pub use render::render;
pub(crate) use render::{render_head, render_rest, render_with_models};
pub(crate) use stored::{Cells, SpelledRow, cells, cells_of};

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::statement::Name;
use crate::value::Value;

/// A statement for a database: the text with placeholders, and the values to bind.
#[derive(Clone, Debug, PartialEq)]
pub struct Sql {
    text: Arc<str>,
    binds: Vec<Value>,
    access: Access,
    one_row: bool,
    defines: bool,
    changes_session: bool,
    /// None for most statements. In one place, so that a statement is small: it is copied and moved for each run.
    details: Option<Arc<Details>>,
}

/// What is known of some statements only.
#[derive(Clone, Debug, Default, PartialEq)]
struct Details {
    returned_key: Option<Arc<ReturnedKey>>,
    generated_key: Option<Arc<GeneratedKey>>,
    /// The binds that meet a column with a declared spelling.
    met: Vec<(usize, stored::Met)>,
    cells: Option<Cells>,
}

/// The one column that an INSERT of one row returns.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReturnedKey {
    /// The table, as its model names it: a dot joins a schema and a table.
    pub table: Name,
    /// The column.
    pub column: Name,
    /// Where the RETURNING clause begins in the text, in bytes. It is the last clause: the text before it is an INSERT
    /// too.
    pub clause: usize,
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
        Self { text: text.into(), binds, access, one_row: false, defines: false, changes_session: false, details: None }
    }

    /// States that the result has at most one row. A backend can then fetch it in a cheaper way.
    #[must_use]
    pub fn one_row(mut self) -> Self {
        self.one_row = true;
        self
    }

    /// States that the statement only reads.
    #[must_use]
    pub(crate) fn reading(mut self) -> Self {
        self.access = Access::Read;
        self
    }

    /// Whether the statement can change a table: it is not known to only read or write rows.
    pub(crate) fn defines(&self) -> bool {
        self.defines
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

    /// Refuses a bound value that JSON cannot represent.
    ///
    /// # Errors
    /// `Conversion`, with the number of the placeholder.
    pub(crate) fn check(&self) -> Result<()> {
        match self.binds.iter().position(|bind| matches!(bind, Value::Json(json) if json.is_empty())) {
            Some(index) => Err(no_json(index + 1)),
            None => Ok(()),
        }
    }

    /// How the cells of the result are spelled. None: each reader knows how.
    pub(crate) fn cells(&self) -> Option<&Cells> {
        self.details.as_ref()?.cells.as_ref()
    }

    /// Sets how the cells of the result are spelled.
    #[must_use]
    pub(crate) fn with_cells(mut self, cells: Option<Cells>) -> Self {
        if cells.is_some() || self.cells().is_some() {
            self.details_mut().cells = cells;
        }
        self
    }

    fn details_mut(&mut self) -> &mut Details {
        Arc::make_mut(self.details.get_or_insert_default())
    }

    /// Returns true when the result has at most one row.
    pub fn is_one_row(&self) -> bool {
        self.one_row
    }

    /// Returns true when the statement can change the state of its session: a setting, a variable, a lock, a temporary table.
    /// The session then has no other user after this one.
    pub fn changes_session(&self) -> bool {
        self.changes_session
    }

    /// The key that the statement returns, when it inserts one row, without an ON CONFLICT clause, and returns one
    /// column. A backend that learns the key of an inserted row in a cheaper way can leave out the RETURNING clause.
    pub fn returned_key(&self) -> Option<&Arc<ReturnedKey>> {
        self.details.as_ref()?.returned_key.as_ref()
    }
}

#[cold]
fn no_json(number: usize) -> Error {
    Error::conversion(format!(
        "the value of placeholder {number} has no JSON that can be read again: a float is NaN or infinite, the keys of a map \
         are not strings, or it is nested more than 127 levels"
    ))
}
