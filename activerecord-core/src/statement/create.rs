//! CREATE TABLE and CREATE INDEX.

use super::Name;
use crate::schema::Table;
use crate::value::ValueType;

/// A table to create, unless one of its name is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateTable {
    /// The table.
    pub table: Name,
    /// Its columns.
    pub columns: Vec<NewColumn>,
    /// The columns of its key; none: it has no key.
    pub key: Vec<Name>,
    /// Whether the database numbers the rows by the key, which is one integer.
    pub numbered: bool,
    /// Its indexes.
    pub indexes: Vec<CreateIndex>,
}

/// A column of a new table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewColumn {
    /// Its name.
    pub name: Name,
    /// What it holds.
    pub ty: ValueType,
    /// The digits and the scale of a decimal, or the length of a text or of bytes, where they are known. A database that needs
    /// them has defaults.
    pub sizes: Vec<u32>,
    /// Whether it may be NULL.
    pub nullable: bool,
}

/// An index to create, unless one of its name is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateIndex {
    /// Its name.
    pub name: Name,
    /// The table.
    pub table: Name,
    /// Its columns, in their order.
    pub columns: Vec<Name>,
    /// Whether no two rows may have the same values in them.
    pub unique: bool,
}

impl CreateTable {
    /// The database numbers the rows by the key, which must be one integer.
    #[must_use]
    pub fn numbered(mut self) -> Self {
        self.numbered = true;
        self
    }

    /// With an index over these columns.
    #[must_use]
    pub fn index(mut self, name: &'static str, columns: &[&'static str]) -> Self {
        let columns = columns.iter().map(|&column| column.into()).collect();
        self.indexes.push(CreateIndex { name: name.into(), table: self.table.clone(), columns, unique: false });
        self
    }

    /// Whether the column is part of the key or of an index.
    pub(crate) fn is_indexed(&self, column: &Name) -> bool {
        self.key.contains(column) || self.indexes.iter().any(|index| index.columns.contains(column))
    }
}

/// The table of a model: its columns, and its key.
impl From<&'static Table> for CreateTable {
    fn from(table: &'static Table) -> Self {
        let columns = table.columns.iter();
        Self {
            table: table.name.into(),
            columns: columns
                .map(|def| NewColumn { name: def.name.into(), ty: def.ty, sizes: Vec::new(), nullable: def.nullable })
                .collect(),
            key: table.key_columns().map(|def| def.name.into()).collect(),
            numbered: false,
            indexes: Vec::new(),
        }
    }
}
