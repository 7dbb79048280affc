//! The settings of one connection: from a URL, or put together.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::nearest::unknown;
use crate::error::{Error, Result};

/// The settings of a connection. `Debug` hides the password.
///
/// ```
/// # use activerecord_core::{Config, Pool};
/// # use std::time::Duration;
/// let config = Config::postgres("localhost", "analytics")
///     .port(5432)
///     .username("user")
///     .password("secret")
///     .pool(Pool::new().max_connections(20).acquire_timeout(Duration::from_secs(3)));
/// assert!(!format!("{config:?}").contains("secret"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Config {
    scheme: String,
    host: Option<String>,
    port: Option<u16>,
    username: Option<String>,
    password: Option<String>,
    database: String,
    options: BTreeMap<String, String>,
    pool: Pool,
    replicas: Vec<String>,
}

/// The settings of a connection's pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pool {
    pub(crate) max_connections: usize,
    pub(crate) acquire_timeout: Duration,
    pub(crate) idle_check: Duration,
    pub(crate) max_lifetime: Option<Duration>,
}

impl Default for Pool {
    fn default() -> Self {
        Self {
            max_connections: 10,
            acquire_timeout: Duration::from_secs(3),
            idle_check: Duration::from_secs(30),
            max_lifetime: Some(Duration::from_secs(30 * 60)),
        }
    }
}

impl Pool {
    /// The default settings.
    pub fn new() -> Self {
        Self::default()
    }

    /// The most connections that are open at once. Default: 10. Values below 1 count as 1.
    #[must_use]
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.max_connections = connections.max(1);
        self
    }

    /// The most connections that are open at once.
    pub fn get_max_connections(&self) -> usize {
        self.max_connections
    }

    /// How long a statement waits for a connection before [`Error::is_pool_timeout`]. Default: 3 seconds.
    #[must_use]
    pub fn acquire_timeout(mut self, timeout: Duration) -> Self {
        self.acquire_timeout = timeout;
        self
    }

    /// After how long without use a connection is pinged before it is handed out. Default: 30 seconds.
    #[must_use]
    pub fn idle_check(mut self, idle: Duration) -> Self {
        self.idle_check = idle;
        self
    }

    /// The age at which a connection is replaced by a new one; None: never. Default: 30 minutes. It is looked at when the
    /// connection is handed out, never while it is in use.
    #[must_use]
    pub fn max_lifetime(mut self, age: Option<Duration>) -> Self {
        self.max_lifetime = age;
        self
    }
}

/// Making settings.
impl Config {
    /// A PostgreSQL database.
    pub fn postgres(host: impl Into<String>, database: impl Into<String>) -> Self {
        Self { host: Some(host.into()), ..Self::new("postgres", database) }
    }

    /// A MySQL or MariaDB database.
    pub fn mysql(host: impl Into<String>, database: impl Into<String>) -> Self {
        Self { host: Some(host.into()), ..Self::new("mysql", database) }
    }

    /// An SQLite file, or `:memory:`. Add `.option("mode", "rwc")` to create the file when it is missing.
    pub fn sqlite(path: impl Into<String>) -> Self {
        Self::new("sqlite", path)
    }

    /// The settings in a URL: `sqlite://PATH?mode=rwc`, `postgres://USER:PASSWORD@HOST:PORT/DATABASE?OPTION=VALUE`.
    ///
    /// # Errors
    /// `Configuration` when the text is no URL of a database.
    pub fn url(url: impl AsRef<str>) -> Result<Self> {
        super::url::parse(url.as_ref())
    }

    pub(super) fn new(scheme: impl Into<String>, database: impl Into<String>) -> Self {
        Self {
            scheme: scheme.into(),
            host: None,
            port: None,
            username: None,
            password: None,
            database: database.into(),
            options: BTreeMap::new(),
            pool: Pool::default(),
            replicas: Vec::new(),
        }
    }

    /// Sets the server's host.
    #[must_use]
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.host = Some(host.into());
        self
    }

    /// Sets the server's port.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// Sets the user to log in as.
    #[must_use]
    pub fn username(mut self, username: impl Into<String>) -> Self {
        self.username = Some(username.into());
        self
    }

    /// Sets the password to log in with.
    #[must_use]
    pub fn password(mut self, password: impl Into<String>) -> Self {
        self.password = Some(password.into());
        self
    }

    /// Sets an option of the backend, as in the query of a URL. Unknown ones are refused by `configure`.
    #[must_use]
    pub fn option(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.insert(name.into(), value.into());
        self
    }

    /// Sets the pool's settings.
    #[must_use]
    pub fn pool(mut self, pool: Pool) -> Self {
        self.pool = pool;
        self
    }

    /// Names a replica by its URL. Reads go to the primary: replicas are recorded and checked here, and not yet used.
    #[must_use]
    pub fn replica(mut self, url: impl Into<String>) -> Self {
        self.replicas.push(url.into());
        self
    }
}

/// Reading settings, as a backend does.
impl Config {
    /// The scheme of the URL, which chose the backend.
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// The server's host.
    pub fn get_host(&self) -> Option<&str> {
        self.host.as_deref()
    }

    /// The server's port.
    pub fn get_port(&self) -> Option<u16> {
        self.port
    }

    /// The user to log in as.
    pub fn get_username(&self) -> Option<&str> {
        self.username.as_deref()
    }

    /// The password. It goes to the driver and nowhere else.
    pub fn get_password(&self) -> Option<&str> {
        self.password.as_deref()
    }

    /// The database's name, or the path of its file.
    pub fn get_database(&self) -> &str {
        &self.database
    }

    /// An option of the backend.
    pub fn get_option(&self, name: &str) -> Option<&str> {
        self.options.get(name).map(String::as_str)
    }

    /// An option that is a duration: `5s`, `250ms`.
    ///
    /// # Errors
    /// `Configuration` when it is none.
    pub fn get_duration(&self, name: &str) -> Result<Option<Duration>> {
        self.get_option(name).map(|text| parse_duration(name, text)).transpose()
    }

    /// An option that is one of a few words. The first of `choices` that matches, without regard to case, is returned.
    ///
    /// # Errors
    /// `Configuration` when it is none of them.
    pub fn get_choice<'c>(&self, name: &str, choices: &[&'c str]) -> Result<Option<&'c str>> {
        let Some(text) = self.get_option(name) else { return Ok(None) };
        let choice = choices.iter().find(|choice| choice.eq_ignore_ascii_case(text));
        choice.copied().map(Some).ok_or_else(|| unknown(&format!("value of `{name}`"), text, choices))
    }

    /// Refuses options that are not among `known`.
    ///
    /// # Errors
    /// `Configuration`, with the nearest known option.
    pub fn check_options(&self, known: &[&str]) -> Result<()> {
        match self.options.keys().find(|name| !known.contains(&name.as_str())) {
            Some(name) => Err(unknown("option", name, known)),
            None => Ok(()),
        }
    }

    /// The settings of the pool.
    pub fn get_pool(&self) -> &Pool {
        &self.pool
    }

    /// The replicas' settings, each with its URL read.
    pub(crate) fn get_replicas(&self) -> Result<Vec<Self>> {
        self.replicas.iter().map(Self::url).collect()
    }
}

/// A duration as people write it: `5s`, `250ms`, `2m`.
pub(super) fn parse_duration(name: &str, text: &str) -> Result<Duration> {
    humantime::parse_duration(text).map_err(|error| {
        Error::configuration(format!("`{name}` is `{text}`, which is no duration like `5s` or `250ms`"))
            .with_source(error)
    })
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A replica is a URL as it was given, and an option may be a secret too: only what is known to be harmless is shown.
        f.debug_struct("Config")
            .field("scheme", &self.scheme)
            .field("host", &self.host)
            .field("port", &self.port)
            .field("username", &self.username)
            .field("password", &self.password.as_ref().map(|_| "***"))
            .field("database", &self.database)
            .field("options", &self.options.keys())
            .field("pool", &self.pool)
            .field("replicas", &self.replicas.len())
            .finish()
    }
}

/// What `configure` takes: a URL, or a [`Config`].
pub trait IntoConfig {
    /// The settings.
    ///
    /// # Errors
    /// `Configuration` when they are wrong.
    fn into_config(self) -> Result<Config>;
}

impl IntoConfig for Config {
    fn into_config(self) -> Result<Config> {
        Ok(self)
    }
}

impl IntoConfig for &str {
    fn into_config(self) -> Result<Config> {
        Config::url(self)
    }
}

impl IntoConfig for String {
    fn into_config(self) -> Result<Config> {
        Config::url(self)
    }
}

impl IntoConfig for &String {
    fn into_config(self) -> Result<Config> {
        Config::url(self)
    }
}
