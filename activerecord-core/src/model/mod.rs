//! The trait that the derive implements for a model, and the hooks that a program implements.

mod hooks;
mod key;
mod probe;
mod projection;
mod relation;

pub use hooks::{Change, ChangeKind, HasHooks, Hooks, Marked, Unmarked};
pub(crate) use hooks::{found, hook};
pub use key::IntoKey;
pub use probe::{Probe, Unknown};
pub use projection::Projection;

use crate::error::Result;
use crate::schema::TableDef;
use crate::value::{RowRef, Value, ValueRef};

/// A struct that is mapped to a table. `#[derive(ActiveRecord)]` implements it; do not implement it by hand. The trait
/// [`ActiveRecord`](crate::ActiveRecord) has its methods.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a model",
    label = "not a model",
    note = "add #[derive(ActiveRecord)] to `{Self}`"
)]
pub trait Model: Hooks<<Self as Model>::HookKind> {
    /// Whether the program or the derive writes the hooks.
    #[doc(hidden)]
    type HookKind;

    /// The type of the primary key: the type of the field, or a tuple for a composite key.
    type Key: Clone + Send + Sync + 'static;

    /// The table.
    const TABLE: &'static TableDef;

    /// Whether the model has `#[hooks]`.
    const HOOKS: bool;

    /// Reads a record from the columns of a row that start at ordinal `at`: the table's columns, in their order.
    ///
    /// # Errors
    /// `Conversion` if a value does not fit its field.
    fn from_row(row: &dyn RowRef, at: usize) -> Result<Self>;

    /// Returns the value of the column at `ordinal`.
    fn value(&self, ordinal: usize) -> Value;

    /// Sets the field of the column at `ordinal`, such as a generated key, a timestamp or a version.
    ///
    /// # Errors
    /// `Conversion` if the value does not fit the field.
    fn set_value(&mut self, ordinal: usize, value: ValueRef<'_>) -> Result<()>;

    /// Copies the `#[skip]` fields whose types are `Clone` into a copy of the record's columns.
    #[doc(hidden)]
    fn carry(&self, copy: &mut Self) {
        let _ = copy;
    }

    /// Returns the record as serde serializes it. `None`: the model does not implement `Serialize`.
    #[doc(hidden)]
    fn serialized(&self) -> Option<serde_json::Result<serde_json::Value>> {
        None
    }

    /// Returns the primary key.
    fn key(&self) -> Self::Key;

    /// Returns the values of a primary key, in the order of `TABLE.key`.
    fn key_values(key: &Self::Key) -> Vec<Value>;
}
