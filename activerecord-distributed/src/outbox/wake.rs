//! Wakes the workers after a commit: those of this process directly, those of other processes by a [`hint`]. A worker
//! that misses a wake-up finds the message at its next poll.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};

use activerecord_core::ConnectionHandle;
use tokio::sync::Notify;

use super::hint;

static WORKERS: LazyLock<Mutex<HashMap<u64, Vec<Weak<Wake>>>>> = LazyLock::new(Mutex::default);

/// The wake-up signal of a worker.
#[derive(Debug)]
pub(crate) struct Wake {
    topics: Vec<String>,
    notify: Notify,
}

impl Wake {
    /// Registers a worker for the messages of these topics on a connection.
    pub(crate) fn register(connection: &ConnectionHandle, topics: Vec<String>) -> Arc<Self> {
        let wake = Arc::new(Self { topics, notify: Notify::new() });
        let mut workers = WORKERS.lock().unwrap_or_else(PoisonError::into_inner);
        let here = workers.entry(connection.id()).or_default();
        here.retain(|other| other.strong_count() > 0);
        here.push(Arc::downgrade(&wake));
        wake
    }

    /// Waits for a message that was committed after the last call.
    pub(crate) async fn woken(&self) {
        self.notify.notified().await;
    }

    /// Wakes the worker, independent of its topics.
    pub(super) fn wake(&self) {
        self.notify.notify_one();
    }

    /// Wakes the worker if it handles this topic.
    pub(super) fn wake_for(&self, topic: &str) {
        if self.topics.iter().any(|own| own == topic) {
            self.wake();
        }
    }
}

/// Wakes the workers of a topic when the task's transaction commits; without a transaction, now.
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
