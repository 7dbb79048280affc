//! Change data capture: triggers that write every change of a table to the outbox.

mod changed;

use std::future::IntoFuture;
use std::marker::PhantomData;

use activerecord_core::backend::BoxFuture;
use activerecord_core::statement::{CreateTrigger, DropTrigger, KeyChange, Name, RowEvent, RowImage, TriggerValue};
use activerecord_core::{
    ActiveRecord, ConnectionHandle, Error, Model, ProtocolConnection as _, Result, ToValue as _, ValueType, connection,
    transaction,
};

pub use changed::Changed;
pub(crate) use changed::{Image, Images, row};

use crate::outbox::{Message, MessageState, Outbox};

/// Triggers that write each change of a table, whoever makes it and however, to the outbox of the same database, in the same
/// transaction. From there a [`Worker`](crate::Worker) or a [`Relay`](crate::Relay) takes them.
///
/// A change is a message with the topic `TABLE_changes`, the row's primary key as its key, the kind `insert`, `update` or
/// `delete`, and the row before and after as the payload: `{"before": {..}, "after": {..}}`, by the names of the columns, either
/// of them null. [`Changed`](crate::Changed) reads it. A row whose key changes is deleted under its old key and inserted under its new one.
///
/// What is *not* captured, because no trigger sees it: TRUNCATE; on MySQL and MariaDB, rows that a foreign key deletes or
/// changes; on SQLite, rows that REPLACE removes, unless `recursive_triggers` is on. SQLite writes 17 digits of a REAL, of which the
/// last may be wrong beyond about 1e±200; JSON's `null` in a column that may be NULL is taken for NULL. Columns that are added later are captured
/// once it is installed again. Where text becomes a TIMESTAMP column's value (MySQL, MariaDB) it is read in the time zone of the session that
/// writes: sessions of this library use UTC.
#[derive(Debug)]
pub struct Capture;

/// An installation of triggers that is about to happen: await it.
#[derive(Debug)]
#[must_use = "nothing is installed before it is awaited"]
pub struct Install<M> {
    connection: Option<String>,
    topic: Option<String>,
    model: PhantomData<fn() -> M>,
}

impl Capture {
    /// Installs the triggers for the table of a model, in the place of those that are there, on the model's connection.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord)] struct User { id: i64, email: String }
    /// # async fn example() -> Result<()> {
    /// Capture::install::<User>().await?;
    /// Capture::install::<User>().on("legacy").topic("legacy_users").await?;
    /// Capture::remove::<User>("legacy").await
    /// # }
    /// ```
    pub fn install<M: Model>() -> Install<M> {
        Install { connection: None, topic: None, model: PhantomData }
    }

    /// Removes the triggers for the table of a model. What they have written stays.
    ///
    /// # Errors
    /// Whatever the database reports.
    pub async fn remove<M: Model>(name: &str) -> Result<()> {
        Self::remove_table(name, M::TABLE.name).await
    }

    /// Installs the triggers for a table that has no model. The topic is `TABLE_changes` unless set.
    ///
    /// # Errors
    /// `Configuration` when there is no such table or it has no primary key; `Unsupported` when a column has a type that this library
    /// has no value for; whatever the database reports.
    pub async fn install_table(name: &str, table: &str, topic: Option<&str>) -> Result<()> {
        let connection = connection(name)?;
        let found = connection.describe(table).await?;
        let Some(found) = found.filter(|found| !found.key.is_empty()) else {
            return Err(Error::configuration(format!("there is no table `{table}` with a primary key on `{name}`")));
        };
        let topic = topic.map_or_else(|| self::topic(table), str::to_owned);
        check(&topic, table)?;
        let written = found.columns.iter().filter(|column| !column.computed);
        let columns = written.map(|column| Ok((column.name.clone().into(), found.type_of(column)?)));
        let captured = Captured {
            table: table.to_owned().into(),
            columns: columns.collect::<Result<_>>()?,
            key: found.key.into_iter().map(Name::from).collect(),
        };
        captured.install(&connection, &topic).await
    }

    /// Removes the triggers for a table. What they have written stays.
    ///
    /// # Errors
    /// Whatever the database reports.
    pub async fn remove_table(name: &str, table: &str) -> Result<()> {
        let connection = connection(name)?;
        for trigger in Trigger::ALL {
            let drop = DropTrigger { name: trigger.name(table), table: table.to_owned().into() };
            connection.drop_trigger(&drop).await?;
        }
        Ok(())
    }
}

impl<M: Model> Install<M> {
    /// On this connection.
    pub fn on(mut self, connection: impl Into<String>) -> Self {
        self.connection = Some(connection.into());
        self
    }

    /// With this topic, of letters, digits, `_`, `.` and `-`.
    pub fn topic(mut self, topic: impl Into<String>) -> Self {
        self.topic = Some(topic.into());
        self
    }

    async fn run(self) -> Result<()> {
        let connection = match &self.connection {
            Some(name) => connection(name)?,
            None => M::connection()?,
        };
        let topic = self.topic.unwrap_or_else(|| topic(M::TABLE.name));
        check(&topic, M::TABLE.model)?;
        let captured = Captured {
            table: M::TABLE.name.into(),
            columns: M::TABLE.columns.iter().map(|def| (def.name.into(), def.ty)).collect(),
            key: M::TABLE.key_columns().map(|def| def.name.into()).collect(),
        };
        captured.install(&connection, &topic).await
    }
}

impl<M: Model> IntoFuture for Install<M> {
    type Output = Result<()>;
    type IntoFuture = BoxFuture<'static, Result<()>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// The topic of the changes of a table, unless it was set.
pub(crate) fn topic(table: &str) -> String {
    format!("{table}_changes")
}

fn check(topic: &str, model: &str) -> Result<()> {
    let fits = |character: char| character.is_alphanumeric() || "_.-".contains(character);
    if !topic.is_empty() && topic.len() <= 200 && topic.chars().all(fits) {
        return Ok(());
    }
    Err(Error::configuration(format!(
        "`{topic}` is no topic for the changes of `{model}`: a trigger writes letters, digits, `_`, `.` and `-`, at most 200"
    )))
}

/// A table whose changes are captured.
struct Captured {
    table: Name,
    columns: Vec<(Name, ValueType)>,
    key: Vec<Name>,
}

impl Captured {
    /// All triggers, in one transaction where the database can.
    async fn install(&self, connection: &ConnectionHandle, topic: &str) -> Result<()> {
        Outbox::install(connection.name()).await?;
        let install = async || {
            for trigger in Trigger::ALL {
                connection.create_trigger(&self.trigger(trigger, topic)).await?;
            }
            Ok(())
        };
        match connection.capabilities().transactional_ddl {
            true => transaction(connection.name(), install).await,
            false => install().await,
        }
    }

    fn trigger(&self, trigger: Trigger, topic: &str) -> CreateTrigger {
        let Trigger { event, when, kind, image, .. } = trigger;
        let images =
            TriggerValue::Images { before: kind != INSERT, after: kind != DELETE, columns: self.columns.clone() };
        let values = vec![
            (Message::TOPIC.name().into(), TriggerValue::Constant(topic.to_value())),
            (Message::KEY.name().into(), TriggerValue::Key(image)),
            (Message::KIND.name().into(), TriggerValue::Constant(kind.to_value())),
            (Message::PAYLOAD.name().into(), images),
            (Message::STATE.name().into(), TriggerValue::Constant(MessageState::Ready.to_value())),
            (Message::ATTEMPTS.name().into(), TriggerValue::Constant(0_i32.to_value())),
            (Message::AVAILABLE_AT.name().into(), TriggerValue::Now),
            (Message::CREATED_AT.name().into(), TriggerValue::Now),
        ];
        CreateTrigger {
            name: trigger.name(&self.table),
            table: self.table.clone(),
            event,
            when,
            key: self.key.clone(),
            into: Message::TABLE.name.into(),
            values,
        }
    }
}

/// What has happened to a row.
const INSERT: &str = "insert";
const UPDATE: &str = "update";
const DELETE: &str = "delete";

/// One of the triggers of a table. A key that changes is a row that leaves and one that comes.
#[derive(Clone, Copy)]
struct Trigger {
    word: &'static str,
    event: RowEvent,
    when: Option<KeyChange>,
    kind: &'static str,
    /// Whose key it is.
    image: RowImage,
}

impl Trigger {
    const ALL: [Self; 5] = [
        Self { word: "insert", event: RowEvent::Insert, when: None, kind: INSERT, image: RowImage::New },
        Self {
            word: "update",
            event: RowEvent::Update,
            when: Some(KeyChange::Same),
            kind: UPDATE,
            image: RowImage::New,
        },
        Self { word: "delete", event: RowEvent::Delete, when: None, kind: DELETE, image: RowImage::Old },
        Self {
            word: "leave",
            event: RowEvent::Update,
            when: Some(KeyChange::Moved),
            kind: DELETE,
            image: RowImage::Old,
        },
        Self {
            word: "enter",
            event: RowEvent::Update,
            when: Some(KeyChange::Moved),
            kind: INSERT,
            image: RowImage::New,
        },
    ];

    fn name(self, table: &str) -> Name {
        format!("ar_{}_{}", self.word, table.replace('.', "_")).into()
    }
}
