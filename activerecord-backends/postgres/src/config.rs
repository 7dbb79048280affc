//! The settings of a PostgreSQL server.

use std::fmt;
use std::time::Duration;

use activerecord_core::{Config, Error, Result};
use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgSslMode};

/// The options that a URL or a [`Config`] may give.
const OPTIONS: [&str; 12] = [
    "host",
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "connect_timeout",
    "statement_timeout",
    "lock_timeout",
    "idle_in_transaction_session_timeout",
    "application_name",
    "search_path",
    "statement_cache_capacity",
];

/// The options that are settings of the session, in milliseconds.
const TIMEOUTS: [&str; 3] = ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"];

/// The settings of a server, checked.
pub(crate) struct Settings {
    pub(crate) driver: PgConnectOptions,
    /// Default: 5 seconds.
    pub(crate) connect_timeout: Duration,
}

impl Settings {
    /// Checks the settings, without connecting and without reading a file.
    ///
    /// # Errors
    /// `Configuration` for an unknown option or an invalid value.
    pub(crate) fn read(config: &Config) -> Result<Self> {
        config.check_options(&OPTIONS)?;
        let driver = with_tls(with_login(PgConnectOptions::new_without_pgpass(), config), config)?;
        let driver = driver.statement_cache_capacity(cache_capacity(config)?).disable_statement_logging();
        Ok(Self {
            driver: with_session(driver, config)?,
            connect_timeout: config.duration("connect_timeout")?.unwrap_or(Duration::from_secs(5)),
        })
    }

    /// Waits until a session is open, but at most for `connect_timeout`. Every error names the server.
    pub(crate) async fn within_timeout<T>(&self, opening: impl Future<Output = Result<T>>) -> Result<T> {
        let server = format!("PostgreSQL at {}", self.address());
        activerecord_sqlx::within_timeout(&server, self.connect_timeout, opening).await
    }

    /// Host and port of the server, for messages.
    fn address(&self) -> String {
        let (host, port) = (self.driver.get_host(), self.driver.get_port());
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    }
}

/// The driver's `Debug` shows the password.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("address", &self.address())
            .field("database", &self.driver.get_database())
            .field("connect_timeout", &self.connect_timeout)
            .finish_non_exhaustive()
    }
}

fn with_login(mut driver: PgConnectOptions, config: &Config) -> PgConnectOptions {
    if let Some(host) = config.host.as_deref().or_else(|| config.text("host")) {
        // Only a URL writes an IPv6 address in brackets.
        let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        driver = driver.host(address.unwrap_or(host));
    }
    if let Some(port) = config.port {
        driver = driver.port(port);
    }
    if let Some(username) = config.username.as_deref() {
        driver = driver.username(username);
    }
    if let Some(password) = config.password.as_deref() {
        driver = driver.password(password);
    }
    if config.database.is_empty() { driver } else { driver.database(config.database.as_str()) }
}

fn with_tls(mut driver: PgConnectOptions, config: &Config) -> Result<PgConnectOptions> {
    let modes = ["prefer", "disable", "require", "verify-ca", "verify-full"];
    driver = match config.choice("sslmode", &modes)? {
        Some("disable") => driver.ssl_mode(PgSslMode::Disable),
        Some("require") => driver.ssl_mode(PgSslMode::Require),
        Some("verify-ca") => driver.ssl_mode(PgSslMode::VerifyCa),
        Some("verify-full") => driver.ssl_mode(PgSslMode::VerifyFull),
        Some(_) => driver.ssl_mode(PgSslMode::Prefer),
        None => driver,
    };
    if let Some(file) = config.text("sslrootcert") {
        driver = driver.ssl_root_cert(file);
    }
    if let Some(file) = config.text("sslcert") {
        driver = driver.ssl_client_cert(file);
    }
    if let Some(file) = config.text("sslkey") {
        driver = driver.ssl_client_key(file);
    }
    Ok(driver)
}

/// Adds the settings that the login sends, so that they cost no round trip. The driver adds UTF-8 and UTC.
/// Without a setting the login has no `options`, because some proxies refuse them.
fn with_session(mut driver: PgConnectOptions, config: &Config) -> Result<PgConnectOptions> {
    if let Some(name) = config.text("application_name") {
        driver = driver.application_name(name);
    }
    for name in TIMEOUTS {
        if let Some(timeout) = config.duration(name)? {
            driver = driver.options([(name, timeout.as_millis())]);
        }
    }
    Ok(match config.text("search_path") {
        Some(path) => driver.options([("search_path", path)]),
        None => driver,
    })
}

fn cache_capacity(config: &Config) -> Result<usize> {
    let Some(text) = config.text("statement_cache_capacity") else { return Ok(256) };
    match text.parse() {
        Ok(capacity) if capacity > 0 => Ok(capacity),
        _ => Err(Error::configuration(format!("`statement_cache_capacity` is `{text}`, expected a number above 0"))),
    }
}
