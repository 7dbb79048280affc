//! SELECT.

use std::sync::Arc;

use super::keyset::{behind, through};
use super::{Expr, Join, Name, TableRef};
use crate::value::Value;

/// A query.
#[derive(Clone, Debug, PartialEq)]
pub struct Select {
    /// The queries that it gives a name to.
    pub with: Vec<Cte>,
    /// Which rows count as one.
    pub distinct: Distinct,
    /// What each row holds; nothing said is all columns of the source.
    pub items: Vec<SelectItem>,
    /// Where the rows come from.
    pub from: Source,
    /// What they are joined with.
    pub joins: Vec<Join>,
    /// Which rows.
    pub filter: Option<Expr>,
    /// What the rows of one group have in common.
    pub group_by: Vec<Expr>,
    /// Which groups.
    pub having: Option<Expr>,
    /// In which order.
    pub order_by: Vec<OrderBy>,
    /// At most so many rows.
    pub limit: Option<u64>,
    /// After so many rows.
    pub offset: Option<u64>,
    /// How the rows are locked until the transaction ends.
    pub lock: Option<Lock>,
}

/// Where rows come from.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// A table of a model, or a common table expression.
    Table(TableRef),
    /// A table of no model.
    Named(Name),
    /// The rows of another query, under this name.
    Query(Box<Select>, Name),
    /// The rows of several queries, under this name.
    Compound(Box<Compound>, Name),
}

/// Several queries as one.
#[derive(Clone, Debug, PartialEq)]
pub struct Compound {
    /// The first query, whose columns' names the whole has.
    pub first: Subquery,
    /// How they are put together.
    pub operator: SetOperator,
    /// The others, in their order.
    pub others: Vec<Subquery>,
}

/// How the rows of two queries are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetOperator {
    /// Those of either, each once.
    Union,
    /// Those of both, one after the other.
    UnionAll,
    /// Those that both have, each once.
    Intersect,
    /// Those that only the first has, each once.
    Except,
}

/// A query inside another, which runs where the other does.
#[derive(Clone, Debug, PartialEq)]
pub struct Subquery {
    /// The query.
    pub select: Box<Select>,
    /// The connection that it names for itself, which no dialect can say.
    pub connection: Option<Arc<str>>,
}

/// A query under a name: a common table expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Cte {
    /// The name.
    pub name: Name,
    /// The names of its columns.
    pub columns: Vec<Name>,
    /// The query.
    pub query: Subquery,
    /// What is joined to it again and again, reading the name itself, until nothing new is found.
    pub step: Option<(SetOperator, Subquery)>,
}

/// Which rows of a result count as one.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Distinct {
    /// Each counts.
    #[default]
    No,
    /// Equal rows are one.
    Rows,
    /// Rows with equal values of these are one: the first in the query's order.
    On(Vec<Expr>),
}

/// How rows are locked until the transaction ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lock {
    /// Against whom.
    pub strength: LockStrength,
    /// What happens about rows that somebody else holds.
    pub wait: LockWait,
}

/// Against whom rows are locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockStrength {
    /// Nobody else writes or locks them.
    Update,
    /// Nobody else writes them.
    Share,
}

/// What a locking read does about rows that somebody else holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockWait {
    /// It waits.
    Wait,
    /// It leaves them out.
    SkipLocked,
    /// It fails.
    NoWait,
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
    /// Every row of `source`, with all its columns.
    pub fn from(source: Source) -> Self {
        Self {
            with: Vec::new(),
            distinct: Distinct::No,
            items: Vec::new(),
            from: source,
            joins: Vec::new(),
            filter: None,
            group_by: Vec::new(),
            having: None,
            order_by: Vec::new(),
            limit: None,
            offset: None,
            lock: None,
        }
    }

    /// Narrows the rows further.
    pub fn and_filter(&mut self, expr: Expr) {
        and(&mut self.filter, expr);
    }

    /// Only the rows behind a place in its order, which has one value for each column that is ordered by.
    pub fn after(&mut self, place: &[Value]) {
        let behind = behind(&self.order_by, place);
        self.and_filter(behind);
    }

    /// Only the rows up to a place in its order and at it. None of the columns that are ordered by may be NULL.
    pub fn through(&mut self, place: &[Value]) {
        let through = through(&self.order_by, place);
        self.and_filter(through);
    }

    /// Narrows the groups further.
    pub fn and_having(&mut self, expr: Expr) {
        and(&mut self.having, expr);
    }

    /// Whether it reads all columns of a model's table, under the table's own name, and of those that are joined, with no
    /// more than WHERE, ORDER BY, LIMIT and OFFSET behind them.
    pub(crate) fn is_plain(&self) -> bool {
        let is_model = matches!(&self.from, Source::Table(table) if table.model.is_some() && table.alias.is_none());
        is_model && self.items.is_empty() && self.has_no_shape()
    }

    /// Whether it is its source and nothing else.
    pub(crate) fn says_nothing(&self) -> bool {
        self.items.is_empty() && self.has_no_shape() && self.ends_with_its_table()
    }

    /// Whether nothing comes after the name of its first table, as far as a plain query goes.
    pub(crate) fn ends_with_its_table(&self) -> bool {
        self.joins.is_empty()
            && self.filter.is_none()
            && self.order_by.is_empty()
            && self.limit.is_none()
            && self.offset.is_none()
    }

    fn has_no_shape(&self) -> bool {
        self.with.is_empty()
            && self.distinct == Distinct::No
            && self.group_by.is_empty()
            && self.having.is_none()
            && self.lock.is_none()
    }

    /// Gives a name to each item that has none of its own, or one that an item before it has: the columns of a query that
    /// others read need different names.
    pub(crate) fn name_items(&mut self) {
        let mut names = Vec::with_capacity(self.items.len());
        for (index, item) in self.items.iter_mut().enumerate() {
            match &item.expr {
                Expr::Column(column) if !names.contains(&column.name) => names.push(column.name.clone()),
                _ => item.alias = Some(format!("c{}", index + 1).into()),
            }
        }
    }

    /// Whether it has as many rows whatever is selected.
    pub(crate) fn has_rows_without_items(&self) -> bool {
        self.distinct == Distinct::No && (self.is_row_by_row() || !self.group_by.is_empty())
    }

    /// Whether its rows are those of its source, as they are or some of their columns: no groups, no aggregate, and none
    /// that counts for several.
    pub fn is_row_by_row(&self) -> bool {
        self.distinct == Distinct::No
            && self.group_by.is_empty()
            && self.having.is_none()
            && !self.items.iter().any(|item| item.expr.is_aggregate())
    }
}

fn and(condition: &mut Option<Expr>, expr: Expr) {
    *condition = Some(match condition.take() {
        Some(first) => first.and(expr),
        None => expr,
    });
}

impl OrderBy {
    /// Whether NULL comes before all values.
    pub(crate) fn nulls_come_first(&self) -> bool {
        match self.nulls {
            Nulls::Smallest => self.direction == Direction::Asc,
            Nulls::First => true,
            Nulls::Last => false,
        }
    }

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
