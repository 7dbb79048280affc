//! The saga definitions that this process has registered.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use super::definition::Saga;

/// By name and version.
type Definitions = HashMap<(String, i32), Arc<Saga>>;

static DEFINITIONS: LazyLock<RwLock<Definitions>> = LazyLock::new(RwLock::default);

/// Registers a definition. It replaces an earlier one of the same name and version.
pub(super) fn register(saga: &Saga) -> Arc<Saga> {
    let registered = Arc::new(saga.clone());
    let key = (saga.name.clone(), saga.version);
    DEFINITIONS.write().unwrap_or_else(PoisonError::into_inner).insert(key, Arc::clone(&registered));
    registered
}

pub(super) fn find(name: &str, version: i32) -> Option<Arc<Saga>> {
    DEFINITIONS.read().unwrap_or_else(PoisonError::into_inner).get(&(name.to_owned(), version)).cloned()
}

/// Whether any version of this name is registered.
pub(super) fn is_registered(name: &str) -> bool {
    DEFINITIONS.read().unwrap_or_else(PoisonError::into_inner).keys().any(|(registered, _)| registered == name)
}

/// The connections of all logs, each once.
pub(super) fn log_connections() -> Vec<String> {
    let definitions = DEFINITIONS.read().unwrap_or_else(PoisonError::into_inner);
    let mut connections: Vec<_> = definitions.values().map(|saga| saga.log.clone()).collect();
    connections.sort_unstable();
    connections.dedup();
    connections
}
