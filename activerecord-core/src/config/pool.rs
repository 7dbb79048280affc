//! The options of a pool.

use std::time::Duration;

/// The options of a connection's pool.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolOptions {
    /// The maximum number of open connections.
    pub max_connections: usize,
    /// How long a statement waits for a connection.
    pub acquire_timeout: Duration,
    /// The idle time after which a connection is pinged before use.
    pub idle_check: Duration,
    /// The idle time after which a connection is closed; None: never.
    pub idle_timeout: Option<Duration>,
    /// The age at which a connection is closed; None: never.
    pub max_lifetime: Option<Duration>,
}

impl Default for PoolOptions {
    fn default() -> Self {
        Self {
            max_connections: 10,
            acquire_timeout: Duration::from_secs(3),
            idle_check: Duration::from_secs(30),
            idle_timeout: Some(Duration::from_secs(10 * 60)),
            max_lifetime: Some(Duration::from_secs(30 * 60)),
        }
    }
}

impl PoolOptions {
    /// The default options.
    ///
    /// ```
    /// # use activerecord_core::PoolOptions;
    /// # use std::time::Duration;
    /// let options = PoolOptions::new()
    ///     .max_connections(20)
    ///     .acquire_timeout(Duration::from_secs(5))
    ///     .idle_check(Duration::from_secs(60))
    ///     .idle_timeout(Some(Duration::from_secs(300)))
    ///     .max_lifetime(None);
    /// assert_eq!(options.max_connections, 20);
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the maximum number of open connections. Default: 10. A value below 1 counts as 1.
    #[must_use]
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.max_connections = connections.max(1);
        self
    }

    /// Sets how long a statement waits for a connection: in the queue, for the answer to a ping and for a new connection
    /// together. After that it fails with [`Error::is_pool_timeout`](crate::Error::is_pool_timeout). Default: 3 seconds.
    /// A time below one second limits only the wait in the queue: a ping and a new connection have one second.
    #[must_use]
    pub fn acquire_timeout(mut self, timeout: Duration) -> Self {
        self.acquire_timeout = timeout;
        self
    }

    /// Sets the idle time after which the pool pings a connection before it hands it out. Default: 30 seconds.
    #[must_use]
    pub fn idle_check(mut self, idle: Duration) -> Self {
        self.idle_check = idle;
        self
    }

    /// Sets the idle time after which the pool closes a connection; None: never. Default: 10 minutes. A task of the pool
    /// closes it; while nothing is idle, no task runs.
    #[must_use]
    pub fn idle_timeout(mut self, idle: Option<Duration>) -> Self {
        self.idle_timeout = idle;
        self
    }

    /// Sets the age at which the pool closes a connection; None: never. Default: 30 minutes. A connection that is in use
    /// is closed when it is returned.
    #[must_use]
    pub fn max_lifetime(mut self, age: Option<Duration>) -> Self {
        self.max_lifetime = age;
        self
    }

    #[allow(missing_docs, reason = "the note names its replacement")]
    #[deprecated(note = "use the field `max_connections`")]
    pub fn get_max_connections(&self) -> usize {
        self.max_connections
    }
}
