//! The transactional outbox: messages are written in the transaction of the change that they announce, and processed
//! later by a [`Worker`](crate::Worker) (P. Helland, "Life beyond Distributed Transactions", 2007; C. Richardson,
//! "Transactional outbox").

mod admin;
mod claim;
mod enqueue;
mod hint;
mod message;
mod schedule;
mod wake;

pub use admin::TopicStats;
pub use enqueue::Enqueue;
pub use message::{Message, MessageState};

pub(crate) use claim::{Claim, Leased, Position, Segment, claim};
pub(crate) use hint::listen;
pub(crate) use schedule::Schedule;
pub(crate) use wake::Wake;

use activerecord_core::Result;
use activerecord_core::statement::CreateTable;
use serde::Serialize;

use crate::tables::{OwnTable as _, install, with_table};

/// Messages that wait for a [`Worker`](crate::Worker), in the table `ar_outbox` of the database whose transaction wrote
/// them.
///
/// **Guaranteed**: a message exists exactly if its transaction committed. Its handler runs at least once, also after
/// crashes of the worker or the database.
///
/// **Not guaranteed**: that the handler runs only once ([`Inbox`](crate::Inbox) makes its effect happen once); any
/// order of messages without a [`key`](Enqueue::key).
#[derive(Debug)]
pub struct Outbox;

impl Outbox {
    /// Builds a message. Await it to write it, inside the transaction of the change that it announces. The result is
    /// the message's id.
    ///
    /// The message is written on the connection of the task's innermost transaction; without one, on that of the
    /// innermost `with_connection` scope of all models; without one, on `primary`.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord)] struct User { id: i64, email: String }
    /// # async fn example(mut user: User) -> Result<()> {
    /// transaction("primary", async || {
    ///     user.save().await?;
    ///     Outbox::enqueue("create_user_analytics", &user.id).await?;
    ///     Ok(())
    /// })
    /// .await
    /// # }
    /// ```
    ///
    /// # Errors
    /// When awaited: `Conversion` when the payload cannot be written as JSON; `Configuration` when the connection is
    /// not configured; otherwise the database's own.
    pub fn enqueue<P: Serialize + ?Sized>(topic: &str, payload: &P) -> Enqueue {
        Enqueue::new(topic, payload)
    }

    /// Writes one message per payload with as few statements as possible, on the same connection as
    /// [`enqueue`](Self::enqueue).
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # async fn example(user_ids: Vec<i64>) -> Result<()> {
    /// Outbox::enqueue_all("create_user_analytics", user_ids).await
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Conversion` when a payload cannot be written as JSON; otherwise as [`enqueue`](Self::enqueue).
    pub async fn enqueue_all<P: Serialize>(topic: &str, payloads: impl IntoIterator<Item = P>) -> Result<()> {
        let messages = payloads.into_iter().map(|payload| Enqueue::new(topic, &payload)).collect();
        Enqueue::all(messages).await
    }

    /// Creates the tables of the outbox. Without it, they are created on first use. On MySQL and MariaDB the first use
    /// then needs a second connection of the pool, because CREATE TABLE would commit the transaction.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # async fn example() -> Result<()> {
    /// Outbox::install("primary").await
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Configuration` when the connection is not configured; otherwise the database's own.
    pub async fn install(name: &str) -> Result<()> {
        let connection = with_table::<Message>(name).await?;
        install::<Schedule>(&connection).await
    }
}

/// The tables of the outbox.
pub(crate) fn definitions() -> Vec<CreateTable> {
    vec![Message::definition(), Schedule::definition()]
}
