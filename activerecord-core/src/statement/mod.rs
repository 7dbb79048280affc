//! Statements as plain trees: no generics, no database, no text. The typed shell builds them, [`render`](crate::sql)
//! spells them.

mod expr;
mod select;
mod write;

pub use expr::{Aggregate, Arithmetic, ColumnExpr, Compare, Expr, LikePattern, RawSql, Set};
pub use select::{Direction, Nulls, OrderBy, Select, SelectItem, Source};
pub use write::{Conflict, Delete, Insert, Update};

use std::borrow::Cow;

/// The name of a table or a column, as the database knows it.
pub type Name = Cow<'static, str>;

/// A statement.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Statement {
    /// Reads rows.
    Select(Select),
    /// Adds rows, or merges them into those that are there.
    Insert(Insert),
    /// Changes rows.
    Update(Update),
    /// Removes rows.
    Delete(Delete),
    /// The caller's own SQL.
    Raw(RawSql),
}
