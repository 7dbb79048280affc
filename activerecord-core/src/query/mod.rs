//! Queries: values that describe which rows to read, in which order, from which connection. A query runs when its
//! finisher is awaited.

mod aggregate;
mod alias;
mod batch;
mod compound;
mod cte;
mod cursor;
mod deleted;
mod explain;
mod group;
mod join;
mod keyset;
mod lock;
mod page;
mod raw;
mod read;
mod stream;
mod subquery;
mod write;

pub use alias::Alias;
pub use batch::Batches;
pub use cte::Cte;
pub use cursor::Cursor;
pub use explain::Plan;
pub use keyset::KeysetPage;
pub use page::Page;
pub use raw::RawQuery;
pub use stream::{BlockingRows, RowStream};
pub use subquery::{exists, subquery};

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use self::deleted::Deleted;
use crate::connection::{Label, Route, Session, resolve};
use crate::dialect::Dialect;
use crate::error::{Error, Result};
use crate::model::{Model, Projection};
use crate::schema::TableDef;
use crate::sql::{Sql, cached_head, cells, render_rest, render_with_models};
use crate::statement::{self, Direction, Expr, Nulls, OrderBy, RawSql, Select, SelectItem, Statement, Subquery};
use crate::transaction::Transaction;
use crate::typed::{Condition, Found, IntoOrder, Relation, Selection, Source, key_columns, table_ref};
use crate::value::{IntoParams, RowRef, Value};

/// A query on the rows of `S`, a model or a tuple of joined models. It reads each row as an `R`.
///
/// ```no_run
/// # use activerecord::prelude::*;
/// # #[derive(ActiveRecord)] struct User { id: i64, name: String, age: i32 }
/// # async fn example() -> Result<()> {
/// let adults = User::filter(User::AGE.ge(18)).order_by(User::NAME.asc());
/// let ten: Vec<User> = adults.clone().limit(10).offset(20).all().await?;
/// let names: Vec<String> = adults.clone().select(User::NAME).all().await?;
/// let (first, number, any) = (adults.clone().first().await?, adults.clone().count().await?, adults.exists().await?);
/// let ada = User::filter(User::NAME.eq("Ada")).one().await?;
/// # Ok(()) }
/// ```
///
/// A query is a value: it can be cloned and passed to functions, and it does nothing until one of its finishers is
/// awaited. A reusable condition is a function: `fn active(users: Query<User>) -> Query<User>`.
///
/// A query keeps the connection scope in which it is built, even if it is awaited outside of it. A query that is built
/// outside every scope takes the scope in which it is awaited. See [Connection](crate::ActiveRecord#connection).
///
/// Rows that `#[soft_delete]` marks as deleted are excluded, also those of joined models, unless
/// [`with_deleted`](Self::with_deleted), [`with_deleted_of`](Self::with_deleted_of) or
/// [`only_deleted`](Self::only_deleted) is called.
///
/// # Aggregates
///
/// ```no_run
/// # use activerecord::prelude::*;
/// # #[derive(ActiveRecord)] struct User { id: i64, name: String, age: i32 }
/// # async fn example() -> Result<()> {
/// let (sum, average) = (User::query().sum(User::AGE).await?, User::query().avg(User::AGE).await?);
/// let (youngest, oldest) = (User::query().min(User::AGE).await?, User::query().max(User::AGE).await?);
/// # Ok(()) }
/// ```
///
/// # Errors
///
/// Every finisher can return the [common errors](crate::ActiveRecord#common-errors), and these before it sends
/// anything: `Unsupported` if the database cannot express the query or its models use different connections;
/// `InvalidStatement` if the query names a column of a table that it does not read.
#[must_use = "a query does nothing until it is finished by `all`, `first`, `count`, .. and awaited"]
pub struct Query<S, R = S> {
    select: Select,
    /// The model whose connection the query uses.
    model: &'static TableDef,
    route: Route,
    deleted: Deleted,
    /// The names of the relations whose deleted rows the query sees.
    revealed: Vec<&'static str>,
    read: fn(&dyn RowRef) -> Result<R>,
    /// Whether the items are read one by one, and not by the fields of a model, which know their types.
    by_item: bool,
    found: Option<Found<R>>,
    _of: PhantomData<fn() -> S>,
}

impl<S: Relation> Query<S, S::Record> {
    /// Returns a query on all rows of a relation. It uses the connection of `model`.
    pub(crate) fn new(model: &'static TableDef) -> Self {
        Self {
            select: bare::<S>(),
            model,
            route: Route::here(),
            deleted: Deleted::Without,
            revealed: Vec::new(),
            read: <S as Source>::read,
            by_item: false,
            found: S::FOUND,
            _of: PhantomData,
        }
    }
}

/// Builders.
impl<S: Source, R: Send + 'static> Query<S, R> {
    /// Keeps only rows that meet this condition. Several conditions are joined by AND.
    ///
    /// ```
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord)] struct User { id: i64, name: String, age: i32 }
    /// let query = User::query().filter(User::AGE.ge(18)).filter(User::NAME.like("A%")).select(User::ID);
    /// let (sql, binds) = query.to_sql("postgresql")?; // no database needed
    /// assert_eq!(sql, r#"SELECT "id" FROM "users" WHERE "age" >= $1 AND "name" LIKE $2"#);
    /// # assert_eq!(binds.len(), 2);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn filter<C, I>(mut self, predicate: C) -> Self
    where
        C: Condition<S, I>,
    {
        self.select.and_filter(predicate.into_condition());
        self
    }

    /// Keeps only rows that meet a condition in SQL. `?` binds the next value on every database, and `??` is a question
    /// mark. The text is not checked or escaped: pass values as `params`. Example:
    /// [`ActiveRecord::filter_raw`](crate::ActiveRecord::filter_raw).
    pub fn filter_raw(mut self, sql: impl Into<String>, params: impl IntoParams) -> Self {
        self.select.and_filter(Expr::Raw(RawSql { text: sql.into().into(), binds: params.into_params() }));
        self
    }

    /// Sorts the rows by one order or a tuple of orders. A second call appends less significant orders. The order of
    /// rows that are equal in all orders is not guaranteed. Example: [`Query`].
    pub fn order_by<O, I>(mut self, order: O) -> Self
    where
        O: IntoOrder<S, I>,
    {
        self.select.order_by.extend(order.into_order());
        self
    }

    /// Reads at most this many rows. Default: no limit. Example: [`Query`].
    pub fn limit(mut self, rows: u64) -> Self {
        self.select.limit = Some(rows);
        self
    }

    /// Skips this many rows. Default: 0. Example: [`Query`].
    pub fn offset(mut self, rows: u64) -> Self {
        self.select.offset = Some(rows);
        self
    }

    /// Uses the connection of this name. It has precedence over all scopes. If the connection does not exist, the
    /// finisher returns `Configuration`. Example: [`ActiveRecord::using`](crate::ActiveRecord::using).
    pub fn using(mut self, connection: &str) -> Self {
        self.route.using = Some(connection.into());
        self
    }

    /// Runs in this transaction. It has precedence over all scopes. If the transaction has ended, the finisher returns
    /// `Transaction`. Example: [`ActiveRecord::on`](crate::ActiveRecord::on).
    pub fn on(mut self, transaction: &Transaction) -> Self {
        self.route.transaction = Some(transaction.level().clone());
        self
    }

    /// Reads only a column, an expression, a [`record`](crate::record), or a tuple of them.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord)] struct User { id: i64, name: String, age: i32 }
    /// # async fn example() -> Result<()> {
    /// let pairs: Vec<(String, i32)> = User::query().select((User::NAME, User::AGE + 1)).all().await?;
    /// # Ok(()) }
    /// ```
    pub fn select<E, I>(self, columns: E) -> Query<S, E::Output>
    where
        E: Selection<S, I>,
    {
        self.reading(columns.items(), |row| E::read(row, 0))
    }

    /// Returns the SQL text and its binds in a dialect: `sqlite`, `postgresql` or `mysql`. Needs no database. Example:
    /// [`filter`](Self::filter).
    ///
    /// # Errors
    /// `Unsupported` if the dialect cannot express the query; `InvalidStatement` if the query names a column of a table
    /// that it does not read; `Configuration` if the dialect does not exist.
    pub fn to_sql(&self, dialect: &str) -> Result<(String, Vec<Value>)> {
        let (sql, _) = self.clone().render(Dialect::named(dialect)?)?;
        Ok((sql.text().to_string(), sql.binds().to_vec()))
    }

    /// Returns the same query with other items, each row read by `read`.
    fn reading<T>(self, items: Vec<SelectItem>, read: fn(&dyn RowRef) -> Result<T>) -> Query<S, T> {
        let query = Self { select: Select { items, ..self.select }, by_item: true, ..self };
        query.of(read, None)
    }

    /// Changes the source and the row type. The statement stays the same.
    fn of<T, U>(self, read: fn(&dyn RowRef) -> Result<U>, found: Option<Found<U>>) -> Query<T, U> {
        let Self { select, model, route, deleted, revealed, by_item, .. } = self;
        Query { select, model, route, deleted, revealed, read, by_item, found, _of: PhantomData }
    }

    /// Adds the order of the key if the query has no order and its rows have a key.
    fn in_some_order(mut self) -> Self {
        let is_of_tables = matches!(self.select.from, statement::FromItem::Table(_));
        if self.select.order_by.is_empty() && is_of_tables && self.select.is_row_by_row() {
            self.select.order_by = key_order::<S::Root>();
        }
        self
    }

    /// Refuses a method that needs the plain rows of one table.
    fn refuse_shape(&self, verb: &str) -> Result<()> {
        let Select { limit: None, offset: None, with, from: statement::FromItem::Table(_), .. } = &self.select else {
            return Err(self.unfit(verb, "a limit, an offset, or several queries (union, intersect, except)"));
        };
        if with.is_empty() && self.select.is_row_by_row() {
            return Ok(());
        }
        Err(self.unfit(verb, "groups, distinct rows or common table expressions"))
    }

    #[cold]
    fn unfit(&self, verb: &str, what: &str) -> Error {
        let message =
            format!("`{verb}` does not support a query with {what}; filter by its keys instead: is_in(query)");
        Error::unsupported(message).with_model(self.model.model)
    }
}

impl<M: Model, R: Send + 'static> Query<M, R> {
    /// Reads each row as a [`Projection`], a struct with some of the columns.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord)] struct User { id: i64, name: String, age: i32 }
    /// # async fn example() -> Result<()> {
    /// #[derive(Projection)]
    /// #[model(User)]
    /// struct Name { id: i64, name: String }
    ///
    /// let names: Vec<Name> = User::query().select_as::<Name>().all().await?;
    /// # Ok(()) }
    /// ```
    pub fn select_as<P: Projection<Model = M>>(self) -> Query<M, P> {
        self.reading(P::COLUMNS.iter().map(|def| Expr::from(def).into()).collect(), P::from_row)
    }
}

/// Rendering.
impl<S: Source, R: Send + 'static> Query<S, R> {
    /// Returns the query as a part of another query, which decides the connection. Keeps the name of an explicit
    /// connection, so that rendering can refuse it.
    pub(crate) fn into_subquery(self) -> Subquery {
        let own = self.route.transaction.as_ref().map(|level| level.endpoint().name().clone());
        let connection = own.or_else(|| self.route.using.clone());
        Subquery { connection, ..Subquery::bounded(self.into_select()) }
    }

    /// Returns the query as a statement.
    fn into_select(self) -> Select {
        self.spelt_out().select
    }

    /// Returns the query with its conditions on deleted rows and its selected columns.
    fn spelt_out(self) -> Self {
        let mut whole = self.finished();
        let select = &mut whole.select;
        if select.items.is_empty() && (!select.joins.is_empty() || matches!(select.from, statement::FromItem::Table(_)))
        {
            select.items = S::items();
        }
        whole
    }

    /// Returns the SQL, and the other models whose tables it reads.
    fn render(self, dialect: &'static Dialect) -> Result<(Sql, Vec<&'static TableDef>)> {
        let (model, one_row) = (self.model, self.select.limit == Some(1));
        let rendered = if self.select.is_plain() {
            let head = || Select { items: S::items(), ..self.select.clone() };
            cached_head::<S>(dialect, head).and_then(|head| render_rest(head, self.finished().select, dialect))
        } else {
            self.render_whole(dialect)
        };
        let (sql, models) = rendered.map_err(|error| error.with_model(model.model))?;
        Ok((if one_row { sql.one_row() } else { sql }, models))
    }

    fn render_whole(self, dialect: &'static Dialect) -> Result<(Sql, Vec<&'static TableDef>)> {
        let by_item = self.by_item;
        let select = self.into_select();
        let strict = if by_item { cells(dialect, &select, true) } else { None };
        let (sql, models) = render_with_models(Statement::Select(select), dialect)?;
        Ok((if strict.is_some() { sql.with_cells(strict) } else { sql }, models))
    }

    /// Returns the SQL for this session.
    fn spell(self, session: &Session) -> Result<Sql> {
        let (route, model) = (self.route.clone(), self.model);
        let (sql, models) = self.render(session.dialect())?;
        together(&route, model, session, &models)?;
        Ok(sql)
    }

    /// Fixes the connection that the current scope selects. An unknown name is reported when the query is awaited.
    fn here(mut self) -> Self {
        if let Ok(session) = self.session() {
            self.route.using = Some(session.endpoint().name().clone());
        }
        self
    }

    fn session(&self) -> Result<Session> {
        resolve(&self.route, self.model)
    }

    fn label(&self, operation: &'static str) -> Label {
        Label::new(self.model.model, operation)
    }
}

/// Refuses a statement that reads models of different connections.
fn together(route: &Route, model: &'static TableDef, session: &Session, models: &[&'static TableDef]) -> Result<()> {
    let here = session.endpoint().name();
    for other in models.iter().filter(|other| **other != model) {
        let there = resolve(route, other)?;
        if there.endpoint().name() != here {
            return Err(apart(model, here, other, there.endpoint().name()));
        }
    }
    Ok(())
}

#[cold]
fn apart(model: &TableDef, here: &Arc<str>, other: &TableDef, there: &str) -> Error {
    let message = format!(
        "one statement cannot read {0} on connection `{here}` and {1} on connection `{there}`; if both tables are in one database, \
         use .using(\"..\") on this query, or with_connection(\"..\", ..) around it; otherwise read one model first and filter \
         the other by its keys ({1}::filter({1}::COLUMN.is_in(keys))), or keep a copy of one table in the other database",
        model.model, other.model
    );
    Error::unsupported(message).with_model(model.model).with_connection(here)
}

/// Returns a SELECT of all rows. Without items it reads the columns of the relation.
fn bare<R: Relation>() -> Select {
    Select::from(statement::FromItem::Table(table_ref::<R>()))
}

/// Returns the order of the key.
fn key_order<R: Relation>() -> Vec<OrderBy> {
    key_columns::<R>().map(|expr| OrderBy { expr, direction: Direction::Asc, nulls: Nulls::default() }).collect()
}

impl<S, R> Clone for Query<S, R> {
    fn clone(&self) -> Self {
        Self {
            select: self.select.clone(),
            model: self.model,
            route: self.route.clone(),
            deleted: self.deleted,
            revealed: self.revealed.clone(),
            read: self.read,
            by_item: self.by_item,
            found: self.found,
            _of: PhantomData,
        }
    }
}

impl<S, R> fmt::Debug for Query<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Query").field("select", &self.select).field("route", &self.route).finish_non_exhaustive()
    }
}
