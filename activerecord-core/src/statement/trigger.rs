//! CREATE TRIGGER and DROP TRIGGER.

use super::Name;
use crate::value::{Value, ValueType};

/// A trigger to create: for each change of a row it inserts a row into another table of the database.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateTrigger {
    /// Its name.
    pub name: Name,
    /// The table whose changes it sees.
    pub table: Name,
    /// The changes that it sees.
    pub event: RowEvent,
    /// Only when the row's key stays what it is, or only when it does not; always, if None.
    pub when: Option<KeyChange>,
    /// The columns of the row's key.
    pub key: Vec<Name>,
    /// The table that it writes to.
    pub into: Name,
    /// The columns that it writes, and what.
    pub values: Vec<(Name, TriggerValue)>,
}

/// A trigger to drop, if it is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DropTrigger {
    /// Its name.
    pub name: Name,
    /// The table whose changes it sees.
    pub table: Name,
}

/// What happens to a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowEvent {
    /// It is inserted.
    Insert,
    /// It is updated.
    Update,
    /// It is deleted.
    Delete,
}

/// What happens to the key of a row that is updated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyChange {
    /// It stays.
    Same,
    /// It becomes another one.
    Moved,
}

/// A row as a trigger sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowImage {
    /// As it was before.
    Old,
    /// As it is now.
    New,
}

/// What a trigger writes into a column.
#[derive(Clone, Debug, PartialEq)]
pub enum TriggerValue {
    /// Always the same: a text, which holds no quote, backslash or NUL, because a trigger has no binds; or an integer.
    Constant(Value),
    /// The time of the database's clock.
    Now,
    /// The key of a row as text, 255 characters of it at most.
    Key(RowImage),
    /// JSON with a row before (`before`) and after (`after`) the change: an object of these columns, or `null`.
    Images {
        /// Whether there is a row before.
        before: bool,
        /// Whether there is one after.
        after: bool,
        /// The columns, and what they hold.
        columns: Vec<(Name, ValueType)>,
    },
}
