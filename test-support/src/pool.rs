//! Time limits that only a hang reaches: a busy machine can stop any process for seconds.

use std::time::Duration;

use activerecord::PoolOptions;

/// A limit that only a hang reaches, as the option of a connection.
pub const TIME_LIMIT: &str = "60s";

/// Returns the options of a pool in which a statement waits for a connection as long as [`TIME_LIMIT`].
pub fn patient_pool(connections: usize) -> PoolOptions {
    PoolOptions::new().max_connections(connections).acquire_timeout(Duration::from_secs(60))
}
