//! The meaning of statement trees: what the library promises on every database, without SQL.
//!
//! Where the library says nothing, the evaluator answers as PostgreSQL does, and a comment says so. Where the answer
//! depends on the database by documentation, it is [`Refusal::NotCovered`].
//!
//! What a caller must allow for: the average of integers is the exact one within 2⁻⁵⁰ of its value, equal decimals and equal
//! JSON documents can have different texts, and rows with one [place](Relation::places) come in any order.

mod aggregate;
mod check;
mod compound;
mod date;
mod expr;
mod groups;
mod json;
pub(crate) mod number;
pub(crate) mod order;
mod scope;
mod select;
#[cfg(test)]
mod tests;
mod text;
pub(crate) mod walk;
mod window;
mod write;

pub use scope::Field;

use std::collections::BTreeMap;

use activerecord_core::statement::{MAX_DEPTH, Name, Select, Statement};
use activerecord_core::{ErrorKind, Value, ValueType};

use scope::Base;

/// The values of one row.
pub type Row = Vec<Value>;

/// Tables by their names. A clone is a savepoint.
#[derive(Clone, Debug, Default)]
pub struct Database {
    tables: BTreeMap<String, Table>,
}

/// A table and its rows.
#[derive(Clone, Debug)]
pub struct Table {
    /// The name.
    pub name: String,
    /// The columns.
    pub columns: Vec<Column>,
    /// The ordinals of the primary key's columns.
    pub key: Vec<usize>,
    /// The ordinals of the columns of each other unique key.
    pub unique: Vec<Vec<usize>>,
    /// The rows, in no order.
    pub rows: Vec<Row>,
}

/// A column of a table.
#[derive(Clone, Debug)]
pub struct Column {
    /// The name.
    pub name: Name,
    /// The type of the values.
    pub ty: ValueType,
    /// Whether a value can be NULL.
    pub nullable: bool,
}

/// The rows of a query.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Relation {
    /// The columns.
    pub columns: Vec<Field>,
    /// The rows, in the order of the query.
    pub rows: Vec<Row>,
    /// For each row its place in the order, from 0. Rows with the same place can come in any order. Without ORDER BY
    /// every place is 0.
    pub places: Vec<usize>,
}

/// Why a statement has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Every database refuses the statement with this kind of error. The text says why.
    Error(ErrorKind, String),
    /// The evaluator does not know the construct, or the answer depends on the database by documentation.
    NotCovered(&'static str),
}

/// An answer, or the reason why there is none.
pub(crate) type Answer<T> = Result<T, Refusal>;

impl Database {
    /// Creates a database with these tables.
    pub fn new(tables: impl IntoIterator<Item = Table>) -> Self {
        Self { tables: tables.into_iter().map(|table| (table.name.clone(), table)).collect() }
    }

    /// Returns the table with this name.
    ///
    /// # Errors
    /// `InvalidStatement` when there is no such table.
    pub fn table(&self, name: &str) -> Result<&Table, Refusal> {
        self.tables.get(name).ok_or_else(|| invalid(format!("no table `{name}`")))
    }

    /// Returns the rows of a query. Each value has the type of its item.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn read(&self, query: &Select) -> Result<Relation, Refusal> {
        check::query(self, query)?;
        let mut found = select::outermost(&self.base(select::inner), query)?;
        for row in &mut found.rows {
            for (value, field) in row.iter_mut().zip(&found.columns) {
                *value = number::fitted(value, field.ty)?;
            }
        }
        Ok(found)
    }

    /// What a statement sees before it reads its tables.
    fn base(&self, inner: fn(&Base<'_>, &Select) -> Answer<Relation>) -> Base<'_> {
        Base { db: self, ctes: &[], outer: None, inner, levels: MAX_DEPTH }
    }

    /// Returns the tables without their rows.
    fn definitions(&self) -> Self {
        Self::new(self.tables.values().map(|table| Table { rows: Vec::new(), ..table.clone() }))
    }

    /// Runs a statement, and returns the number of rows that it inserted, updated or deleted. An UPDATE counts every row
    /// that meets its condition. An error changes nothing.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn write(&mut self, statement: &Statement) -> Result<u64, Refusal> {
        let (table, rows, count) = write::outcome(self, statement)?;
        if let Some(table) = self.tables.get_mut(table) {
            table.rows = rows;
        }
        Ok(count)
    }
}

impl Table {
    /// Returns the ordinal of a column.
    pub(crate) fn ordinal(&self, name: &str) -> Answer<usize> {
        let found = self.columns.iter().position(|column| column.name == name);
        found.ok_or_else(|| invalid(format!("no column `{name}` in `{}`", self.name)))
    }
}

fn invalid(why: impl Into<String>) -> Refusal {
    Refusal::Error(ErrorKind::InvalidStatement, why.into())
}

fn unsupported(why: impl Into<String>) -> Refusal {
    Refusal::Error(ErrorKind::Unsupported, why.into())
}

fn conversion(why: impl Into<String>) -> Refusal {
    Refusal::Error(ErrorKind::Conversion, why.into())
}
