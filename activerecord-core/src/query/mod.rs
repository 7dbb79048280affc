//! Queries: values that say which rows, in which order, from which connection. Nothing runs before a finisher is awaited.

mod aggregate;
mod batch;
mod page;
mod raw;
mod stream;
mod write;

pub use batch::Batches;
pub use page::Page;
pub use raw::RawQuery;
pub use stream::Rows;

use std::any::TypeId;
use std::fmt;
use std::marker::PhantomData;

use crate::backend::BoxFuture;
use crate::column::Column;
use crate::connection::{Label, Route, Session, resolve};
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, Result};
use crate::model::Model;
use crate::order::IntoOrder;
use crate::persist;
use crate::predicate::Predicate;
use crate::projection::Projection;
use crate::selection::Selection;
use crate::sql::{Operation, Sql, cached, render, render_rest};
use crate::statement::{Expr, RawSql, Select, SelectItem, Set, Source, Statement};
use crate::transaction::Transaction;
use crate::value::{Flow, FromValue, IntoParams, RowRef, Value};

/// A query on the rows of model `M` that reads each as an `R`.
///
/// It keeps the connection scope it was built in, also when it is awaited outside; built outside every scope, it takes the
/// scope of its await. Rows that are marked as deleted are left out unless asked for.
#[must_use = "a query does nothing until it is finished by `all`, `first`, `count`, .. and awaited"]
pub struct Query<M, R = M> {
    select: Select,
    route: Route,
    deleted: Deleted,
    read: fn(&dyn RowRef) -> Result<R>,
    found: Option<Found<R>>,
    _of: PhantomData<fn() -> M>,
}

/// Tells a record that it was read.
type Found<R> = fn(R) -> BoxFuture<'static, Result<R>>;

/// Which rows of a model with `#[soft_delete]` a query sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deleted {
    Without,
    With,
    Only,
}

impl<M: Model> Query<M> {
    /// All rows of the model.
    pub(crate) fn new() -> Self {
        let found: Found<M> = |mut record| Box::pin(async move { persist::found(&mut record).await.map(|()| record) });
        Self {
            select: bare::<M>(),
            route: Route::here(),
            deleted: Deleted::Without,
            read: M::from_row,
            found: M::HOOKS.then_some(found),
            _of: PhantomData,
        }
    }
}

/// Building.
impl<M: Model, R: Send + 'static> Query<M, R> {
    /// Only rows that also meet this condition.
    pub fn filter(mut self, predicate: Predicate<M>) -> Self {
        self.select.and_filter(predicate.into_expr());
        self
    }

    /// Only rows that also meet a condition in SQL: `?` binds the next value on every database, `??` is a question mark.
    pub fn filter_raw(mut self, sql: impl Into<String>, params: impl IntoParams) -> Self {
        self.select.and_filter(Expr::Raw(RawSql { text: sql.into().into(), binds: params.into_params() }));
        self
    }

    /// The order of the rows: one order or a tuple of them. A second call adds less significant ones.
    pub fn order_by(mut self, order: impl IntoOrder<M>) -> Self {
        self.select.order_by.extend(order.into_order());
        self
    }

    /// At most so many rows.
    pub fn limit(mut self, rows: u64) -> Self {
        self.select.limit = Some(rows);
        self
    }

    /// After so many rows.
    pub fn offset(mut self, rows: u64) -> Self {
        self.select.offset = Some(rows);
        self
    }

    /// From the connection of this name, whatever the scope. An unknown name is an error when the query is awaited.
    pub fn using(mut self, connection: &str) -> Self {
        self.route.using = Some(connection.into());
        self
    }

    /// Inside this transaction, whatever the scope. After the transaction has ended it is an error.
    pub fn on(mut self, transaction: &Transaction) -> Self {
        self.route.transaction = Some(transaction.level().clone());
        self
    }

    /// Also rows that `#[soft_delete]` marks as deleted.
    pub fn with_deleted(mut self) -> Self {
        self.deleted = Deleted::With;
        self
    }

    /// Only rows that `#[soft_delete]` marks as deleted.
    pub fn only_deleted(mut self) -> Self {
        self.deleted = Deleted::Only;
        self
    }

    /// Reads a column, or a tuple of columns, of each row.
    pub fn select<S: Selection<M>>(self, columns: S) -> Query<M, S::Output> {
        self.reading(columns.items(), S::read)
    }

    /// Reads each row as a struct with some of the columns.
    pub fn select_as<P: Projection<Model = M>>(self) -> Query<M, P> {
        self.reading(P::COLUMNS.iter().map(|def| Expr::from(def).into()).collect(), P::from_row)
    }

    /// The text and the binds in a dialect (`sqlite`, `postgresql`, `mysql`), without a database.
    ///
    /// # Errors
    /// `Unsupported` when the dialect cannot say it, `Configuration` when there is no such dialect.
    pub fn to_sql(&self, dialect: &str) -> Result<(String, Vec<Value>)> {
        let sql = self.clone().render(Dialect::named(dialect)?)?;
        Ok((sql.text().to_string(), sql.binds().to_vec()))
    }

    /// The same rows, read otherwise.
    fn reading<T>(self, items: Vec<SelectItem>, read: fn(&dyn RowRef) -> Result<T>) -> Query<M, T> {
        let select = Select { items, ..self.select };
        Query { select, route: self.route, deleted: self.deleted, read, found: None, _of: PhantomData }
    }

    /// The same query in the hands of a `select`: with the condition on deleted rows, which is added last, so that it is
    /// added once.
    fn finished(mut self) -> Self {
        if let Some(ordinal) = M::TABLE.soft_delete {
            let is_null = Expr::IsNull(Box::new((&M::TABLE.columns[ordinal]).into()));
            match std::mem::replace(&mut self.deleted, Deleted::With) {
                Deleted::Without => self.select.and_filter(is_null),
                Deleted::Only => self.select.and_filter(Expr::Not(Box::new(is_null))),
                Deleted::With => {}
            }
        }
        self
    }

    fn render(self, dialect: &'static Dialect) -> Result<Sql> {
        let one_row = self.select.limit == Some(1);
        let select = self.finished().select;
        let sql = if select.items.is_empty() {
            let head = cached::<M>(dialect, Operation::All, || Statement::Select(with_columns::<M>(bare::<M>())))?;
            render_rest(head, select, dialect)
        } else {
            render(Statement::Select(select), dialect)
        };
        let sql = sql.map_err(|error| error.with_model(M::TABLE.model))?;
        Ok(if one_row { sql.one_row() } else { sql })
    }

    /// Stays with the connection that is chosen here. A name that is unknown is left for the await to report.
    fn here(mut self) -> Self {
        if let Ok(session) = self.session() {
            self.route.using = Some(session.endpoint().name().clone());
        }
        self
    }

    fn session(&self) -> Result<Session> {
        resolve(&self.route, TypeId::of::<M>(), M::TABLE)
    }
}

/// Reading.
impl<M: Model, R: Send + 'static> Query<M, R> {
    /// All rows.
    ///
    /// # Errors
    /// `Conversion` when a cell does not fit, and whatever the database reports.
    pub fn all(self) -> impl Future<Output = Result<Vec<R>>> + Send {
        self.collect("all")
    }

    /// The first row in the query's order; without one, in the order of the key.
    ///
    /// # Errors
    /// As [`all`](Self::all).
    pub async fn first(self) -> Result<Option<R>> {
        let limit = self.select.limit.map_or(1, |limit| limit.min(1));
        Ok(self.in_some_order().limit(limit).collect("first").await?.pop())
    }

    /// The last row in the query's order; without one, in the order of the key.
    ///
    /// # Errors
    /// As [`all`](Self::all); `Unsupported` on a query with a limit or an offset, whose last row cannot be found by asking
    /// for the first in reverse.
    pub async fn last(self) -> Result<Option<R>> {
        self.refuse_limit("last")?;
        let mut query = self.in_some_order();
        query.select.order_by.iter_mut().for_each(crate::statement::OrderBy::reverse);
        Ok(query.limit(1).collect("last").await?.pop())
    }

    /// The only row.
    ///
    /// # Errors
    /// As [`all`](Self::all); `NotFound` when there is none, `TooMany` when there are several.
    pub async fn one(self) -> Result<R> {
        let limit = self.select.limit.map_or(2, |limit| limit.min(2));
        let mut rows = self.limit(limit).collect("one").await?;
        match (rows.pop(), rows.pop()) {
            (Some(row), None) => Ok(row),
            (None, _) => Err(Error::new(ErrorKind::NotFound, "no row meets the query").with_model(M::TABLE.model)),
            (Some(_), Some(_)) => {
                Err(Error::new(ErrorKind::TooMany, "more than one row meets the query").with_model(M::TABLE.model))
            }
        }
    }

    /// The values of one column.
    ///
    /// # Errors
    /// As [`all`](Self::all).
    pub fn pluck<T: FromValue + Send + 'static>(
        self,
        column: Column<M, T>,
    ) -> impl Future<Output = Result<Vec<T>>> + Send {
        self.select(column).collect("pluck")
    }

    /// The rows one by one, while they arrive: see [`Rows`].
    pub fn stream(self) -> Rows<R> {
        stream::open(self)
    }

    async fn collect(self, operation: &'static str) -> Result<Vec<R>> {
        let session = self.session()?;
        let (read, found) = (self.read, self.found);
        let sql = self.render(session.dialect())?;
        let mut rows = Vec::new();
        let mut sink = |row: &dyn RowRef| -> Result<Flow> {
            rows.push(read(row)?);
            Ok(Flow::More)
        };
        session.fetch(&sql, Label::new(M::TABLE.model, operation), &mut sink).await?;
        let Some(found) = found else { return Ok(rows) };
        let mut told = Vec::with_capacity(rows.len());
        for row in rows {
            told.push(found(row).await?);
        }
        Ok(told)
    }

    /// The query in its own order, or in that of the key when it has none.
    fn in_some_order(mut self) -> Self {
        if self.select.order_by.is_empty() {
            self.select.order_by = batch::key_order::<M>();
        }
        self
    }

    fn refuse_limit(&self, verb: &str) -> Result<()> {
        if self.select.limit.is_none() && self.select.offset.is_none() {
            return Ok(());
        }
        let message = format!(
            "`{verb}` cannot be asked of a query with a limit or an offset; filter by the keys it finds instead"
        );
        Err(Error::unsupported(message).with_model(M::TABLE.model))
    }
}

impl<M: Model, R: Send + 'static> Query<M, R> {
    /// The query as a set of values in another, which runs it where it runs itself. A connection of its own is noted, to be
    /// refused: its rows are in another database.
    pub(crate) fn into_subquery(self) -> Set {
        let own = self.route.transaction.as_ref().map(|level| level.endpoint().name().clone());
        let own = own.or_else(|| self.route.using.clone());
        Set::Query(Box::new(self.into_select()), own)
    }

    /// The query as a statement.
    pub(crate) fn into_select(self) -> Select {
        with_columns::<M>(self.finished().select)
    }
}

/// All rows of the model. As long as nothing is said of what to read, it is the model's columns.
fn bare<M: Model>() -> Select {
    Select::from(Source::Table(M::TABLE.name.into()))
}

/// The query with the model's columns spelt out, if nothing else is to be read.
fn with_columns<M: Model>(mut select: Select) -> Select {
    if select.items.is_empty() {
        select.items = M::TABLE.columns.iter().map(|def| SelectItem::from(Expr::from(def))).collect();
    }
    select
}

impl<M, R> Clone for Query<M, R> {
    fn clone(&self) -> Self {
        Self {
            select: self.select.clone(),
            route: self.route.clone(),
            deleted: self.deleted,
            read: self.read,
            found: self.found,
            _of: PhantomData,
        }
    }
}

impl<M, R> fmt::Debug for Query<M, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Query").field("select", &self.select).field("route", &self.route).finish_non_exhaustive()
    }
}
