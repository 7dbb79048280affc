//! INSERT, UPDATE and DELETE.

use super::{Expr, Name};
use crate::schema::TableDef;
use crate::value::Value;

/// An INSERT of one or more rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Insert {
    /// The name of the table.
    pub table: Name,
    /// The model of the table, which says how the columns are stored. None: each as the connection stores its type.
    pub model: Option<&'static TableDef>,
    /// The columns. Empty: one row of default values.
    pub columns: Vec<Name>,
    /// The values, row by row. Each row has a value for each column.
    pub values: Vec<Value>,
    /// Columns whose values are written by an SQL expression, in which `?` stands for the value. Empty: each value is
    /// written as it is.
    pub forms: Vec<(Name, Name)>,
    /// The reaction to a row whose key exists already; None: the statement fails.
    pub conflict: Option<Conflict>,
    /// `RETURNING`.
    pub returning: Vec<Name>,
}

/// The reaction of an INSERT to a row whose `keys` exist already.
#[derive(Clone, Debug, PartialEq)]
pub struct Conflict {
    /// The columns of the unique constraint.
    pub keys: Vec<Name>,
    /// The columns to update in the existing row. Empty: the existing row stays as it is.
    pub update: Vec<(Name, Expr)>,
}

/// An UPDATE.
#[derive(Clone, Debug, PartialEq)]
pub struct Update {
    /// The name of the table.
    pub table: Name,
    /// The model of the table, which says how the columns are stored. None: each as the connection stores its type. Its key
    /// finds the rows again on a database that assigns one column after the other, if assignments read each other's
    /// columns; without a model, such assignments are `Unsupported` there.
    pub model: Option<&'static TableDef>,
    /// `SET`. Each expression sees the row as it was before the statement.
    pub set: Vec<(Name, Expr)>,
    /// `WHERE`. None: all rows.
    pub filter: Option<Expr>,
    /// `RETURNING`.
    pub returning: Vec<Name>,
}

/// A DELETE.
#[derive(Clone, Debug, PartialEq)]
pub struct Delete {
    /// The name of the table.
    pub table: Name,
    /// `WHERE`. None: all rows.
    pub filter: Option<Expr>,
}
