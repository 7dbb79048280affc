//! CREATE TRIGGER and DROP TRIGGER.

use super::Name;
use crate::value::{Value, ValueType};

/// A trigger to create. For each change, it inserts a row into another table of the same database.
///
/// A change goes through even if its images cannot be written, because they are too large, or because a column was dropped since
/// the trigger was created. The inserted row then has only the key of the changed row: see [`TriggerValue::Images`] and
/// [`TriggerValue::Kind`].
#[derive(Clone, Debug, PartialEq)]
pub struct CreateTrigger {
    /// The name of the trigger, without a schema. It has at most 63 bytes.
    pub name: Name,
    /// The table that the trigger belongs to. With a schema, the trigger is created in that schema.
    pub table: Name,
    /// The event that fires the trigger.
    pub event: TableEvent,
    /// The condition on the key of an updated row; None: no condition.
    pub when: Option<KeyChange>,
    /// Fire only if no row of the table has the former key when the statement ends. For tables whose key is checked late: in
    /// one statement, another row can take the key of a row that loses it.
    pub if_free: bool,
    /// Whether `key` is the primary key. Then SQLite takes the image after the change from the table: other triggers, which can
    /// fire earlier, can have changed the row again.
    pub is_primary: bool,
    /// The columns of the primary key.
    pub key: Vec<TriggerColumn>,
    /// The columns of the images.
    pub columns: Vec<TriggerColumn>,
    /// The row whose key identifies the change.
    pub row: RowImage,
    /// The table that the trigger writes to.
    pub into: Name,
    /// The columns that the trigger writes, with their values.
    pub values: Vec<(Name, TriggerValue)>,
}

/// A column in the image of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TriggerColumn {
    /// The name.
    pub name: Name,
    /// The type of its values. None: the library has no value for its type, so it is written as text.
    pub ty: Option<ValueType>,
    /// Its type in the SQL of the database, which can decide how the value is written.
    pub declared: String,
}

/// A trigger to drop, if it exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DropTrigger {
    /// The name of the trigger, without a schema.
    pub name: Name,
    /// The table that the trigger belongs to.
    pub table: Name,
    /// The function of the trigger, if it has one that no other table uses.
    pub function: Option<Name>,
}

/// The event that fires a trigger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TableEvent {
    /// A row is inserted.
    Insert,
    /// A row is updated.
    Update,
    /// A row is deleted.
    Delete,
    /// All rows are removed by TRUNCATE. There is no image and no key. On a database with the capability
    /// `truncate_triggers`.
    Truncate,
}

/// Whether an UPDATE changes the key of a row. Texts are compared character by character, whatever their collation.
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
    /// A constant: an integer, or a text without backslashes and NULs. It is written into the SQL text, because
    /// a trigger has no bound values.
    Constant(Value),
    /// The current time of the database.
    Now,
    /// The key of the row as text, cut off after 255 characters. Bytes are hexadecimal.
    Key,
    /// `usual`, or `without` if the images could not be written.
    Kind {
        /// The constant of a change with its images.
        usual: Value,
        /// The constant of a change without them.
        without: Value,
    },
    /// JSON with the row before the change (`before`) and after it (`after`): an object of the columns, or `null`. If the
    /// images cannot be written, both are `null`, and `key` has the columns of the key.
    Images {
        /// Whether `before` has the row.
        before: bool,
        /// Whether `after` has the row.
        after: bool,
    },
}
