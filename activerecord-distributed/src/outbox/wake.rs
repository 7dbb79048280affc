//! Waking the workers after a commit: those of this process at once, those of others by a [`hint`]. A worker that
//! misses it finds the message by its poll.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};

use activerecord_core::ConnectionHandle;
use tokio::sync::Notify;

use super::hint;

static WORKERS: LazyLock<Mutex<HashMap<u64, Vec<Weak<Wake>>>>> = LazyLock::new(Mutex::default);

/// What a worker waits for.
#[derive(Debug)]
pub(crate) struct Wake {
    topics: Vec<String>,
    notify: Notify,
}

impl Wake {
    /// Is woken by messages on these topics of a connection.
    pub(crate) fn register(connection: &ConnectionHandle, topics: Vec<String>) -> Arc<Self> {
        let wake = Arc::new(Self { topics, notify: Notify::new() });
        let mut workers = WORKERS.lock().unwrap_or_else(PoisonError::into_inner);
        let here = workers.entry(connection.id()).or_default();
        here.retain(|other| other.strong_count() > 0);
        here.push(Arc::downgrade(&wake));
        wake
    }

    /// Waits for a message that was committed since the last call.
    pub(crate) async fn woken(&self) {
        self.notify.notified().await;
    }

    /// Has the worker look, whatever its topics.
    pub(super) fn wake(&self) {
        self.notify.notify_one();
    }

    /// Has the worker look if the topic is one of its.
    pub(super) fn wake_for(&self, topic: &str) {
        if self.topics.iter().any(|own| own == topic) {
            self.wake();
        }
    }
}

/// Wakes the workers of a topic once the transaction of this task has committed.
pub(super) fn after_commit(connection: &ConnectionHandle, topic: &str) {
    let (here, topic) = (connection.clone(), topic.to_owned());
    connection.after_commit(move || {
        let workers = WORKERS.lock().unwrap_or_else(PoisonError::into_inner);
        let ours = workers.get(&here.id()).into_iter().flatten().filter_map(Weak::upgrade);
        ours.for_each(|wake| wake.wake_for(&topic));
        drop(workers);
        hint::send(&here, topic);
    });
}
