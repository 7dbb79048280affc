//! What is computed from expressions.

use super::{Expr, OrderBy};

/// What the rows are summed up to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Aggregate {
    Count,
    /// COUNT of different values.
    CountDistinct,
    Sum,
    Avg,
    Min,
    Max,
}

/// A function of its arguments. Those from [`RowNumber`](Self::RowNumber) on look at the rows of a window. How many
/// rows or parts is of the function's shape, as in LIMIT it is not: some databases take no bind there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are SQL's")]
pub enum Function {
    Coalesce,
    Lower,
    Upper,
    /// The number of characters of a text.
    Length,
    /// Texts one after the other; NULL when one is.
    Concat,
    RowNumber,
    Rank,
    DenseRank,
    /// The number of the part, when the rows are cut into so many.
    Ntile(u32),
    /// The value so many rows before.
    Lag(u32),
    /// The value so many rows after.
    Lead(u32),
    FirstValue,
    LastValue,
}

/// CASE: the value of the first condition that is true.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// The conditions and their values.
    pub arms: Vec<(Expr, Expr)>,
    /// The value when none is true; None: NULL.
    pub otherwise: Option<Expr>,
}

/// A part of a date, a time or an instant. Instants are taken in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
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
    /// The day that an instant is on.
    Date,
}

/// A step into a JSON value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JsonStep {
    /// The member of an object.
    Key(String),
    /// The element of an array, from 0.
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

/// As what a JSON value is read. One of another kind is NULL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonKind {
    /// Text: of a string its characters, of a number or a truth value as JSON writes it.
    Text,
    /// An integer: of a number its whole part.
    Integer,
    /// A float.
    Float,
    /// A truth value.
    Bool,
}

/// The rows that a window function looks at.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Window {
    /// What they have in common.
    pub partition_by: Vec<Expr>,
    /// Their order.
    pub order_by: Vec<OrderBy>,
    /// Which of them, seen from the row; None is the standard's: up to the row and its equals, or all without an order.
    pub frame: Option<Frame>,
}

/// The rows from one end to the other, counted from the row itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The first one.
    pub from: FrameEnd,
    /// The last one.
    pub to: FrameEnd,
}

/// One end of a window's frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameEnd {
    /// The first or the last row of the partition.
    Unbounded,
    /// So many rows before the row.
    Preceding(u32),
    /// The row itself.
    Current,
    /// So many rows after the row.
    Following(u32),
}
