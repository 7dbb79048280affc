//! CREATE TRIGGER and DROP TRIGGER.

use super::Name;
use crate::value::{Value, ValueType};

/// A row trigger to create. For each change of a row, it inserts a row into another table of the same database.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateTrigger {
    /// The name of the trigger. It has at most 63 bytes.
    pub name: Name,
    /// The table that the trigger belongs to.
    pub table: Name,
    /// The event that fires the trigger.
    pub event: RowEvent,
    /// The condition on the key of an updated row; None: no condition.
    pub when: Option<KeyChange>,
    /// The columns of the primary key.
    pub key: Vec<Name>,
    /// The table that the trigger writes to.
    pub into: Name,
    /// The columns that the trigger writes, with their values.
    pub values: Vec<(Name, TriggerValue)>,
}

/// A trigger to drop, if it exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DropTrigger {
    /// The name of the trigger.
    pub name: Name,
    /// The table that the trigger belongs to.
    pub table: Name,
}

/// The event that fires a trigger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RowEvent {
    /// A row is inserted.
    Insert,
    /// A row is updated.
    Update,
    /// A row is deleted.
    Delete,
}

/// Whether an UPDATE changes the key of a row.
// Not `#[non_exhaustive]`: there is no third case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyChange {
    /// The key stays the same.
    Same,
    /// The key changes.
    Moved,
}

/// The row of a trigger, before or after the change.
// Not `#[non_exhaustive]`: there is no third case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowImage {
    /// Before the change.
    Old,
    /// After the change.
    New,
}

/// A value that a trigger writes into a column.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum TriggerValue {
    /// A constant: an integer, or a text without quotes, backslashes and NULs. It is written into the SQL text, because
    /// a trigger has no bound values.
    Constant(Value),
    /// The current time of the database.
    Now,
    /// The key of a row as text, cut off after 255 characters.
    Key(RowImage),
    /// JSON with the row before the change (`before`) and after it (`after`): an object of these columns, or `null`.
    Images {
        /// Whether `before` has the row.
        before: bool,
        /// Whether `after` has the row.
        after: bool,
        /// The columns and their types.
        columns: Vec<(Name, ValueType)>,
    },
}
