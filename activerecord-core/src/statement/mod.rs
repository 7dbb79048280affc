//! Statements as plain trees: no generics, no database, no text. The typed shell builds them, [`render`](crate::sql)
//! spells them.

mod create;
mod expr;
mod function;
mod keyset;
mod select;
mod table;
mod trigger;
mod write;

pub use create::{CreateIndex, CreateTable, NewColumn};
pub use expr::{Arithmetic, ColumnExpr, Compare, Expr, LikePattern, RawSql, Set};
pub use function::{Aggregate, Case, DatePart, Frame, FrameEnd, Function, JsonKind, JsonStep, Window};
pub use select::{
    Compound, Cte, Direction, Distinct, Lock, LockStrength, LockWait, Nulls, OrderBy, Select, SelectItem, SetOperator,
    Source, Subquery,
};
pub use table::{Join, JoinKind, TableRef};
pub use trigger::{CreateTrigger, DropTrigger, KeyChange, RowEvent, RowImage, TriggerValue};
pub use write::{Conflict, Delete, Insert, Update};

use std::borrow::Cow;

/// The name of a table or a column, as the database knows it.
pub type Name = Cow<'static, str>;

/// A statement.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[allow(clippy::large_enum_variant, reason = "made once, and moved into the renderer")]
pub enum Statement {
    /// Reads rows.
    Select(Select),
    /// Adds rows, or merges them into those that are there.
    Insert(Insert),
    /// Changes rows.
    Update(Update),
    /// Removes rows.
    Delete(Delete),
    /// Takes rows that come behind it.
    Load {
        /// The table.
        table: Name,
        /// The columns that the rows have.
        columns: Vec<Name>,
    },
    /// Creates a table, without its indexes where they are statements of their own.
    CreateTable(CreateTable),
    /// Creates an index.
    CreateIndex(CreateIndex),
    /// Creates a trigger.
    CreateTrigger(CreateTrigger),
    /// Creates what a trigger does, where that is a function of its own.
    CreateTriggerFunction(CreateTrigger),
    /// Drops a trigger.
    DropTrigger(DropTrigger),
    /// Drops what it did.
    DropTriggerFunction(DropTrigger),
    /// The caller's own SQL.
    Raw(RawSql),
}
