//! Messages in the outbox of one database, and their effects in another database.

use std::time::Duration;

use activerecord::Backoff;
use activerecord::outbox::Task;
use activerecord::prelude::*;

/// A row that the handler of a message writes.
#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[table = "effects"]
pub struct Effect {
    /// The primary key.
    pub id: i64,
    /// The payload of the message.
    pub task: i64,
}

/// The table of [`Effect`], in the types of `test_support`.
pub const EFFECTS: &str = "effects (id ID, task I64 NOT NULL)";

/// The topic of the messages.
pub const TOPIC: &str = "effects";

/// Returns a worker that writes an [`Effect`] for each message of a topic and prints `effect N`. With `once`, the inbox
/// prevents a second effect of a message. The broken variant writes one at each delivery.
pub fn worker(from: &str, to: &str, topic: &str, once: bool) -> Worker {
    let to = to.to_owned();
    Worker::new(from)
        // Short, because tests wait until it expires. A slow process can lose it, so the number of attempts has no
        // limit.
        .lease(Duration::from_millis(800))
        .max_attempts(u32::MAX)
        .poll(Duration::from_millis(20))
        .backoff(Backoff::new(Duration::from_millis(1), Duration::from_millis(20)))
        .handle(topic, async move |task: Task<i64>| {
            let number = *task.payload();
            let effect =
                async || Effect::with_connection(&to, async || Effect { id: 0, task: number }.insert().await).await;
            if once { task.once(&to, effect).await.map(drop) } else { effect().await }?;
            println!("effect {number}");
            Ok(())
        })
}
