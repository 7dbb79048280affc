//! Hints to the workers of other processes that a topic has a message, on databases with notifications (PostgreSQL).
//!
//! A hint is sent after the commit, outside of the transaction: a transaction with NOTIFY cannot be prepared, and its
//! COMMIT waits for a server-wide lock. A hint may be lost; then the worker finds the message at its next poll.

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

/// The pause after a hint. Messages that are committed in the pause share the next hint.
const PAUSE: Duration = Duration::from_millis(10);

/// The topics that need a hint, by connection id. Each connection in the map has a running [`Sender`].
static WAITING: LazyLock<Mutex<HashMap<u64, BTreeSet<String>>>> = LazyLock::new(Mutex::default);

/// Sends a hint in the background: the first one at once, then at most one per topic and [`PAUSE`].
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

/// Listens for the hints of other processes while it is polled. Reconnects after errors.
pub(crate) async fn listen(connection: ConnectionHandle, wake: Arc<Wake>) {
    if !connection.capabilities().notifications {
        return;
    }
    let backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(30));
    let mut attempt = 0;
    loop {
        attempt += 1;
        let Err(error) = listen_once(&connection, &wake, &mut attempt).await;
        metrics::counter!("activerecord_outbox_deaf_total", "connection" => connection.name().to_owned()).increment(1);
        tracing::warn!(target: "activerecord", connection = connection.name(), %error, "a worker lost its listening connection; until it reconnects, it finds the messages of other processes by polling");
        sleep(backoff.pause(attempt)).await;
    }
}

/// Listens until the connection fails.
async fn listen_once(connection: &ConnectionHandle, wake: &Wake, attempt: &mut u32) -> Result<Infallible> {
    failpoint::reach("outbox.listen")?;
    let mut listener = connection.listen(CHANNEL).await?;
    *attempt = 0;
    // Hints that were sent before LISTEN are lost.
    if !failpoint::is_broken("outbox.listen") {
        wake.wake();
    }
    let ours = origin(connection);
    loop {
        let text = listener.next().await?;
        match text.split_once(' ') {
            // A hint of this process: its workers are already awake.
            Some((origin, _)) if origin == ours => {}
            Some((_, topic)) => wake.wake_for(topic),
            None => {}
        }
    }
}

/// Identifies this process and connection in a hint.
fn origin(connection: &ConnectionHandle) -> String {
    static PROCESS: LazyLock<Uuid> = LazyLock::new(Uuid::new_v4);
    format!("{}-{}", PROCESS.simple(), connection.id())
}

/// Sends the hints of one connection until there are none.
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

/// If the runtime ends before the sender is done, the next `send` must start a new one.
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
