//! Cached values per connection.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use activerecord_core::ConnectionHandle;

/// One value per connection, by the connection's id. A replaced connection has a new id.
#[derive(Debug)]
pub(crate) struct PerConnection<T>(Mutex<BTreeMap<u64, T>>);

impl<T: Clone> PerConnection<T> {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }

    pub(crate) fn get(&self, connection: &ConnectionHandle) -> Option<T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&connection.id()).cloned()
    }

    pub(crate) fn set(&self, connection: &ConnectionHandle, value: T) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(connection.id(), value);
    }
}
