//! The inbox: what makes the effect of a message happen once, however often it is delivered.

use activerecord_core::statement::CreateTable;
use activerecord_core::{ActiveRecord, Model, Result, Scalar, transaction};
use activerecord_derive::ActiveRecord;
use chrono::{DateTime, Utc};

use crate::clock::about_now;
use crate::store::{Kept, insert, with_table};

/// Messages that have had their effect, in the table `ar_inbox` of the database with the effect.
///
/// A message and its effect are in different databases, or its worker dies between the effect and the word that it is done:
/// either way it is delivered again. A row of the inbox in the effect's own transaction tells.
#[derive(Debug)]
pub struct Inbox;

/// A message that has had its effect.
#[derive(ActiveRecord, Clone, Debug)]
#[activerecord(crate = activerecord_core)]
#[table = "ar_inbox"]
struct Received {
    #[primary_key]
    consumer: String,
    #[primary_key]
    message: String,
    received_at: DateTime<Utc>,
}

impl Kept for Received {
    fn definition() -> CreateTable {
        CreateTable::from(Self::TABLE).index("ar_inbox_age", &["received_at"])
    }
}

impl Inbox {
    /// Runs `effect` in a transaction on the connection `name`, unless this consumer has had this message: then the answer
    /// is None. Both are texts of up to 255 characters, and are compared exactly.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # use activerecord::outbox::{Inbox, Task};
    /// # #[derive(ActiveRecord)] struct Analytics { id: i64, user_id: i64 }
    /// # async fn handler(task: Task<i64>) -> Result<()> {
    /// Inbox::once("analytics", "create_user_analytics", task.id(), async || {
    ///     Analytics { id: 0, user_id: *task.payload() }.insert().await
    /// })
    /// .await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The closure's own; then the message counts as not received. As [`transaction`](activerecord_core::transaction()).
    pub async fn once<T, F>(name: &str, consumer: &str, message: impl ToString, effect: F) -> Result<Option<T>>
    where
        F: AsyncFnOnce() -> Result<T>,
    {
        let connection = with_table::<Received>(name).await?;
        let received_at = about_now(&connection).await?;
        let mut received = Received { consumer: consumer.to_owned(), message: message.to_string(), received_at };
        // Boxed here: see core's scopes.
        let effect = Box::pin(effect());
        transaction(name, async || {
            let same = Received::CONSUMER.eq(consumer) & Received::MESSAGE.eq(&received.message);
            if Received::using(name).filter(same).exists().await? {
                return Ok(None);
            }
            // Of two deliveries at once, the second waits here for the first one's end, and then fails: what is delivered
            // once more finds the row.
            insert(name, &mut received).await?;
            effect.await.map(Some)
        })
        .await
    }

    /// Forgets what was received before this time, and returns how many messages that were. What is delivered again after
    /// that has its effect again.
    ///
    /// # Errors
    /// Whatever the database reports.
    pub async fn forget_before(name: &str, time: DateTime<Utc>) -> Result<u64> {
        with_table::<Received>(name).await?;
        Received::using(name).filter(Received::RECEIVED_AT.lt(time)).delete().await
    }
}
