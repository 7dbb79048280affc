//! The journal of a test: the hooks that ran, in order.

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

/// Adds an entry, and fails if it has to.
pub(crate) fn note(entry: &str) -> Result<()> {
    JOURNAL.with(|journal| {
        journal.entries.lock().unwrap_or_else(PoisonError::into_inner).push(entry.to_owned());
        let fails = !journal.failing.is_empty() && entry.starts_with(journal.failing);
        if fails { Err(Error::custom(format!("{entry} has to fail"))) } else { Ok(()) }
    })
}

/// Runs `body`, and returns its result and the entries.
pub(crate) async fn noted<T>(body: impl AsyncFnOnce() -> Result<T>) -> (Result<T>, Vec<String>) {
    noted_failing("", body).await
}

/// The same, and the hook `failing` fails.
pub(crate) async fn noted_failing<T>(
    failing: &'static str,
    body: impl AsyncFnOnce() -> Result<T>,
) -> (Result<T>, Vec<String>) {
    let journal = Arc::new(Journal { failing, ..Journal::default() });
    let result = JOURNAL.scope(Arc::clone(&journal), body()).await;
    let entries = std::mem::take(&mut *journal.entries.lock().unwrap_or_else(PoisonError::into_inner));
    (result, entries)
}
