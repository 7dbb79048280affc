//! SELECT.

use super::{Expr, Name};

/// A query.
#[derive(Clone, Debug, PartialEq)]
pub struct Select {
    /// What each row holds.
    pub items: Vec<SelectItem>,
    /// Where the rows come from.
    pub from: Source,
    /// Which rows.
    pub filter: Option<Expr>,
    /// In which order.
    pub order_by: Vec<OrderBy>,
    /// At most so many rows.
    pub limit: Option<u64>,
    /// After so many rows.
    pub offset: Option<u64>,
}

/// Where rows come from.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// A table.
    Table(Name),
    /// The rows of another query.
    Query(Box<Select>),
}

/// One item of a SELECT list.
#[derive(Clone, Debug, PartialEq)]
pub struct SelectItem {
    /// What is selected.
    pub expr: Expr,
    /// The name it gets, if not its own.
    pub alias: Option<Name>,
}

/// One item of an ORDER BY.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderBy {
    /// What is compared.
    pub expr: Expr,
    /// Smallest or greatest first.
    pub direction: Direction,
    /// Where NULLs go.
    pub nulls: Nulls,
}

/// Smallest or greatest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Direction {
    Asc,
    Desc,
}

/// Where NULLs go in an order. The default is one place on every database: NULL is the smallest value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Nulls {
    /// NULL is smaller than everything: first when ascending, last when descending.
    #[default]
    Smallest,
    /// Before all values.
    First,
    /// After all values.
    Last,
}

impl Select {
    /// Every row of `source`, with nothing selected yet.
    pub fn from(source: Source) -> Self {
        Self { items: Vec::new(), from: source, filter: None, order_by: Vec::new(), limit: None, offset: None }
    }

    /// Narrows the rows further.
    pub fn and_filter(&mut self, expr: Expr) {
        self.filter = Some(match self.filter.take() {
            Some(filter) => filter.and(expr),
            None => expr,
        });
    }
}

impl OrderBy {
    /// Turns the order round, NULLs included.
    pub fn reverse(&mut self) {
        self.direction = match self.direction {
            Direction::Asc => Direction::Desc,
            Direction::Desc => Direction::Asc,
        };
        self.nulls = match self.nulls {
            Nulls::Smallest => Nulls::Smallest,
            Nulls::First => Nulls::Last,
            Nulls::Last => Nulls::First,
        };
    }
}

impl From<Expr> for SelectItem {
    fn from(expr: Expr) -> Self {
        Self { expr, alias: None }
    }
}
