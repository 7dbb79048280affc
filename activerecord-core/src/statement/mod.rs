//! Statements as plain trees, without generics, database or text. The typed API builds them, and
//! [`render`](crate::sql::render) turns them into SQL.
//!
//! The structs are built by struct literals, so they are not `#[non_exhaustive]`: a new clause must break the build of
//! every place that builds the statement. The enums can grow.

mod create;
mod expr;
mod function;
mod keyset;
pub(crate) mod qualified;
mod select;
mod table;
mod trigger;
mod types;
mod walk;
mod write;

pub use create::{CreateIndex, CreateTable, NewColumn};
pub use expr::{Arithmetic, ColumnExpr, Compare, Expr, LikePattern, RawSql, Refusal, Set};
pub use function::{Aggregate, Case, DatePart, Frame, FrameEnd, Function, JsonKind, JsonStep, Window};
pub use select::{
    Compound, Cte, Direction, Distinct, FromItem, Lock, LockStrength, LockWait, Nulls, OrderBy, Select, SelectItem,
    SetOperator, Subquery,
};
pub use table::{Join, JoinKind, TableRef};
pub use trigger::{CreateTrigger, DropTrigger, KeyChange, RowImage, TableEvent, TriggerColumn, TriggerValue};
pub(crate) use types::unified;
pub use walk::{MAX_DEPTH, Part, PartMut};
pub use write::{Conflict, Delete, Insert, Update};

use std::borrow::Cow;

/// What a query reads from.
#[deprecated(note = "use `FromItem`")]
pub type Source = FromItem;

/// The name of a table or a column, as the database knows it.
pub type Name = Cow<'static, str>;

/// A statement.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[allow(clippy::large_enum_variant, reason = "made once, and moved into the renderer")]
pub enum Statement {
    /// SELECT.
    Select(Select),
    /// INSERT, with or without a conflict clause.
    Insert(Insert),
    /// UPDATE.
    Update(Update),
    /// DELETE.
    Delete(Delete),
    /// The prefix of a bulk load, such as `COPY .. FROM STDIN`. The rows follow it.
    Load {
        /// The name of the table.
        table: Name,
        /// The columns of the rows.
        columns: Vec<Name>,
    },
    /// CREATE TABLE. On a dialect without inline indexes, each index needs a statement of its own.
    CreateTable(CreateTable),
    /// CREATE INDEX.
    CreateIndex(CreateIndex),
    /// CREATE TRIGGER.
    CreateTrigger(CreateTrigger),
    /// CREATE FUNCTION for the body of a trigger, on a dialect that needs one.
    CreateTriggerFunction(CreateTrigger),
    /// REVOKE of everybody's right to use the function of a trigger.
    RevokeTriggerFunction(CreateTrigger),
    /// DROP TRIGGER.
    DropTrigger(DropTrigger),
    /// DROP FUNCTION for the body of a trigger.
    DropTriggerFunction(Name),
    /// The caller's own SQL.
    Raw(RawSql),
}
