//! CREATE TABLE and CREATE INDEX.

use super::Name;
use crate::schema::{ColumnDef, Origin, TableDef};
use crate::value::{Stored, Value, ValueType};

/// A table to create, unless a table with its name exists.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateTable {
    /// The name of the table.
    pub table: Name,
    /// The columns.
    pub columns: Vec<NewColumn>,
    /// The columns of the primary key; empty: no primary key.
    pub key: Vec<Name>,
    /// Whether the database generates the key, which must then be one integer.
    pub numbered: bool,
    /// The first number that the database generates. None: 1.
    pub first_number: Option<i64>,
    /// The indexes.
    pub indexes: Vec<CreateIndex>,
    /// The defaults of columns.
    pub defaults: Vec<(Name, Value)>,
    /// How columns are stored. The others are stored as the connection says.
    pub stored: Vec<(Name, Stored)>,
    /// The columns that the database computes. The definition does not say how, so the table cannot be created.
    pub computed: Vec<Name>,
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
    /// Makes the database generate the key, which must be one integer. The definition of a model with such a key does so by
    /// itself.
    #[must_use]
    pub fn numbered(mut self) -> Self {
        self.numbered = true;
        self
    }

    /// As [`numbered`](Self::numbered), with the first number.
    #[must_use]
    pub fn numbered_from(mut self, first: i64) -> Self {
        (self.numbered, self.first_number) = (true, Some(first));
        self
    }

    /// Adds an index that is not unique.
    #[must_use]
    pub fn index(mut self, name: &'static str, columns: &[&'static str]) -> Self {
        let columns = columns.iter().map(|&column| column.into()).collect();
        self.indexes.push(CreateIndex { name: name.into(), table: self.table.clone(), columns, unique: false });
        self
    }

    /// Returns the numbers of texts and of other columns in the largest index that contains the column.
    pub(crate) fn index_of(&self, column: &Name) -> Option<(usize, usize)> {
        let indexes = self.indexes.iter().map(|index| &index.columns).chain([&self.key]);
        let is_text = |name: &&Name| {
            let column = self.columns.iter().find(|column| column.name == **name);
            column.is_some_and(|column| matches!(column.ty, ValueType::Text | ValueType::Bytes))
        };
        let texts = |columns: &Vec<Name>| columns.iter().filter(is_text).count();
        let with_column = indexes.filter(|columns| columns.contains(column));
        with_column.map(|columns| (texts(columns), columns.len() - texts(columns))).max()
    }
}

/// The columns and the primary key of a model's table. The database generates a key of one integer: an INSERT leaves the key
/// out while it is not set. A column with `#[column(default)]` has the `Default` of its field as its default.
impl From<&'static TableDef> for CreateTable {
    fn from(table: &'static TableDef) -> Self {
        let mut made = Self {
            table: table.name.into(),
            columns: table.columns.iter().map(NewColumn::from).collect(),
            key: table.key_columns().map(|def| def.name.into()).collect(),
            numbered: has_integer_key(table),
            first_number: None,
            indexes: Vec::new(),
            defaults: Vec::new(),
            stored: Vec::new(),
            computed: Vec::new(),
        };
        for def in table.columns {
            if def.stored != Stored::Default {
                made.stored.push((def.name.into(), def.stored));
            }
            match def.origin {
                Origin::FieldOrDefault(default) => made.defaults.push((def.name.into(), default())),
                Origin::Generated => made.computed.push(def.name.into()),
                Origin::Field => {}
            }
        }
        made
    }
}

impl From<&'static ColumnDef> for NewColumn {
    fn from(def: &'static ColumnDef) -> Self {
        Self { name: def.name.into(), ty: def.ty, sizes: Vec::new(), nullable: def.nullable }
    }
}

fn has_integer_key(table: &'static TableDef) -> bool {
    let is_integer = |def: &ColumnDef| {
        matches!(def.ty, ValueType::I16 | ValueType::I32 | ValueType::I64 | ValueType::U64)
            && matches!(def.origin, Origin::Field)
    };
    table.key.len() == 1 && table.key_columns().all(is_integer)
}
