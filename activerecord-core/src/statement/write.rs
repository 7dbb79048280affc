//! INSERT, UPDATE and DELETE.

use super::{Expr, Name};
use crate::value::Value;

/// An INSERT of one row or many.
#[derive(Clone, Debug, PartialEq)]
pub struct Insert {
    /// The table.
    pub table: Name,
    /// The columns that are given.
    pub columns: Vec<Name>,
    /// The values of the rows, one row after the other, each with a value for each column. Without columns it is one row
    /// of defaults.
    pub values: Vec<Value>,
    /// What happens to a row whose key is taken; None: it is an error.
    pub conflict: Option<Conflict>,
    /// The columns to return of each row.
    pub returning: Vec<Name>,
}

/// What an INSERT does about a row whose `keys` are taken.
#[derive(Clone, Debug, PartialEq)]
pub struct Conflict {
    /// The columns of the unique constraint.
    pub keys: Vec<Name>,
    /// The columns to change in the row that is there. When there are none, it stays as it is.
    pub update: Vec<(Name, Expr)>,
}

/// An UPDATE.
#[derive(Clone, Debug, PartialEq)]
pub struct Update {
    /// The table.
    pub table: Name,
    /// The columns and what they become.
    pub set: Vec<(Name, Expr)>,
    /// Which rows.
    pub filter: Option<Expr>,
    /// The columns to return of each row.
    pub returning: Vec<Name>,
}

/// A DELETE.
#[derive(Clone, Debug, PartialEq)]
pub struct Delete {
    /// The table.
    pub table: Name,
    /// Which rows.
    pub filter: Option<Expr>,
}
