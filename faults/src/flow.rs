//! Messages from one database, with their effects in another.

use std::time::Duration;

use activerecord::Backoff;
use activerecord::outbox::Task;
use activerecord::prelude::*;

/// The effect of a message.
#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[table = "effects"]
pub struct Effect {
    /// Its number.
    pub id: i64,
    /// The message's payload.
    pub task: i64,
}

/// Its columns, in the words of the harness.
pub const EFFECTS: &str = "effects (id ID, task I64 NOT NULL)";

/// The topic of the messages.
pub const TOPIC: &str = "effects";

/// A worker that has the effects of a topic happen: once, or, in the broken variant, whenever they are delivered. At each it
/// prints `effect N`.
pub fn worker(from: &str, to: &str, topic: &str, once: bool) -> Worker {
    let to = to.to_owned();
    Worker::new(from)
        // Short, because tests wait for its end. A slow process can lose it, so the number of attempts has no limit.
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
