//! The outbox: messages that are written in the transaction of what they tell of, and handed on by a
//! [`Worker`](crate::Worker) (P. Helland, "Life beyond Distributed Transactions", 2007; C. Richardson, "Transactional outbox").

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

pub(crate) use claim::{Claim, Held, Place, Stretch, claim};
pub(crate) use hint::listen;
pub(crate) use schedule::Schedule;
pub(crate) use wake::Wake;

use activerecord_core::Result;
use serde::Serialize;

use crate::store::{install, with_table};

/// Messages to be handed on, in the table `ar_outbox` of the database whose transaction they belong to.
///
/// What is guaranteed: a message exists exactly if its transaction committed, and is handed to its handler at least once,
/// through crashes of everything that takes part. What is *not*: that it is handed over once only ([`Inbox`](crate::Inbox)
/// makes the effect happen once), and, without a [`key`](Enqueue::key), any order.
#[derive(Debug)]
pub struct Outbox;

impl Outbox {
    /// A message about to be written: await it, inside the transaction of what it tells of. It goes to the connection of the
    /// innermost transaction of this task, or else of the innermost scope of all models, or else `primary`. The answer is the
    /// message's id.
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
    pub fn enqueue<P: Serialize + ?Sized>(topic: &str, payload: &P) -> Enqueue {
        Enqueue::new(topic, payload)
    }

    /// Writes a message for each payload by as few statements as can be, in the same place as [`enqueue`](Self::enqueue).
    ///
    /// # Errors
    /// `Conversion` when a payload is no JSON; whatever the database reports.
    pub async fn enqueue_all<P: Serialize>(topic: &str, payloads: impl IntoIterator<Item = P>) -> Result<()> {
        let messages = payloads.into_iter().map(|payload| Enqueue::new(topic, &payload)).collect();
        Enqueue::all(messages).await
    }

    /// Makes the tables of the outbox. They are made on first use anyway; MySQL and MariaDB then need a second connection of
    /// the pool, because they cannot make a table inside a transaction.
    ///
    /// # Errors
    /// Whatever the database reports.
    pub async fn install(name: &str) -> Result<()> {
        let connection = with_table::<Message>(name).await?;
        install::<Schedule>(&connection).await
    }
}
