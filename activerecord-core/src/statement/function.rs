//! Aggregates, functions, CASE, parts of dates, JSON paths and windows.

use super::{Expr, OrderBy};

/// An aggregate function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
#[non_exhaustive]
pub enum Aggregate {
    Count,
    /// The number of distinct values.
    CountDistinct,
    Sum,
    Avg,
    Min,
    Max,
}

/// A function. The functions from [`RowNumber`](Self::RowNumber) on are window functions. Their numbers are written as
/// text, because some databases accept no bound value there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are SQL's")]
#[non_exhaustive]
pub enum Function {
    Coalesce,
    Lower,
    Upper,
    /// The number of characters of a text.
    Length,
    /// The texts joined together; NULL when one of them is NULL.
    Concat,
    RowNumber,
    Rank,
    DenseRank,
    /// The number of the row's group, when the rows are divided into this many groups.
    Ntile(u32),
    /// The value this many rows before.
    Lag(u32),
    /// The value this many rows after.
    Lead(u32),
    FirstValue,
    LastValue,
}

/// CASE: the value of the first condition that is true.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// The conditions and their values.
    pub arms: Vec<(Expr, Expr)>,
    /// The value when no condition is true; None: NULL.
    pub otherwise: Option<Expr>,
}

impl Case {
    /// The values of the arms, and the other value.
    pub(crate) fn values(&self) -> impl Iterator<Item = &Expr> {
        self.arms.iter().map(|(_, value)| value).chain(&self.otherwise)
    }
}

/// A part of a date, a time or an instant. The parts of an instant are those of its UTC time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
#[non_exhaustive]
pub enum DatePart {
    Year,
    Month,
    Day,
    /// Monday is 1, Sunday is 7.
    Weekday,
    Hour,
    Minute,
    /// Whole seconds.
    Second,
    /// The date.
    Date,
}

/// A step into a JSON value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JsonStep {
    /// A member of an object.
    Key(String),
    /// An element of an array. The first one has index 0.
    Index(u32),
}

impl From<&str> for JsonStep {
    fn from(key: &str) -> Self {
        Self::Key(key.to_owned())
    }
}

impl From<u32> for JsonStep {
    fn from(index: u32) -> Self {
        Self::Index(index)
    }
}

/// The type that a JSON value is read as. A value of another type is NULL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JsonKind {
    /// Text: a string without its quotes, or a number or a boolean as JSON writes it.
    Text,
    /// An integer: a number without its fraction.
    Integer,
    /// A float.
    Float,
    /// A boolean.
    Bool,
}

/// The window of a window function.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Window {
    /// `PARTITION BY`.
    pub partition_by: Vec<Expr>,
    /// `ORDER BY`.
    pub order_by: Vec<OrderBy>,
    /// `ROWS BETWEEN`. None is the default of standard SQL: the rows up to the current row and its peers, or all rows
    /// of the partition when the window has no order.
    pub frame: Option<Frame>,
}

/// The frame of a window: the rows from one end to the other, counted from the current row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The first row.
    pub from: FrameEnd,
    /// The last row.
    pub to: FrameEnd,
}

/// One end of a window's frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FrameEnd {
    /// The first or the last row of the partition.
    Unbounded,
    /// This many rows before the current row.
    Preceding(u32),
    /// The current row.
    Current,
    /// This many rows after the current row.
    Following(u32),
}
