//! Batch synchronization: one table brought to what another one makes of it, between any two databases.

mod checkpoint;
mod copy;
mod extra;
mod progress;
mod range;
mod ranges;
mod read;
mod report;
mod side;
mod table;
mod tombstones;
mod verify;
mod write;

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use activerecord_core::{
    ActiveRecord, Column, ConnectionHandle, Error, IntoColumns, Model, Result, Row, Table, ValueType, connection,
};
use chrono::{DateTime, Utc};

use checkpoint::Checkpoint;
pub(crate) use copy::Copy;
use copy::{Map, Options};
use side::Side;
use tombstones::Tombstones;

pub use table::SyncTable;

pub use report::{BadRow, Difference, DifferenceKind, Differences, SyncReport};

/// A job that brings the table of the model `T` to what it makes of the rows of the model `S`, in whatever databases they are.
///
/// It reads the source in batches by its key, all of one moment; writes to the target what is new there or other than it is
/// there, and, where the two tables have the same columns, does not even read what is the same; and keeps a checkpoint in the target, in the transaction of each batch. So a job that is killed goes on where it
/// was, loses nothing, and writes nothing twice. With [`since`](Self::since) a run reads only what has changed since the last
/// one. Its memory is that of a batch; with a closure, [`delete_missing`](Self::delete_missing) and [`verify`](Self::verify) take some twenty bytes more for each row.
///
/// What is *not* done: no hook of either model runs, and rows are written as the closure makes them: the time of an
/// insert or an update is stamped only where it is not set. Rows that a filter would leave out, such as those marked as deleted, are copied too.
///
/// ```no_run
/// # use activerecord::prelude::*;
/// # use chrono::{DateTime, Utc};
/// # #[derive(ActiveRecord)] struct User { id: i64, email: String, #[updated_at] updated_at: DateTime<Utc> }
/// # #[derive(ActiveRecord)] struct AnalyticsUser { id: i64, user_id: i64, email: String }
/// # async fn example() -> Result<()> {
/// let job = SyncJob::from::<User>()
///     .to::<AnalyticsUser>()
///     .on("analytics")
///     .map(|user| AnalyticsUser { id: 0, user_id: user.id, email: user.email })
///     .keys([AnalyticsUser::USER_ID])
///     .since(User::UPDATED_AT);
/// println!("{}", job.run().await?);
/// assert!(job.verify().await?.is_empty());
/// # Ok(())
/// # }
/// ```
#[must_use = "a job does nothing before it is run"]
pub struct SyncJob<S = (), T = ()> {
    name: Option<String>,
    source: Option<String>,
    target: Option<String>,
    map: Option<Arc<dyn Fn(S) -> T + Send + Sync>>,
    keys: Vec<&'static str>,
    since: Option<&'static str>,
    tombstones: Option<Arc<Graves>>,
    options: Options,
    models: PhantomData<fn(S) -> T>,
}

/// The tombstones on a connection, as rows of the target with the columns of these ordinals.
type Graves = dyn Fn(ConnectionHandle, Vec<usize>) -> Tombstones + Send + Sync;

/// The source of a job that has no target yet.
#[derive(Debug)]
#[must_use = "a job does nothing before it is run"]
pub struct SyncFrom<S> {
    source: Option<String>,
    model: PhantomData<fn() -> S>,
}

impl SyncJob {
    /// A job that reads the table of the model `S`.
    pub fn from<S: Model>() -> SyncFrom<S> {
        SyncFrom { source: None, model: PhantomData }
    }
}

impl<S: Model> SyncFrom<S> {
    /// Reads it on this connection. Without a word it is that of the model where the job is run.
    pub fn using(mut self, connection: impl Into<String>) -> Self {
        self.source = Some(connection.into());
        self
    }

    /// Writes to the table of the model `T`.
    pub fn to<T: Model>(self) -> SyncJob<S, T> {
        let (source, models) = (self.source, PhantomData);
        SyncJob {
            name: None,
            source,
            target: None,
            map: None,
            keys: Vec::new(),
            since: None,
            tombstones: None,
            options: Options::default(),
            models,
        }
    }
}

impl<S: Model, T: Model> SyncJob<S, T> {
    /// Writes on this connection. Without a word it is that of the model where the job is run.
    pub fn on(mut self, connection: impl Into<String>) -> Self {
        self.target = Some(connection.into());
        self
    }

    /// What the target is to have of a row of the source. A model that is copied as it is needs none.
    pub fn map(mut self, map: impl Fn(S) -> T + Send + Sync + 'static) -> Self {
        self.map = Some(Arc::new(map));
        self
    }

    /// The columns that tell which row of the target a row is: those of a unique key, none of which may be NULL. The
    /// target's primary key unless set. A primary key of one number that is none of them is left to the database.
    pub fn keys(mut self, keys: impl IntoColumns<T>) -> Self {
        self.keys = keys.into_columns();
        self
    }

    /// Reads only rows whose value in this column is not less than at the last run: a time that every write sets, such as
    /// `#[updated_at]`, or a number that only grows. It needs an index, with the key behind it.
    ///
    /// A time is trusted up to where the source's database has no transaction that is still open, less the
    /// [lag](Self::lag): so what is stamped early and committed late is not missed. Of a number or a text nothing of the kind is known: one that is given before
    /// the commit may be missed.
    pub fn since<V>(mut self, column: Column<S, V>) -> Self {
        self.since = Some(column.name());
        self
    }

    /// By how much the clocks that stamp rows may be behind the clock of the source's database. 10 seconds unless set. Rows
    /// of that time are read by each run, and not written again.
    pub fn lag(mut self, lag: Duration) -> Self {
        self.options.lag = lag;
        self
    }

    /// Deletes the rows of the target that tombstones of the source name: the rows of the model `D`, which the application, or a
    /// trigger, writes when it deletes a row, with the time at which it did in the column `at`. `gone` makes a row of the target of one, of which
    /// only the key counts. A run reads those that are new since the last one, as [`since`](Self::since) does with rows, and deletes before
    /// it copies: a row that has come back stays, if what `since` looks at was stamped then, and not before its tombstone.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # use chrono::{DateTime, Utc};
    /// # #[derive(ActiveRecord)] struct User { id: i64, #[updated_at] updated_at: DateTime<Utc> }
    /// # #[derive(ActiveRecord, Default)] struct AnalyticsUser { id: i64, user_id: i64 }
    /// # #[derive(ActiveRecord)] struct DeletedUser { id: i64, user_id: i64, deleted_at: DateTime<Utc> }
    /// # async fn example(job: SyncJob<User, AnalyticsUser>) -> Result<()> {
    /// let job = job.since(User::UPDATED_AT).tombstones(DeletedUser::DELETED_AT, |gone: DeletedUser| AnalyticsUser {
    ///     user_id: gone.user_id,
    ///     ..AnalyticsUser::default()
    /// });
    /// # job.run().await.map(drop)
    /// # }
    /// ```
    pub fn tombstones<D: Model>(
        mut self,
        at: Column<D, DateTime<Utc>>,
        gone: impl Fn(D) -> T + Send + Sync + 'static,
    ) -> Self {
        let gone: Arc<dyn Fn(D) -> T + Send + Sync> = Arc::new(gone);
        self.tombstones = Some(Arc::new(move |connection, ordinals| {
            let every: Vec<_> = (0..D::TABLE.columns.len()).collect();
            let side = Side::of(connection, D::TABLE, &every, D::TABLE.key);
            let since = ordinal(D::TABLE, at.name()).unwrap_or_default();
            Tombstones { side, since, map: by_closure(Arc::clone(&gone), ordinals) }
        }));
        self
    }

    /// How many rows are read and written together. 1,000 unless set.
    pub fn batch(mut self, rows: u64) -> Self {
        self.options.batch = rows.max(1);
        self
    }

    /// Copies so many ranges of the key at once, each about as long: 1 unless set. Each is a task of its own, takes a connection of the source and
    /// one of the target, and shows a moment of its own: a row whose key changes meanwhile may be missed until the next run. Not
    /// more are under way than the smaller pool has connections. An interrupted copy goes on in the ranges that it began with.
    pub fn ranges(mut self, ranges: usize) -> Self {
        self.options.ranges = ranges.max(1);
        self
    }

    /// Deletes rows of the target that the source has not, unless they are more than this share of the target (0.1 for a
    /// tenth): then nothing is deleted, and the run fails. It reads the whole source.
    pub fn delete_missing(mut self, share: f64) -> Self {
        self.options.delete = Some(share);
        self
    }

    /// Gives up when more rows than this are refused. Without a word they are all reported, and the rest is copied.
    pub fn max_bad_rows(mut self, rows: u64) -> Self {
        self.options.max_bad_rows = Some(rows);
        self
    }

    /// Shows a bar on the terminal, if there is one.
    pub fn progress(mut self, shown: bool) -> Self {
        self.options.progress = shown;
        self
    }

    /// The name that its checkpoint is kept under: `CONNECTION.TABLE>TABLE` unless set. Two jobs into one database need two.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Copies what has changed.
    ///
    /// # Errors
    /// `Configuration` for a job that cannot be; `InvalidStatement` when a table or a column is not there, a column holds what is no value
    /// of the field's type, or the keys are no unique key; `Invalid` when more would be deleted, or more rows were refused, than may be; whatever the databases report. What
    /// was written stays, with its checkpoint: run it again.
    pub async fn run(&self) -> Result<SyncReport> {
        self.copy()?.run().await
    }

    /// Tells what a run would do: nothing is written, no checkpoint either.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub async fn dry_run(&self) -> Result<SyncReport> {
        let mut copy = self.copy()?;
        copy.options.dry = true;
        copy.run().await
    }

    /// Compares every row of the target with what the source makes of it. A row that differs is looked at twice. The source
    /// is read as of one moment, the target as it is when a row is compared: with writers at work, what was on its way may show.
    ///
    /// # Errors
    /// As [`run`](Self::run); `Conversion` when a row cannot be read.
    pub async fn verify(&self) -> Result<Differences> {
        self.copy()?.verify().await
    }

    /// Writes what is missing in the target or other there, and deletes what the source has not got, all of it.
    ///
    /// # Errors
    /// As [`verify`](Self::verify).
    pub async fn repair(&self) -> Result<SyncReport> {
        self.copy()?.repair().await
    }

    /// Forgets how far it has come: the next run reads everything.
    ///
    /// # Errors
    /// Whatever the database reports.
    pub async fn reset(&self) -> Result<()> {
        let copy = self.copy()?;
        Checkpoint::forget(&copy.target.connection, &copy.job).await
    }

    pub(crate) fn copy(&self) -> Result<Copy> {
        let every: Vec<_> = (0..S::TABLE.columns.len()).collect();
        let source = Side::of(place::<S>(self.source.as_deref())?, S::TABLE, &every, S::TABLE.key);
        let target = Side::of(place::<T>(self.target.as_deref())?, T::TABLE, &self.written(), &self.key()?);
        let job = self
            .name
            .clone()
            .unwrap_or_else(|| format!("{}.{}>{}", source.connection.name(), S::TABLE.name, T::TABLE.name));
        let since = self.since.and_then(|name| S::TABLE.columns.iter().position(|def| def.name == name));
        let is_plain = self.map.is_none() && source.columns.len() == target.columns.len();
        let (map, options) = (self.mapping()?, self.options);
        let tombstones = self.tombstones.as_ref().map(|of| of(source.connection.clone(), self.written()));
        let (by_digest, limit, refused) = (false, None, Arc::default());
        Ok(Copy { job, source, target, map, is_plain, by_digest, since, tombstones, limit, options, refused })
    }

    fn mapping(&self) -> Result<Map> {
        let ordinals = self.written();
        match self.map.clone() {
            Some(map) => Ok(by_closure(map, ordinals)),
            None if S::TABLE.id == T::TABLE.id => Ok(Arc::new(move |side: &Side, row: &Row| {
                let mut values = side.typed(row)?;
                let mut ordinal = 0..;
                values.retain(|_| ordinal.next().is_some_and(|ordinal| ordinals.contains(&ordinal)));
                Ok(values)
            })),
            None => Err(Error::configuration(format!(
                "a job from `{}` to `{}` does not say what becomes of a row; add .map(|row| ..)",
                S::TABLE.model,
                T::TABLE.model
            ))),
        }
    }

    /// The ordinals of the target's key.
    fn key(&self) -> Result<Vec<usize>> {
        let key: Vec<_> = match self.keys.is_empty() {
            true => T::TABLE.key.to_vec(),
            false => self.keys.iter().filter_map(|name| ordinal(T::TABLE, name)).collect(),
        };
        if key.is_empty() { Err(Error::configuration(format!("`{}` has no key", T::TABLE.model))) } else { Ok(key) }
    }

    /// The ordinals of the columns that are written: without a number that the database gives.
    fn written(&self) -> Vec<usize> {
        let by_itself = match T::TABLE.key {
            [key] if !self.keys.is_empty() && !self.keys.contains(&T::TABLE.columns[*key].name) => Some(*key),
            _ => None,
        };
        let numbers = [ValueType::I16, ValueType::I32, ValueType::I64, ValueType::U64];
        let is_number = |ordinal: usize| numbers.contains(&T::TABLE.columns[ordinal].ty);
        (0..T::TABLE.columns.len()).filter(|&ordinal| Some(ordinal) != by_itself || !is_number(ordinal)).collect()
    }
}

/// What a closure makes of a row, in the columns of these ordinals.
fn by_closure<S: Model, T: Model>(map: Arc<dyn Fn(S) -> T + Send + Sync>, ordinals: Vec<usize>) -> Map {
    Arc::new(move |_: &Side, row: &Row| {
        let record = map(S::from_row(row, 0)?);
        Ok(ordinals.iter().map(|&ordinal| record.value(ordinal)).collect())
    })
}

/// The connection of this name, or that of the model here.
fn place<M: Model>(name: Option<&str>) -> Result<ConnectionHandle> {
    name.map_or_else(M::connection, connection)
}

fn ordinal(table: &Table, name: &str) -> Option<usize> {
    table.columns.iter().position(|def| def.name == name)
}

impl<S: Model, T: Model> fmt::Debug for SyncJob<S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, source, target, keys, since, options, .. } = self;
        let mut debug = f.debug_struct("SyncJob");
        debug.field("name", name).field("from", &S::TABLE.model).field("source", source);
        debug.field("to", &T::TABLE.model).field("target", target).field("keys", keys).field("since", since);
        debug.field("options", options).finish_non_exhaustive()
    }
}
