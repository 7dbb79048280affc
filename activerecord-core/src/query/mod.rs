//! Queries: values that say which rows, in which order, from which connection. Nothing runs before a finisher is awaited.

mod aggregate;
mod alias;
mod batch;
mod compound;
mod cte;
mod cursor;
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
pub use stream::Rows;
pub use subquery::{exists, subquery};

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::connection::{Label, Route, Session, resolve};
use crate::dialect::Dialect;
use crate::error::{Error, Result};
use crate::model::{Model, Projection};
use crate::schema::Table;
use crate::sql::{Sql, cached_head, render_rest, render_with_models};
use crate::statement::{self, Direction, Expr, Nulls, OrderBy, RawSql, Select, SelectItem, Statement, Subquery};
use crate::transaction::Transaction;
use crate::typed::{Covers, Found, IntoOrder, Predicate, Relation, Selection, Source, key_columns, table_ref};
use crate::value::{IntoParams, RowRef, Value};

/// A query on the rows of `S`, a model or a tuple of joined ones, that reads each as an `R`.
///
/// It keeps the connection scope it was built in, also when it is awaited outside; built outside every scope, it takes the
/// scope of its await. Rows that are marked as deleted are left out unless asked for, also of models that are joined.
///
/// A scope of one's own is a function: `fn active(users: Query<User>) -> Query<User>`.
#[must_use = "a query does nothing until it is finished by `all`, `first`, `count`, .. and awaited"]
pub struct Query<S, R = S> {
    select: Select,
    /// The model that decides where the query goes.
    model: &'static Table,
    route: Route,
    deleted: Deleted,
    read: fn(&dyn RowRef) -> Result<R>,
    found: Option<Found<R>>,
    _of: PhantomData<fn() -> S>,
}

/// Which rows of models with `#[soft_delete]` a query sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deleted {
    Without,
    With,
    Only,
}

impl<S: Relation> Query<S, S::Record> {
    /// All rows of a relation, where `model` lives.
    pub(crate) fn new(model: &'static Table) -> Self {
        Self {
            select: bare::<S>(),
            model,
            route: Route::here(),
            deleted: Deleted::Without,
            read: <S as Source>::read,
            found: S::FOUND,
            _of: PhantomData,
        }
    }
}

/// Building.
impl<S: Source, R: Send + 'static> Query<S, R> {
    /// Only rows that also meet this condition.
    pub fn filter<P, I>(mut self, predicate: Predicate<P>) -> Self
    where
        S: Covers<P, I>,
    {
        self.select.and_filter(predicate.into_expr());
        self
    }

    /// Only rows that also meet a condition in SQL: `?` binds the next value on every database, `??` is a question mark.
    pub fn filter_raw(mut self, sql: impl Into<String>, params: impl IntoParams) -> Self {
        self.select.and_filter(Expr::Raw(RawSql { text: sql.into().into(), binds: params.into_params() }));
        self
    }

    /// The order of the rows: one order or a tuple of them. A second call adds less significant ones.
    pub fn order_by<O, I>(mut self, order: O) -> Self
    where
        O: IntoOrder<S, I>,
    {
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

    /// Only rows that `#[soft_delete]` marks as deleted; of models that are joined, those that are not marked.
    pub fn only_deleted(mut self) -> Self {
        self.deleted = Deleted::Only;
        self
    }

    /// Reads a column, an expression, a [`record`](crate::record), or a tuple of them, of each row.
    pub fn select<E, I>(self, columns: E) -> Query<S, E::Output>
    where
        E: Selection<S, I>,
    {
        self.reading(columns.items(), |row| E::read(row, 0))
    }

    /// The text and the binds in a dialect (`sqlite`, `postgresql`, `mysql`), without a database.
    ///
    /// # Errors
    /// `Unsupported` when the dialect cannot say it, `InvalidStatement` when it reads what it does not name, and
    /// `Configuration` when there is no such dialect.
    pub fn to_sql(&self, dialect: &str) -> Result<(String, Vec<Value>)> {
        let (sql, _) = self.clone().render(Dialect::named(dialect)?)?;
        Ok((sql.text().to_string(), sql.binds().to_vec()))
    }

    /// The same rows, read otherwise.
    fn reading<T>(self, items: Vec<SelectItem>, read: fn(&dyn RowRef) -> Result<T>) -> Query<S, T> {
        let query = Self { select: Select { items, ..self.select }, ..self };
        query.of(read, None)
    }

    /// The same query, as one of another source that reads other rows.
    fn of<T, U>(self, read: fn(&dyn RowRef) -> Result<U>, found: Option<Found<U>>) -> Query<T, U> {
        let Self { select, model, route, deleted, .. } = self;
        Query { select, model, route, deleted, read, found, _of: PhantomData }
    }

    /// The query in its own order, or in that of the key when it has none and its rows have one.
    fn in_some_order(mut self) -> Self {
        let is_of_tables = matches!(self.select.from, statement::Source::Table(_));
        if self.select.order_by.is_empty() && is_of_tables && self.select.is_row_by_row() {
            self.select.order_by = key_order::<S::Root>();
        }
        self
    }

    /// Refuses a verb that is about rows of a table, on a query whose rows are others.
    fn refuse_shape(&self, verb: &str) -> Result<()> {
        let Select { limit: None, offset: None, with, from: statement::Source::Table(_), .. } = &self.select else {
            return Err(self.unfit(verb, "a limit or an offset, or of several queries"));
        };
        if with.is_empty() && self.select.is_row_by_row() {
            return Ok(());
        }
        Err(self.unfit(verb, "groups, distinct rows or common table expressions"))
    }

    #[cold]
    fn unfit(&self, verb: &str, what: &str) -> Error {
        let message = format!(
            "`{verb}` cannot be asked of a query with {what}; filter by the keys it finds instead: is_in(query)"
        );
        Error::unsupported(message).with_model(self.model.model)
    }
}

impl<M: Model, R: Send + 'static> Query<M, R> {
    /// Reads each row as a struct with some of the columns.
    pub fn select_as<P: Projection<Model = M>>(self) -> Query<M, P> {
        self.reading(P::COLUMNS.iter().map(|def| Expr::from(def).into()).collect(), P::from_row)
    }
}

/// Spelling.
impl<S: Source, R: Send + 'static> Query<S, R> {
    /// The query as a part of another, which runs it where it runs itself. A connection of its own is noted, to be refused:
    /// its rows are in another database.
    pub(crate) fn into_subquery(self) -> Subquery {
        let own = self.route.transaction.as_ref().map(|level| level.endpoint().name().clone());
        let connection = own.or_else(|| self.route.using.clone());
        Subquery { select: Box::new(self.into_select()), connection }
    }

    /// The query as a statement.
    fn into_select(self) -> Select {
        self.spelt_out().select
    }

    /// The same query with nothing left to be added: neither conditions on deleted rows nor what is selected.
    fn spelt_out(self) -> Self {
        let mut whole = self.finished();
        let select = &mut whole.select;
        if select.items.is_empty() && (!select.joins.is_empty() || matches!(select.from, statement::Source::Table(_))) {
            select.items = S::items();
        }
        whole
    }

    /// The same query in the hands of a `select`: with the conditions on deleted rows, which are added last, so that they
    /// are added once.
    fn finished(mut self) -> Self {
        let deleted = std::mem::replace(&mut self.deleted, Deleted::With);
        if deleted == Deleted::With {
            return self;
        }
        if let statement::Source::Table(table) = &self.select.from
            && let Some(mark) = table.deleted_at()
        {
            let is_null = Expr::IsNull(Box::new(mark));
            self.select.and_filter(if deleted == Deleted::Only { Expr::Not(Box::new(is_null)) } else { is_null });
        }
        for join in &mut self.select.joins {
            if let Some(mark) = join.table.deleted_at() {
                let on = std::mem::replace(&mut join.on, Expr::And(Vec::new()));
                join.on = on.and(Expr::IsNull(Box::new(mark)));
            }
        }
        self
    }

    /// The text, and the models whose tables it reads beside its own.
    fn render(self, dialect: &'static Dialect) -> Result<(Sql, Vec<&'static Table>)> {
        let (model, one_row) = (self.model, self.select.limit == Some(1));
        let rendered = if self.select.is_plain() {
            let head = || Select { items: S::items(), ..self.select.clone() };
            cached_head::<S>(dialect, head).and_then(|head| render_rest(head, self.finished().select, dialect))
        } else {
            render_with_models(Statement::Select(self.into_select()), dialect)
        };
        let (sql, models) = rendered.map_err(|error| error.with_model(model.model))?;
        Ok((if one_row { sql.one_row() } else { sql }, models))
    }

    /// The text for the session that it goes to.
    fn spell(self, session: &Session) -> Result<Sql> {
        let (route, model) = (self.route.clone(), self.model);
        let (sql, models) = self.render(session.dialect())?;
        together(&route, model, session, &models)?;
        Ok(sql)
    }

    /// Stays with the connection that is chosen here. A name that is unknown is left for the await to report.
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

/// Refuses a statement that would read the tables of models that live elsewhere.
fn together(route: &Route, model: &'static Table, session: &Session, models: &[&'static Table]) -> Result<()> {
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
fn apart(model: &Table, here: &Arc<str>, other: &Table, there: &str) -> Error {
    let message = format!(
        "one statement cannot read {0}, which is on connection `{here}`, and {1}, which is on `{there}`. Where both tables are in \
         one database, send both there: .using(\"..\") on this query, or with_connection(\"..\", ..) around it. Else read one \
         first and pass its keys on ({1}::filter({1}::COLUMN.is_in(keys))), or keep a copy of one beside the other",
        model.model, other.model
    );
    Error::unsupported(message).with_model(model.model).with_connection(here)
}

/// All rows of a relation. As long as nothing is said of what to read, it is the relation's columns.
fn bare<R: Relation>() -> Select {
    Select::from(statement::Source::Table(table_ref::<R>()))
}

/// The order of the key.
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
            read: self.read,
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
