//! CREATE TABLE and CREATE INDEX.

use super::Name;
use crate::schema::TableDef;
use crate::value::ValueType;

/// A table to create, unless a table with its name exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateTable {
    /// The name of the table.
    pub table: Name,
    /// The columns.
    pub columns: Vec<NewColumn>,
    /// The columns of the primary key; empty: no primary key.
    pub key: Vec<Name>,
    /// Whether the database generates the key, which must then be one integer.
    pub numbered: bool,
    /// The indexes.
    pub indexes: Vec<CreateIndex>,
}

/// A column of a new table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewColumn {
    /// The name of the column.
    pub name: Name,
    /// The type of the values.
    pub ty: ValueType,
    /// The precision and the scale of a decimal, or the length of a text or of bytes. Empty: the default of the
    /// dialect.
    pub sizes: Vec<u32>,
    /// Whether the column can be NULL.
    pub nullable: bool,
}

/// An index to create, unless an index with its name exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateIndex {
    /// The name of the index.
    pub name: Name,
    /// The name of the table.
    pub table: Name,
    /// The columns, in the order of the index.
    pub columns: Vec<Name>,
    /// Whether the index is unique.
    pub unique: bool,
}

impl CreateTable {
    /// Makes the database generate the key, which must be one integer.
    #[must_use]
    pub fn numbered(mut self) -> Self {
        self.numbered = true;
        self
    }

    /// Adds an index that is not unique.
    #[must_use]
    pub fn index(mut self, name: &'static str, columns: &[&'static str]) -> Self {
        let columns = columns.iter().map(|&column| column.into()).collect();
        self.indexes.push(CreateIndex { name: name.into(), table: self.table.clone(), columns, unique: false });
        self
    }

    /// Returns true when the column is part of the primary key or of an index.
    pub(crate) fn is_indexed(&self, column: &Name) -> bool {
        self.key.contains(column) || self.indexes.iter().any(|index| index.columns.contains(column))
    }
}

/// The columns and the primary key of a model's table.
impl From<&'static TableDef> for CreateTable {
    fn from(table: &'static TableDef) -> Self {
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
