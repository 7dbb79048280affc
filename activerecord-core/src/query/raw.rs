//! Records by SQL.

use std::fmt;
use std::marker::PhantomData;

use crate::connection::{Label, Route, resolve};
use crate::error::{Error, Result};
use crate::model::{Model, found};
use crate::schema::ColumnDef;
use crate::sql::{SpelledRow, cells_of, render};
use crate::statement::{RawSql, Statement};
use crate::transaction::Transaction;
use crate::value::{Flow, IntoParams, RowRef, ValueRef};

/// SQL whose result has the columns of model `M`, found by name. Other columns are ignored. See
/// [`raw_query`](crate::ActiveRecord::raw_query).
///
/// ```no_run
/// # use activerecord::prelude::*;
/// # #[derive(ActiveRecord)] struct User { id: i64, name: String, age: i32 }
/// # async fn example() -> Result<()> {
/// let adults = User::raw_query("SELECT * FROM users WHERE age >= ? ORDER BY age", [18]);
/// let users: Vec<User> = adults.all().await?;
/// let archived = User::raw_query("SELECT * FROM users", []).using("archive").first().await?;
/// # Ok(()) }
/// ```
#[must_use = "a query does nothing until it is finished by `all` or `first` and awaited"]
pub struct RawQuery<M> {
    sql: RawSql,
    route: Route,
    _of: PhantomData<fn() -> M>,
}

impl<M: Model> RawQuery<M> {
    pub(crate) fn new(sql: String, params: impl IntoParams) -> Self {
        Self { sql: RawSql { text: sql.into(), binds: params.into_params() }, route: Route::here(), _of: PhantomData }
    }

    /// Uses the connection of this name. It has precedence over all scopes.
    pub fn using(mut self, connection: &str) -> Self {
        self.route.using = Some(connection.into());
        self
    }

    /// Runs in this transaction. It has precedence over all scopes.
    pub fn on(mut self, transaction: &Transaction) -> Self {
        self.route.transaction = Some(transaction.level().clone());
        self
    }

    /// Returns all records, in the order of the SQL.
    ///
    /// # Errors
    /// `Conversion` if a column of the model is missing or does not fit its field; `InvalidStatement` for invalid SQL;
    /// the [common errors](crate::ActiveRecord#common-errors).
    pub fn all(self) -> impl Future<Output = Result<Vec<M>>> + Send {
        self.collect(Flow::More)
    }

    /// Returns the first record. Reading stops after it.
    ///
    /// # Errors
    /// As [`all`](Self::all).
    pub async fn first(self) -> Result<Option<M>> {
        Ok(self.collect(Flow::Stop).await?.pop())
    }

    async fn collect(self, flow: Flow) -> Result<Vec<M>> {
        let session = resolve(&self.route, M::TABLE)?;
        let sql =
            render(Statement::Raw(self.sql), session.dialect()).map_err(|error| error.with_model(M::TABLE.model))?;
        let cells = cells_of(session.dialect(), M::TABLE.columns.iter().map(Some)).unwrap_or_default();
        let mut ordinals = None;
        let mut rows = Vec::new();
        let mut sink = |row: &dyn RowRef| -> Result<Flow> {
            let ordinals = match &ordinals {
                Some(ordinals) => ordinals,
                None => ordinals.insert(by_name::<M>(row)?),
            };
            rows.push(M::from_row(&SpelledRow { row: &Renamed { row, ordinals }, cells: &cells }, 0)?);
            Ok(flow)
        };
        session.fetch(&sql, Label::new(M::TABLE.model, "raw query"), &mut sink).await?;
        for row in &mut rows {
            found(row).await?;
        }
        Ok(rows)
    }
}

/// Returns the position of each of the model's columns in the row.
fn by_name<M: Model>(row: &dyn RowRef) -> Result<Vec<usize>> {
    let position = |def: &ColumnDef| {
        let found = (0..row.len()).find(|&ordinal| row.column_name(ordinal) == def.name);
        found.ok_or_else(|| {
            let message =
                format!("the result has no column `{}` for the field {}::{}", def.name, M::TABLE.model, def.field);
            Error::conversion(message).with_model(M::TABLE.model)
        })
    };
    M::TABLE.columns.iter().map(position).collect()
}

/// A row with its values in the order of the model's columns.
struct Renamed<'r> {
    row: &'r dyn RowRef,
    ordinals: &'r [usize],
}

impl RowRef for Renamed<'_> {
    fn len(&self) -> usize {
        self.ordinals.len()
    }

    fn value(&self, ordinal: usize) -> Result<ValueRef<'_>> {
        self.row.value(self.ordinals.get(ordinal).copied().unwrap_or(usize::MAX))
    }

    fn column_name(&self, ordinal: usize) -> &str {
        self.ordinals.get(ordinal).map_or("", |&ordinal| self.row.column_name(ordinal))
    }
}

impl<M> fmt::Debug for RawQuery<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawQuery").field("sql", &self.sql.text).field("route", &self.route).finish_non_exhaustive()
    }
}
