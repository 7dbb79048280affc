//! Change data capture: triggers that write every change of a table to the outbox.

mod changed;
mod trigger;

use std::future::IntoFuture;
use std::marker::PhantomData;

use activerecord_core::backend::BoxFuture;
use activerecord_core::{ActiveRecord as _, Error, Model, ProtocolConnection as _, Result, connection};

use trigger::{Captured, column, missing, triggers};

pub use changed::Changed;
pub(crate) use changed::{Image, Images, is_whole, row, value};
pub(crate) use trigger::{REREAD, TRUNCATE};

/// Change data capture: triggers write each change of a table to the outbox of the same database, in the transaction of the
/// change. They see the changes of every program, also by raw SQL. A [`Worker`](activerecord_distributed::Worker) or a
/// [`Relay`](activerecord_distributed::Relay) takes the messages from there.
///
/// | part of the message | value |
/// |---|---|
/// | topic | `TABLE_changes`, unless set |
/// | key | the primary key of the row |
/// | kind | `insert`, `update`, `delete`, `reread` or `truncate` |
/// | payload | `{"before": {..}, "after": {..}}`: the row before and after by the names of its columns, or null; [`Changed`] reads it |
///
/// An update that changes the primary key is a `delete` of the old key and an `insert` of the new one. The messages of one key
/// are in the order of the changes. If rows exchange their keys in one statement, which a deferrable key of PostgreSQL allows,
/// each key has an `insert` only.
///
/// A capture refuses no write. If the images of a row cannot be written, because they are larger than the database allows, or
/// because a column was dropped or renamed since the installation, the write goes through, and the message has the kind
/// `reread` and the columns of the key (`"key": {..}`) in place of the images; a [`Mirror`](crate::Mirror) then reads the row
/// from the source. The writing login needs no right on the outbox: the triggers use those of the login that installed them. The
/// settings of the writing session, such as its time zone, do not change an image. Types without a form in JSON are text.
///
/// On PostgreSQL, TRUNCATE is a message of the kind `truncate` without a key. On MySQL, MariaDB and SQLite no trigger sees it.
///
/// What is *not* captured, because no trigger sees it:
/// - on MySQL and MariaDB, rows that a foreign key deletes or updates, and TRUNCATE;
/// - on SQLite, rows that REPLACE removes, unless `recursive_triggers` is on;
/// - on PostgreSQL, TRUNCATE, DETACH and DROP of a single partition, and writes with `session_replication_role = replica`;
/// - columns that are added later, until the triggers are installed again. A mirror reads such rows from the source.
///
/// Before you drop the outbox, or the login that installed a capture, [remove](Self::remove) the capture: on MySQL, MariaDB and
/// SQLite every write to the table fails without the outbox, on MySQL and MariaDB also without the login. PostgreSQL warns. On
/// SQLite, remove it before you drop a column, too.
///
/// Each captured change takes a number from the outbox's sequence. So `lastval()` of PostgreSQL returns that number; `RETURNING`
/// and `currval` are not affected, nor are the last insert ids of the other databases.
///
/// Limits of the values: SQLite writes a REAL with 17 digits, and beyond about 1e±200 the last one can be wrong. JSON's `null`
/// in a column that can be NULL is read as NULL.
#[derive(Debug)]
pub struct Capture;

/// The installation of triggers, which happens when it is awaited: see [`Capture::install`].
#[derive(Debug)]
#[must_use = "nothing is installed before it is awaited"]
pub struct Install<M> {
    connection: Option<String>,
    topic: Option<String>,
    model: PhantomData<fn() -> M>,
}

impl Capture {
    /// Installs the triggers for the table of a model, on the model's connection. Existing triggers of a capture are replaced.
    /// The outbox table is created if it is missing.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord)] struct User { id: i64, email: String }
    /// # async fn example() -> Result<()> {
    /// Capture::install::<User>().await?;
    /// Capture::install::<User>().on("legacy").topic("legacy_users").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Configuration` when the connection does not exist or the topic has other characters than letters, digits, `_`, `.` and
    /// `-`; `InvalidStatement` when the table does not exist or lacks a column of the model; `Unsupported` when a name contains a
    /// backslash, or the table is in another file than the outbox; any kind that the database reports.
    pub fn install<M: Model>() -> Install<M> {
        Install { connection: None, topic: None, model: PhantomData }
    }

    /// Removes the triggers for the table of a model. Messages in the outbox stay. Triggers that do not exist are no error.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord)] struct User { id: i64, email: String }
    /// # async fn example() -> Result<()> {
    /// Capture::remove::<User>("legacy").await
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Configuration` when the connection does not exist; any kind that the database reports.
    pub async fn remove<M: Model>(name: &str) -> Result<()> {
        Self::remove_table(name, M::TABLE.name).await
    }

    /// Installs the triggers for a table that has no model, on the connection `name`. The default topic is `TABLE_changes`.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # async fn example() -> Result<()> {
    /// Capture::install_table("legacy", "airports", None).await
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`install`](Self::install); `Configuration` when there is no such table or it has no primary key.
    pub async fn install_table(name: &str, table: &str, topic: Option<&str>) -> Result<()> {
        let connection = connection(name)?;
        let found = connection.describe(table).await?;
        let Some(info) = found.filter(|found| !found.key.is_empty()) else {
            return Err(Error::configuration(format!("`{name}` has no table `{table}` with a primary key")));
        };
        let topic = topic.map_or_else(|| default_topic(table), str::to_owned);
        check_topic(&topic, table)?;
        let of = |name: &str| column(&info, name, info.column(name).and_then(|column| column.ty));
        let written = info.columns.iter().filter(|column| !column.computed);
        let columns = written.map(|column| of(&column.name)).collect::<Result<_>>()?;
        let key = info.key.iter().map(|name| of(name)).collect::<Result<_>>()?;
        Captured { columns, key, info }.install(&connection, &topic).await
    }

    /// Removes the triggers for a table, on the connection `name`. Messages in the outbox stay. Triggers that do not exist are
    /// no error.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # async fn example() -> Result<()> {
    /// Capture::remove_table("legacy", "airports").await
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`remove`](Self::remove).
    pub async fn remove_table(name: &str, table: &str) -> Result<()> {
        let connection = connection(name)?;
        let Some(info) = connection.describe(table).await? else { return Ok(()) };
        for trigger in triggers(&connection, &info).await? {
            connection.drop_trigger(&trigger).await?;
        }
        Ok(())
    }
}

impl<M: Model> Install<M> {
    /// Installs on this connection. The default is the model's connection.
    ///
    /// ```
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord)] struct User { id: i64, email: String }
    /// let install = Capture::install::<User>().on("legacy");
    /// ```
    pub fn on(mut self, connection: impl Into<String>) -> Self {
        self.connection = Some(connection.into());
        self
    }

    /// The topic of the messages: 1 to 200 letters, digits, `_`, `.` and `-`. The default is `TABLE_changes`.
    ///
    /// ```
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord)] struct User { id: i64, email: String }
    /// let install = Capture::install::<User>().topic("legacy_users");
    /// ```
    pub fn topic(mut self, topic: impl Into<String>) -> Self {
        self.topic = Some(topic.into());
        self
    }

    async fn run(self) -> Result<()> {
        let connection = match &self.connection {
            Some(name) => connection(name)?,
            None => M::connection()?,
        };
        let topic = self.topic.unwrap_or_else(|| default_topic(M::TABLE.name));
        check_topic(&topic, M::TABLE.model)?;
        let info = connection.describe(M::TABLE.name).await?.ok_or_else(|| missing(M::TABLE.name, &connection))?;
        let columns =
            M::TABLE.columns.iter().map(|def| column(&info, def.name, Some(def.ty))).collect::<Result<_>>()?;
        let key = M::TABLE.key_columns().map(|def| column(&info, def.name, Some(def.ty))).collect::<Result<_>>()?;
        Captured { columns, key, info }.install(&connection, &topic).await
    }
}

impl<M: Model> IntoFuture for Install<M> {
    type Output = Result<()>;
    type IntoFuture = BoxFuture<'static, Result<()>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// The topic of the changes of a table, unless it is set.
pub(crate) fn default_topic(table: &str) -> String {
    format!("{table}_changes")
}

fn check_topic(topic: &str, of: &str) -> Result<()> {
    let fits = |character: char| character.is_alphanumeric() || "_.-".contains(character);
    if !topic.is_empty() && topic.len() <= 200 && topic.chars().all(fits) {
        return Ok(());
    }
    Err(Error::configuration(format!(
        "`{topic}` cannot be the topic of the changes of `{of}`: a topic has 1 to 200 letters, digits, `_`, `.` and `-`"
    )))
}
