//! The settings of a connection: from a URL, a file, the environment or the program.

mod deprecated;
pub(crate) mod env;
pub(crate) mod file;
mod nearest;
mod options;
mod pool;
mod stored;
mod url;

pub(crate) use nearest::{nearest, unknown};
pub use pool::PoolOptions;

use std::collections::BTreeMap;
use std::fmt;

use crate::error::Result;
use crate::value::{Stored, ValueType};

/// The settings of a connection. A program builds them with the methods; a backend reads the fields. `Debug` hides the
/// password.
///
/// ```
/// # use activerecord_core::{Config, PoolOptions};
/// # use std::time::Duration;
/// let config = Config::postgres("localhost", "analytics")
///     .port(5432)
///     .username("user")
///     .password("secret")
///     .pool(PoolOptions::new().max_connections(20).acquire_timeout(Duration::from_secs(3)));
/// assert!(!format!("{config:?}").contains("secret"));
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Config {
    /// The scheme of the URL. It selects the backend.
    pub scheme: String,
    /// The server's host.
    pub host: Option<String>,
    /// The server's port.
    pub port: Option<u16>,
    /// The user name for the login.
    pub username: Option<String>,
    /// The password for the login. It goes to the driver and nowhere else.
    pub password: Option<String>,
    /// The name of the database, or the path of its file.
    pub database: String,
    /// The options of the backend, by name.
    pub options: BTreeMap<String, String>,
    /// The options of the pool.
    pub pool: PoolOptions,
    /// The URLs of the replicas. A URL can contain a password.
    pub replicas: Vec<String>,
    /// The statements that run on each new session. They can contain secrets.
    pub on_connect: Vec<String>,
}

impl Config {
    /// A PostgreSQL database.
    ///
    /// ```
    /// # use activerecord_core::Config;
    /// let config = Config::postgres("localhost", "shop").username("app").option("sslmode", "require");
    /// ```
    pub fn postgres(host: impl Into<String>, database: impl Into<String>) -> Self {
        Self::new("postgres", database).host(host)
    }

    /// A MySQL or MariaDB database.
    ///
    /// ```
    /// # use activerecord_core::Config;
    /// let config = Config::mysql("localhost", "shop").username("app").password("secret");
    /// ```
    pub fn mysql(host: impl Into<String>, database: impl Into<String>) -> Self {
        Self::new("mysql", database).host(host)
    }

    /// An SQLite file, or `:memory:`. Add `.option("mode", "rwc")` to create the file when it is missing.
    ///
    /// ```
    /// # use activerecord_core::Config;
    /// let config = Config::sqlite("main.db").option("mode", "rwc");
    /// ```
    pub fn sqlite(path: impl Into<String>) -> Self {
        Self::new("sqlite", path)
    }

    /// Reads a URL: `sqlite://PATH?mode=rwc` or `postgres://USER:PASSWORD@HOST:PORT/DATABASE?OPTION=VALUE`.
    ///
    /// ```
    /// # use activerecord_core::Config;
    /// let config = Config::url("postgres://app@localhost:5433/shop?sslmode=require")?;
    /// assert_eq!(config.port, Some(5433));
    /// # Ok::<(), activerecord_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Configuration` when the text is not the URL of a database. The error never repeats the URL.
    pub fn url(url: impl AsRef<str>) -> Result<Self> {
        url::parse(url.as_ref())
    }

    pub(crate) fn new(scheme: impl Into<String>, database: impl Into<String>) -> Self {
        Self {
            scheme: scheme.into(),
            host: None,
            port: None,
            username: None,
            password: None,
            database: database.into(),
            options: BTreeMap::new(),
            pool: PoolOptions::default(),
            replicas: Vec::new(),
            on_connect: Vec::new(),
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

    /// Sets the user name for the login.
    #[must_use]
    pub fn username(mut self, username: impl Into<String>) -> Self {
        self.username = Some(username.into());
        self
    }

    /// Sets the password for the login.
    #[must_use]
    pub fn password(mut self, password: impl Into<String>) -> Self {
        self.password = Some(password.into());
        self
    }

    /// Sets an option of the backend, as in the query of a URL. `configure` refuses an unknown option.
    ///
    /// ```
    /// # use activerecord_core::Config;
    /// let config = Config::sqlite("main.db").option("busy_timeout", "5s");
    /// assert_eq!(config, Config::url("sqlite:main.db?busy_timeout=5s")?);
    /// # Ok::<(), activerecord_core::Error>(())
    /// ```
    #[must_use]
    pub fn option(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.insert(name.into(), value.into());
        self
    }

    /// Sets how the columns of a type are stored that do not declare it by `#[column(stored = "..")]`. In a URL it is an
    /// option: `stored_uuid`, `stored_time`, `stored_datetime` or `stored_timestamp`. Default: canonical. `configure`
    /// refuses a type without spellings and a spelling of another type.
    ///
    /// ```
    /// # use activerecord_core::{Config, Stored, ValueType};
    /// let config = Config::sqlite("main.db").stored(ValueType::Uuid, Stored::Blob).stored(ValueType::Timestamp, Stored::Iso);
    /// assert_eq!(config, Config::url("sqlite:main.db?stored_uuid=blob&stored_timestamp=iso")?);
    /// # Ok::<(), activerecord_core::Error>(())
    /// ```
    #[must_use]
    pub fn stored(self, ty: ValueType, stored: Stored) -> Self {
        let option = stored::OPTIONS.iter().find(|(_, known)| *known == ty);
        let option =
            option.map_or_else(|| format!("stored_{}", ty.name().replace(' ', "_")), |(name, _)| (*name).into());
        self.option(option, stored.name())
    }

    /// Sets the options of the pool.
    ///
    /// ```
    /// # use activerecord_core::{Config, PoolOptions};
    /// let config = Config::sqlite("main.db").pool(PoolOptions::new().max_connections(4));
    /// assert_eq!(config.pool.max_connections, 4);
    /// ```
    #[must_use]
    pub fn pool(mut self, pool: PoolOptions) -> Self {
        self.pool = pool;
        self
    }

    /// Adds statements that run on each new session of the connection, in order, after the settings of this library and
    /// before any other statement. They are the place for `ATTACH`, `SET ROLE`, `SET search_path` and the like: raw SQL that
    /// changes its session ends the session after its use. Each text is one statement. Keep them short, because opening a
    /// connection waits for them.
    /// Sessions that only listen for notifications do not run them.
    ///
    /// If one fails, the new session is closed, and the statement that needed it gets an error with the number of the
    /// statement and its text; constants in the text are not shown. The next statement tries again.
    ///
    /// ```
    /// # use activerecord_core::Config;
    /// let archive = Config::sqlite("main.db").on_connect(["ATTACH 'archive.db' AS archive"]);
    /// let reports = Config::postgres("localhost", "shop").on_connect(["SET search_path = reports, public", "SET ROLE reader"]);
    /// # assert_eq!((archive.on_connect.len(), reports.on_connect.len()), (1, 2));
    /// ```
    #[must_use]
    pub fn on_connect<S: Into<String>>(mut self, statements: impl IntoIterator<Item = S>) -> Self {
        self.on_connect.extend(statements.into_iter().map(Into::into));
        self
    }

    /// Adds the URL of a replica. `configure` checks the URL; reads still go to the primary.
    ///
    /// ```
    /// # use activerecord_core::Config;
    /// let config = Config::url("postgres://db1/shop")?.replica("postgres://db2/shop");
    /// assert_eq!(config.replicas, ["postgres://db2/shop"]);
    /// # Ok::<(), activerecord_core::Error>(())
    /// ```
    #[must_use]
    pub fn replica(mut self, url: impl Into<String>) -> Self {
        self.replicas.push(url.into());
        self
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Options and URLs of replicas can contain secrets, so their values are not shown.
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
            .field("on_connect", &self.on_connect.len())
            .finish()
    }
}

/// An argument of [`ConnectionManager::configure`](crate::ConnectionManager::configure): a URL, or a [`Config`].
pub trait IntoConfig {
    /// Returns the settings.
    ///
    /// # Errors
    /// `Configuration` when the URL cannot be read.
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
