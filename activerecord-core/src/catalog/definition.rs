//! A portable definition of a described table.

use super::{TableInfo, UniqueKey};
use crate::error::Result;
use crate::statement::{CreateIndex, CreateTable, Name, NewColumn};
use crate::value::ValueType;

/// The number of characters of a table's name in the name of its index. Names of indexes can have about 60 characters.
const NAME_LENGTH: usize = 40;

impl TableInfo {
    /// Returns a definition of this table for [`create_table`](crate::ConnectionHandle::create_table) on any database. It
    /// has the same columns, primary key and unique keys. The unique keys get new names. Each type can hold the values of
    /// the original one. Sizes are kept for decimals, and for texts and bytes in keys.
    ///
    /// NOT copied are foreign keys, checks, triggers, collations, defaults, indexes that are not unique, and the next
    /// generated number. A computed column becomes an ordinary one. [`translated`](Self::translated) copies
    /// more, and lists what it leaves out.
    ///
    /// ```no_run
    /// # use activerecord_core::{connection, Result};
    /// # async fn example() -> Result<()> {
    /// if let Some(users) = connection("primary")?.describe("users").await? {
    ///     connection("analytics")?.create_table(&users.definition()?).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`types`](Self::types).
    pub fn definition(&self) -> Result<CreateTable> {
        let columns = self.columns.iter().zip(self.types()?).map(|(column, ty)| NewColumn {
            name: column.name.clone().into(),
            ty,
            sizes: column.sizes.clone(),
            nullable: column.nullable && !self.key.contains(&column.name),
        });
        Ok(CreateTable {
            table: self.name.clone().into(),
            columns: columns.collect(),
            key: names(&self.key),
            numbered: self.is_numbered(),
            first_number: None,
            indexes: self.unique.iter().zip(1..).map(|(key, number)| self.unique_index(key, number)).collect(),
            defaults: Vec::new(),
            stored: Vec::new(),
            computed: Vec::new(),
        })
    }

    /// Returns the names of the columns of a definition that this table lacks.
    pub fn missing_columns<'t>(&self, table: &'t CreateTable) -> Vec<&'t str> {
        let names = table.columns.iter().map(|column| &*column.name);
        names.filter(|name| self.column(name).is_none()).collect()
    }

    /// Returns true when the primary key is one signed integer that the database generates.
    fn is_numbered(&self) -> bool {
        let signed = [ValueType::I16, ValueType::I32, ValueType::I64].map(Some);
        self.numbered_key().is_some_and(|column| signed.contains(&column.ty))
    }

    /// The name contains the table, because on some databases the name of an index must be unique among all tables.
    fn unique_index(&self, key: &UniqueKey, number: usize) -> CreateIndex {
        let table: String = self.local_name().chars().take(NAME_LENGTH).collect();
        let name = format!("{table}_unique_{number}").into();
        CreateIndex { name, table: self.name.clone().into(), columns: names(&key.columns), unique: true }
    }
}

fn names(columns: &[String]) -> Vec<Name> {
    columns.iter().map(|column| column.clone().into()).collect()
}
