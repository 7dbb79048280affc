//! The definitions that this process knows.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use super::definition::Saga;

/// By name and version.
type Definitions = HashMap<(String, i32), Arc<Saga>>;

static KNOWN: LazyLock<RwLock<Definitions>> = LazyLock::new(RwLock::default);

/// Notes a definition; the last one of a name and version counts.
pub(super) fn register(saga: &Saga) -> Arc<Saga> {
    let known = Arc::new(saga.clone());
    let key = (saga.name.clone(), saga.version);
    KNOWN.write().unwrap_or_else(PoisonError::into_inner).insert(key, Arc::clone(&known));
    known
}

/// The definition of this name and version.
pub(super) fn find(name: &str, version: i32) -> Option<Arc<Saga>> {
    KNOWN.read().unwrap_or_else(PoisonError::into_inner).get(&(name.to_owned(), version)).cloned()
}

/// Whether there is any version of it.
pub(super) fn knows(name: &str) -> bool {
    KNOWN.read().unwrap_or_else(PoisonError::into_inner).keys().any(|(known, _)| known == name)
}

/// The connections of all logs.
pub(super) fn logs() -> Vec<String> {
    let known = KNOWN.read().unwrap_or_else(PoisonError::into_inner);
    let mut logs: Vec<_> = known.values().map(|saga| saga.log.clone()).collect();
    logs.sort_unstable();
    logs.dedup();
    logs
}
