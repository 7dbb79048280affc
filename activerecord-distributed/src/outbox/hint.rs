//! Hints to workers of other processes, where the database sends notifications: that a topic has a message.
//!
//! A hint is sent behind the commit and outside of it: inside, it would keep the transaction from being prepared, and have its
//! COMMIT queue for a lock of the whole server. It may get lost; then the poll finds the message.

use std::collections::{BTreeSet, HashMap};
use std::convert::Infallible;
use std::mem;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use activerecord_core::{ConnectionHandle, Result};
use tokio::time::sleep;
use uuid::Uuid;

use super::wake::Wake;
use crate::backoff::Backoff;
use crate::failpoint;

const CHANNEL: &str = "ar_outbox";

/// How long a process sends nothing more after a hint. What is committed meanwhile shares the next one.
const PAUSE: Duration = Duration::from_millis(10);

/// The topics to send hints for, by connection. Whose connection is in it has a task that will send them.
static WAITING: LazyLock<Mutex<HashMap<u64, BTreeSet<String>>>> = LazyLock::new(Mutex::default);

/// Has a hint sent, soon and in the background: the first at once, and no more than one by topic in each [`PAUSE`].
pub(super) fn send(connection: &ConnectionHandle, topic: String) {
    if !connection.capabilities().notifications {
        return;
    }
    let is_new = {
        let mut waiting = waiting();
        let is_new = !waiting.contains_key(&connection.id());
        waiting.entry(connection.id()).or_default().insert(topic);
        is_new
    };
    if is_new {
        tokio::spawn(Sender { connection: connection.clone(), is_done: false }.run());
    }
}

/// Listens for the hints of other processes, for as long as it is polled.
pub(crate) async fn listen(connection: ConnectionHandle, wake: Arc<Wake>) {
    if !connection.capabilities().notifications {
        return;
    }
    let backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(30));
    let mut attempt = 0;
    loop {
        attempt += 1;
        let Err(error) = hear(&connection, &wake, &mut attempt).await;
        metrics::counter!("activerecord_outbox_deaf_total", "connection" => connection.name().to_owned()).increment(1);
        tracing::warn!(target: "activerecord", connection = connection.name(), %error, "a worker does not hear of other processes' messages until it listens again: it polls");
        sleep(backoff.pause(attempt)).await;
    }
}

async fn hear(connection: &ConnectionHandle, wake: &Wake, attempt: &mut u32) -> Result<Infallible> {
    failpoint::reach("outbox.listen")?;
    let mut listener = connection.listen(CHANNEL).await?;
    *attempt = 0;
    // What was sent while nobody listened is lost.
    if !failpoint::is_broken("outbox.listen") {
        wake.wake();
    }
    let ours = origin(connection);
    loop {
        let text = listener.next().await?;
        match text.split_once(' ') {
            // Sent from here, where workers are woken without it.
            Some((origin, _)) if origin == ours => {}
            Some((_, topic)) => wake.wake_for(topic),
            None => {}
        }
    }
}

/// Who sends a hint.
fn origin(connection: &ConnectionHandle) -> String {
    static PROCESS: LazyLock<Uuid> = LazyLock::new(Uuid::new_v4);
    format!("{}-{}", PROCESS.simple(), connection.id())
}

/// Sends what waits for one connection, until nothing does.
struct Sender {
    connection: ConnectionHandle,
    is_done: bool,
}

impl Sender {
    async fn run(mut self) {
        let origin = origin(&self.connection);
        while let Some(topics) = self.next() {
            for topic in topics {
                if let Err(error) = self.connection.notify(CHANNEL, &format!("{origin} {topic}")).await {
                    tracing::debug!(target: "activerecord", connection = self.connection.name(), topic, %error, "a hint was not sent");
                }
            }
            sleep(PAUSE).await;
        }
    }

    fn next(&mut self) -> Option<BTreeSet<String>> {
        let mut waiting = waiting();
        let topics = waiting.get_mut(&self.connection.id()).map(mem::take).filter(|topics| !topics.is_empty());
        if topics.is_none() {
            waiting.remove(&self.connection.id());
            self.is_done = true;
        }
        topics
    }
}

/// Its runtime may end before it has: the next one makes another.
impl Drop for Sender {
    fn drop(&mut self) {
        if !self.is_done {
            waiting().remove(&self.connection.id());
        }
    }
}

fn waiting() -> MutexGuard<'static, HashMap<u64, BTreeSet<String>>> {
    WAITING.lock().unwrap_or_else(PoisonError::into_inner)
}
