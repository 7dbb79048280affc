//! The inbox: the effect of a message happens once, even if the message is delivered several times.

use activerecord_core::statement::CreateTable;
use activerecord_core::{ActiveRecord, AsyncBody, Model, Result, Scalar, transaction};
use activerecord_derive::ActiveRecord;
use chrono::{DateTime, Utc};

use crate::clock::about_now;
use crate::tables::{OwnTable, insert, with_table};

/// The messages that a consumer has processed, in the table `ar_inbox` of the database where their effect is written.
///
/// A message is delivered again when its worker dies after the effect and before the acknowledgement. The row of the
/// inbox commits in the same transaction as the effect, so a second delivery finds it and does nothing (the "idempotent
/// consumer" of C. Richardson; P. Helland, "Life beyond Distributed Transactions", 2007).
///
/// **Not guaranteed**: effects outside of that database, such as e-mails, may happen again.
#[derive(Debug)]
pub struct Inbox;

/// A processed message.
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

impl OwnTable for Received {
    fn definition() -> CreateTable {
        CreateTable::from(Self::TABLE).index("ar_inbox_age", &["received_at"])
    }
}

impl Inbox {
    /// Runs `effect` in a transaction on the connection `name`, together with a row of the inbox. Returns None, without
    /// running it, when `consumer` has processed `message` before. Both names are text of up to 255 characters and are
    /// compared exactly. Two outboxes number their messages alike, so a number alone does not identify a message of several
    /// outboxes: [`Task::once`](crate::Task::once) uses the message's UUID.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// use activerecord::outbox::{Inbox, Task};
    ///
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
    /// The closure's own; then the transaction is rolled back and the message is not recorded. `UniqueViolation` when a
    /// concurrent delivery of the same message committed first. Otherwise as
    /// [`transaction`](activerecord_core::transaction()).
    pub async fn once<T, F>(name: &str, consumer: &str, message: impl ToString, effect: F) -> Result<Option<T>>
    where
        F: AsyncBody<T>,
    {
        let connection = with_table::<Received>(name).await?;
        let received_at = about_now(&connection).await?;
        let mut received = Received { consumer: consumer.to_owned(), message: message.to_string(), received_at };
        // Boxed: an `async fn` would hold the closure and its future.
        let effect = Box::pin(effect());
        transaction(name, async || {
            let same = Received::CONSUMER.eq(consumer) & Received::MESSAGE.eq(&received.message);
            if Received::using(name).filter(same).exists().await? {
                return Ok(None);
            }
            // A concurrent delivery waits here until the first one ends, and then fails. The next delivery finds the
            // row.
            insert(name, &mut received).await?;
            effect.await.map(Some)
        })
        .await
    }

    /// Deletes the rows of messages that were processed before this time, and returns their number. A message that is
    /// delivered after that has its effect again: keep rows for longer than a queue may repeat a delivery.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// use activerecord::outbox::Inbox;
    ///
    /// # async fn example() -> Result<()> {
    /// let month_ago = chrono::Utc::now() - chrono::TimeDelta::days(30);
    /// let deleted = Inbox::forget_before("analytics", month_ago).await?;
    /// println!("{deleted} rows deleted");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Configuration` when the connection is not configured; otherwise the database's own.
    pub async fn forget_before(name: &str, time: DateTime<Utc>) -> Result<u64> {
        with_table::<Received>(name).await?;
        Received::using(name).filter(Received::RECEIVED_AT.lt(time)).delete().await
    }
}

/// The tables of the inbox.
pub(crate) fn definitions() -> Vec<CreateTable> {
    vec![Received::definition()]
}
