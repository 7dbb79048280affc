//! Owned rows of raw queries.

use std::sync::Arc;

use super::{FromValue, RowRef, Value, ValueRef, ValueType};
use crate::error::{Error, Result};

/// One row of a raw query. It owns its values and does not borrow the connection.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    columns: Arc<[Box<str>]>,
    values: Vec<Value>,
}

/// The cells of a row that cannot be read. For the packages of this library: it is not stable.
#[doc(hidden)]
#[derive(Debug)]
pub struct Unread {
    /// The error of the first such cell.
    pub error: Error,
    /// The ordinals of these cells.
    pub ordinals: Vec<usize>,
}

impl Row {
    /// Creates a row of `values` with the names `columns`. The rows of one result share the names.
    pub fn new(columns: Arc<[Box<str>]>, values: Vec<Value>) -> Self {
        Self { columns, values }
    }

    /// Copies the driver's row.
    ///
    /// # Errors
    /// `Conversion` when the driver cannot read a cell.
    pub(crate) fn detach(row: &dyn RowRef, columns: &Arc<[Box<str>]>) -> Result<Self> {
        let values = (0..row.len()).map(|ordinal| Ok(row.value(ordinal)?.to_owned())).collect::<Result<_>>()?;
        Ok(Self::new(Arc::clone(columns), values))
    }

    /// As [`detach`](Self::detach). A cell that the driver cannot read becomes NULL; the first error names its column.
    pub(crate) fn detach_readable(row: &dyn RowRef, columns: &Arc<[Box<str>]>) -> (Self, Option<Unread>) {
        let mut unread: Option<Unread> = None;
        let read = |ordinal: usize| match row.value(ordinal) {
            Ok(value) => value.to_owned(),
            Err(error) => {
                let error = error.context(format_args!("column `{}`", row.column_name(ordinal)));
                unread.get_or_insert_with(|| Unread { error, ordinals: Vec::new() }).ordinals.push(ordinal);
                Value::Null(ValueType::Text)
            }
        };
        let values = (0..row.len()).map(read).collect();
        (Self::new(Arc::clone(columns), values), unread)
    }

    /// Copies the names of the columns. The rows of one result share the copy.
    pub(crate) fn columns_of(row: &dyn RowRef) -> Arc<[Box<str>]> {
        (0..row.len()).map(|ordinal| row.column_name(ordinal).into()).collect()
    }

    /// Returns the names of the columns.
    ///
    /// ```
    /// # use activerecord_core::{Row, Value};
    /// let row = Row::new([Box::from("id"), Box::from("name")].into(), vec![Value::I64(3), Value::Text("Ada".into())]);
    /// assert_eq!(row.columns().collect::<Vec<_>>(), ["id", "name"]);
    /// assert_eq!(row.values()[0], Value::I64(3));
    /// ```
    pub fn columns(&self) -> impl ExactSizeIterator<Item = &str> {
        self.columns.iter().map(|name| &**name)
    }

    /// Returns the values in the order of the columns.
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// Reads a column by its name or its ordinal, which starts at 0.
    ///
    /// ```
    /// # use activerecord_core::{Row, Value};
    /// let row = Row::new([Box::from("n")].into(), vec![Value::I64(3)]);
    /// assert_eq!(row.get::<i64>("n")?, 3);
    /// assert_eq!(row.get::<Option<i64>>(0)?, Some(3));
    /// # Ok::<(), activerecord_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Conversion` when the row has no such column, or its value does not fit `T`.
    pub fn get<T: FromValue>(&self, column: impl RowIndex) -> Result<T> {
        let ordinal = column.ordinal(self)?;
        T::from_value(RowRef::value(self, ordinal)?)
            .map_err(|error| error.context(format_args!("column `{}`", self.column_name(ordinal))))
    }
}

impl RowRef for Row {
    fn len(&self) -> usize {
        self.values.len()
    }

    fn value(&self, ordinal: usize) -> Result<ValueRef<'_>> {
        self.values.get(ordinal).map(Value::as_cell).ok_or_else(|| no_column(&ordinal.to_string(), self))
    }

    fn column_name(&self, ordinal: usize) -> &str {
        self.columns.get(ordinal).map_or("", |name| name)
    }
}

/// An argument of [`Row::get`]: the name of a column, or its ordinal.
pub trait RowIndex {
    /// Returns the ordinal of the column in `row`.
    ///
    /// # Errors
    /// `Conversion` when the row has no such column.
    fn ordinal(&self, row: &Row) -> Result<usize>;
}

impl RowIndex for usize {
    fn ordinal(&self, row: &Row) -> Result<usize> {
        if *self < row.values.len() { Ok(*self) } else { Err(no_column(&self.to_string(), row)) }
    }
}

impl RowIndex for &str {
    fn ordinal(&self, row: &Row) -> Result<usize> {
        row.columns.iter().position(|name| **name == **self).ok_or_else(|| no_column(self, row))
    }
}

#[cold]
fn no_column(wanted: &str, row: &Row) -> Error {
    Error::conversion(format!("the row has no column `{wanted}`; its columns are {}", row.columns.join(", ")))
}
