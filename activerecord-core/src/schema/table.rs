//! A model's table and its columns.

use std::any::TypeId;

use crate::error::Result;
use crate::value::{Limits, Spelling, Stored, Value, ValueType};

/// A model's table: its names, its columns, and the roles of columns.
#[derive(Debug)]
#[non_exhaustive]
pub struct TableDef {
    /// The type of the model.
    pub id: TypeId,
    /// The name of the model, for messages.
    pub model: &'static str,
    /// The name of the table, optionally with a schema, such as `audit.events`.
    pub name: &'static str,
    /// The name of the connection that the model uses outside every scope.
    pub connection: &'static str,
    /// All columns, in the order of the struct's fields. Rows are read in this order.
    pub columns: &'static [ColumnDef],
    /// The ordinals of the primary key's columns, in the order of the key's tuple.
    pub key: &'static [usize],
    /// The ordinal of the column with the time of the insert.
    pub created_at: Option<usize>,
    /// The ordinal of the column with the time of the last write.
    pub updated_at: Option<usize>,
    /// The ordinal of the column with the counter of the optimistic lock.
    pub version: Option<usize>,
    /// The ordinal of the column with the time of the soft deletion. NULL means that the row is not deleted.
    pub soft_delete: Option<usize>,
    /// Whether the model must be used inside a connection scope.
    pub scope_required: bool,
    /// Whether the database supplies values of some columns: `#[column(generated)]`, `#[column(default)]`.
    pub supplied: bool,
}

/// One column of a [`TableDef`].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ColumnDef {
    /// The name of the table.
    pub table: &'static str,
    /// The name of the struct's field.
    pub field: &'static str,
    /// The name of the column.
    pub name: &'static str,
    /// The type of the column's values.
    pub ty: ValueType,
    /// Whether the field is an `Option`.
    pub nullable: bool,
    /// The type of the field as written in the source, for messages.
    pub rust_type: &'static str,
    /// The values that the field can hold.
    pub limits: Limits,
    /// Where the column's values come from.
    pub origin: Origin,
    /// How the values are stored where the database has no type for them.
    pub stored: Stored,
}

/// Where the values of a column come from.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Origin {
    /// From the field.
    Field,
    /// `#[column(default)]`: an INSERT leaves the column out while the field has the value that the function returns,
    /// its `Default`. The database then supplies the value.
    FieldOrDefault(fn() -> Value),
    /// `#[column(generated)]`: the database computes every value, and no statement writes the column.
    Generated,
}

impl TableDef {
    /// Creates the table of model `M` with its names only. The derive adds the rest.
    pub const fn of<M: 'static>(model: &'static str, name: &'static str, connection: &'static str) -> Self {
        Self {
            id: TypeId::of::<M>(),
            model,
            name,
            connection,
            columns: &[],
            key: &[],
            created_at: None,
            updated_at: None,
            version: None,
            soft_delete: None,
            scope_required: false,
            supplied: false,
        }
    }

    /// Sets the columns and the ordinals of the key.
    #[must_use]
    pub const fn columns(mut self, columns: &'static [ColumnDef], key: &'static [usize]) -> Self {
        self.columns = columns;
        self.key = key;
        let mut n = 0;
        while n < columns.len() {
            self.supplied |= !matches!(columns[n].origin, Origin::Field);
            n += 1;
        }
        self
    }

    /// Sets the ordinal of `#[created_at]`.
    #[must_use]
    pub const fn created_at(mut self, ordinal: usize) -> Self {
        self.created_at = Some(ordinal);
        self
    }

    /// Sets the ordinal of `#[updated_at]`.
    #[must_use]
    pub const fn updated_at(mut self, ordinal: usize) -> Self {
        self.updated_at = Some(ordinal);
        self
    }

    /// Sets the ordinal of `#[version]`.
    #[must_use]
    pub const fn version(mut self, ordinal: usize) -> Self {
        self.version = Some(ordinal);
        self
    }

    /// Sets the ordinal of `#[soft_delete]`.
    #[must_use]
    pub const fn soft_delete(mut self, ordinal: usize) -> Self {
        self.soft_delete = Some(ordinal);
        self
    }

    /// Adds the roles of an embedded struct's columns, which begin at ordinal `first`. Two columns with the same role
    /// are a compile error.
    #[must_use]
    #[track_caller]
    pub const fn embedding(mut self, first: usize, embedded: &Self) -> Self {
        self.created_at = role(self.created_at, embedded.created_at, first, "a model has at most one #[created_at]");
        self.updated_at = role(self.updated_at, embedded.updated_at, first, "a model has at most one #[updated_at]");
        self.version = role(self.version, embedded.version, first, "a model has at most one #[version]");
        self.soft_delete =
            role(self.soft_delete, embedded.soft_delete, first, "a model has at most one #[soft_delete]");
        self
    }

    /// Marks the model as `#[scope_required]`.
    #[must_use]
    pub const fn scope_required(mut self) -> Self {
        self.scope_required = true;
        self
    }

    /// Returns the columns of the primary key.
    pub fn key_columns(&self) -> impl Iterator<Item = &'static ColumnDef> + use<> {
        let columns = self.columns;
        self.key.iter().map(|&ordinal| &columns[ordinal])
    }

    /// Returns true when the column at `ordinal` is part of the primary key.
    pub fn is_key(&self, ordinal: usize) -> bool {
        self.key.contains(&ordinal)
    }

    /// Returns the ordinal of the column with this name.
    pub fn ordinal(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|def| def.name == column)
    }
}

#[track_caller]
const fn role(own: Option<usize>, embedded: Option<usize>, first: usize, twice: &'static str) -> Option<usize> {
    match (own, embedded) {
        (Some(_), Some(_)) => panic!("{}", twice),
        (None, Some(ordinal)) => Some(first + ordinal),
        (own, None) => own,
    }
}

impl ColumnDef {
    /// Fills an array before its columns are set.
    pub(crate) const NONE: Self = Self::new("", "", "", ValueType::Text, true, "");

    /// Creates a column. The derive emits one for each field.
    pub const fn new(
        field: &'static str,
        table: &'static str,
        name: &'static str,
        ty: ValueType,
        nullable: bool,
        rust_type: &'static str,
    ) -> Self {
        let (origin, stored) = (Origin::Field, Stored::Default);
        let limits = Limits::of(ty);
        Self { field, table, name, ty, nullable, rust_type, limits, origin, stored }
    }

    /// Marks the column as computed by the database.
    #[must_use]
    pub const fn generated(mut self) -> Self {
        self.origin = Origin::Generated;
        self
    }

    /// Makes the database supply the value of an unset field, one with the value that `unset` returns.
    #[must_use]
    pub const fn or_default(mut self, unset: fn() -> Value) -> Self {
        self.origin = Origin::FieldOrDefault(unset);
        self
    }

    /// Returns true if the database computes every value of the column.
    pub const fn is_generated(&self) -> bool {
        matches!(self.origin, Origin::Generated)
    }

    /// Reads a value of the column from the JSON of a captured row.
    ///
    /// # Errors
    /// `Conversion` when the JSON does not fit the type.
    pub fn value_from_json(&self, json: &serde_json::Value) -> Result<Value> {
        Spelling { ty: self.ty, stored: self.stored }.read_json(json)
    }

    /// Sets how the values are stored.
    #[must_use]
    pub const fn stored(mut self, stored: Stored) -> Self {
        self.stored = stored;
        self
    }
}

/// A value that names a column of a model, such as a typed column.
pub trait Named {
    /// Returns the name of the column in the database.
    fn name(&self) -> &'static str;
}

/// Two tables are equal when they belong to the same model.
impl PartialEq for TableDef {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for TableDef {}
