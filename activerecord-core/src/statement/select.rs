//! SELECT.

use std::sync::Arc;

use super::keyset::{behind, through};
use super::{Expr, Join, Name, TableRef};
use crate::value::{Stored, Value};

/// A query.
#[derive(Clone, Debug, PartialEq)]
pub struct Select {
    /// `WITH`.
    pub with: Vec<Cte>,
    /// `DISTINCT`.
    pub distinct: Distinct,
    /// The SELECT list; empty: all columns of the source.
    pub items: Vec<SelectItem>,
    /// `FROM`.
    pub from: FromItem,
    /// `JOIN`.
    pub joins: Vec<Join>,
    /// `WHERE`.
    pub filter: Option<Expr>,
    /// `GROUP BY`.
    pub group_by: Vec<Expr>,
    /// `HAVING`.
    pub having: Option<Expr>,
    /// `ORDER BY`.
    pub order_by: Vec<OrderBy>,
    /// `LIMIT`, in rows.
    pub limit: Option<u64>,
    /// `OFFSET`, in rows.
    pub offset: Option<u64>,
    /// `FOR UPDATE` or `FOR SHARE`.
    pub lock: Option<Lock>,
}

/// The source of a query's rows.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum FromItem {
    /// The table of a model, or a common table expression.
    Table(TableRef),
    /// A table without a model.
    Named(Name),
    /// The rows of another query, with an alias.
    Query(Box<Select>, Name),
    /// The rows of several queries, with an alias.
    Compound(Box<Compound>, Name),
}

/// Several queries, combined by a set operator.
#[derive(Clone, Debug, PartialEq)]
pub struct Compound {
    /// The first query. Its names of columns are those of the result.
    pub first: Subquery,
    /// The set operator.
    pub operator: SetOperator,
    /// The other queries, in their order.
    pub others: Vec<Subquery>,
}

/// A set operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SetOperator {
    /// The rows of both queries, without duplicates.
    Union,
    /// The rows of both queries, with duplicates.
    UnionAll,
    /// The rows that both queries have, without duplicates.
    Intersect,
    /// The rows that only the first query has, without duplicates.
    Except,
}

/// A query inside another statement. It runs on the connection of that statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Subquery {
    /// The query.
    pub select: Box<Select>,
    /// The connection that the query names by `using`. A query with one cannot be rendered.
    pub connection: Option<Arc<str>>,
}

/// A common table expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Cte {
    /// The name.
    pub name: Name,
    /// The names of the columns.
    pub columns: Vec<Name>,
    /// How the values of the columns are stored, as their readers expect.
    pub stored: Vec<Stored>,
    /// The query.
    pub query: Subquery,
    /// The recursive part. It reads the expression by its name, and is repeated until it finds no new row.
    pub step: Option<(SetOperator, Subquery)>,
}

/// Which rows of a result are duplicates.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Distinct {
    /// No row.
    #[default]
    No,
    /// Equal rows.
    Rows,
    /// Rows with equal values of these expressions. The first row in the query's order stays.
    On(Vec<Expr>),
}

/// How rows are locked until the transaction ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lock {
    /// The strength of the lock.
    pub strength: LockStrength,
    /// The reaction to rows that another transaction has locked.
    pub wait: LockWait,
}

/// The strength of a row lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LockStrength {
    /// Other transactions can neither write nor lock the rows.
    Update,
    /// Other transactions cannot write the rows.
    Share,
}

/// The reaction of a locking read to rows that another transaction has locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LockWait {
    /// Waits for the lock.
    Wait,
    /// Skips the rows.
    SkipLocked,
    /// Fails at once.
    NoWait,
}

/// One item of a SELECT list.
#[derive(Clone, Debug, PartialEq)]
pub struct SelectItem {
    /// The expression.
    pub expr: Expr,
    /// The alias.
    pub alias: Option<Name>,
}

/// One item of an ORDER BY.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderBy {
    /// The expression.
    pub expr: Expr,
    /// Ascending or descending.
    pub direction: Direction,
    /// The place of NULLs.
    pub nulls: Nulls,
}

/// Ascending or descending.
// Not `#[non_exhaustive]`: there is no third direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Direction {
    Asc,
    Desc,
}

/// The place of NULLs in an order. The default is the same on every database: NULL is the smallest value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Nulls {
    /// NULL is smaller than every value: first in ascending order, last in descending order.
    #[default]
    Smallest,
    /// Before all values.
    First,
    /// After all values.
    Last,
}

impl Distinct {
    /// Returns the expressions of DISTINCT ON.
    pub(crate) fn columns(&self) -> &[Expr] {
        if let Self::On(columns) = self { columns } else { &[] }
    }

    /// Returns the expressions of DISTINCT ON.
    pub(crate) fn columns_mut(&mut self) -> &mut [Expr] {
        if let Self::On(columns) = self { columns } else { &mut [] }
    }
}

impl FromItem {
    /// Returns the name that stands for the rows of another query.
    pub(crate) fn derived(&self) -> Option<&Name> {
        match self {
            Self::Query(_, name) | Self::Compound(_, name) => Some(name),
            Self::Table(_) | Self::Named(_) => None,
        }
    }
}

impl Select {
    /// Creates a query of all rows of `source`, with all columns.
    pub fn from(source: FromItem) -> Self {
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

    /// Adds a condition to WHERE, by AND.
    pub fn and_filter(&mut self, expr: Expr) {
        and(&mut self.filter, expr);
    }

    /// Keeps only the rows after a place in the order. The place has one value for each item of ORDER BY.
    pub fn after(&mut self, place: &[Value]) {
        let behind = behind(&self.order_by, place);
        self.and_filter(behind);
    }

    /// Keeps only the rows up to and including a place in the order. No column of ORDER BY can be NULL.
    pub fn through(&mut self, place: &[Value]) {
        let through = through(&self.order_by, place);
        self.and_filter(through);
    }

    /// Adds a condition to HAVING, by AND.
    pub fn and_having(&mut self, expr: Expr) {
        and(&mut self.having, expr);
    }

    /// Returns the tables and common table expressions that the query reads.
    pub(crate) fn tables(&self) -> impl Iterator<Item = &TableRef> {
        let first = if let FromItem::Table(table) = &self.from { Some(table) } else { None };
        first.into_iter().chain(self.joins.iter().map(|join| &join.table))
    }

    /// Returns true when the query reads a table or an alias with this name.
    pub(crate) fn reads(&self, name: &str) -> bool {
        self.tables().any(|table| table.label() == name)
    }

    /// Returns true when the query reads all columns of a model's table without an alias and of the joined tables, with
    /// no other clauses than WHERE, ORDER BY, LIMIT and OFFSET.
    pub(crate) fn is_plain(&self) -> bool {
        let is_model = matches!(&self.from, FromItem::Table(table) if table.model.is_some() && table.alias.is_none());
        is_model && self.items.is_empty() && self.has_no_shape()
    }

    /// Returns true when the query has no clause but its source.
    pub(crate) fn says_nothing(&self) -> bool {
        self.items.is_empty() && self.has_no_shape() && self.ends_with_its_table()
    }

    /// Returns true when the text of a plain query ends with its first table.
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

    /// Adds an alias to each item that has no name, or the name of an earlier item: the columns of a derived table need
    /// different names.
    pub(crate) fn name_items(&mut self) {
        let mut names = Vec::with_capacity(self.items.len());
        for (index, item) in self.items.iter_mut().enumerate() {
            let of_column = if let Expr::Column(column) = &item.expr { Some(&column.name) } else { None };
            match item.alias.as_ref().or(of_column) {
                Some(name) if !names.contains(name) => names.push(name.clone()),
                _ => item.alias = Some(format!("c{}", index + 1).into()),
            }
        }
    }

    /// Returns true when the number of rows does not depend on the SELECT list.
    pub(crate) fn has_rows_without_items(&self) -> bool {
        self.distinct == Distinct::No && (self.is_row_by_row() || !self.group_by.is_empty())
    }

    /// Returns true when each row of the result is one row of the source: no groups, no aggregates and no DISTINCT.
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
    /// Returns true when NULLs come before all values.
    pub(crate) fn nulls_come_first(&self) -> bool {
        match self.nulls {
            Nulls::Smallest => self.direction == Direction::Asc,
            Nulls::First => true,
            Nulls::Last => false,
        }
    }

    /// Reverses the order, including the place of NULLs.
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
