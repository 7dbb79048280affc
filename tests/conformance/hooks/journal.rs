//! What happened in one task, in order.

use std::sync::{Arc, Mutex, PoisonError};

use activerecord::prelude::*;

#[derive(Default)]
struct Journal {
    entries: Mutex<Vec<String>>,
    failing: &'static str,
}

tokio::task_local! {
    static JOURNAL: Arc<Journal>;
}

/// Notes what happens, and fails if it was to fail.
pub(crate) fn note(entry: &str) -> Result<()> {
    JOURNAL.with(|journal| {
        journal.entries.lock().unwrap_or_else(PoisonError::into_inner).push(entry.to_owned());
        let told = !journal.failing.is_empty() && entry.starts_with(journal.failing);
        if told { Err(Error::custom(format!("{entry} was told to fail"))) } else { Ok(()) }
    })
}

/// Runs `body`, and returns what it gave and what was noted.
pub(crate) async fn noted<T>(body: impl AsyncFnOnce() -> Result<T>) -> (Result<T>, Vec<String>) {
    noted_failing("", body).await
}

/// The same, with a hook that fails.
pub(crate) async fn noted_failing<T>(
    failing: &'static str,
    body: impl AsyncFnOnce() -> Result<T>,
) -> (Result<T>, Vec<String>) {
    let journal = Arc::new(Journal { failing, ..Journal::default() });
    let result = JOURNAL.scope(Arc::clone(&journal), body()).await;
    let entries = std::mem::take(&mut *journal.entries.lock().unwrap_or_else(PoisonError::into_inner));
    (result, entries)
}
