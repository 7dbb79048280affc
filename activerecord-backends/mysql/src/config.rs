//! The settings of a MySQL or MariaDB server.

use std::fmt;
use std::num::ParseIntError;
use std::time::Duration;

use activerecord_core::{Config, Error, Result};
use sqlx::ConnectOptions;
use sqlx::mysql::{MySqlConnectOptions, MySqlSslMode};

/// The options that a URL or a [`Config`] may give.
const OPTIONS: [&str; 11] = [
    "ssl-mode",
    "sslmode",
    "ssl-ca",
    "ssl-cert",
    "ssl-key",
    "socket",
    "connect_timeout",
    "statement_timeout",
    "lock_timeout",
    "statement_cache_capacity",
    "collation",
];

/// The TLS modes, in MySQL's words and in PostgreSQL's.
const SSL_MODES: [(&str, MySqlSslMode); 12] = [
    ("disabled", MySqlSslMode::Disabled),
    ("preferred", MySqlSslMode::Preferred),
    ("required", MySqlSslMode::Required),
    ("verify_ca", MySqlSslMode::VerifyCa),
    ("verify_identity", MySqlSslMode::VerifyIdentity),
    ("disable", MySqlSslMode::Disabled),
    ("allow", MySqlSslMode::Preferred),
    ("prefer", MySqlSslMode::Preferred),
    ("require", MySqlSslMode::Required),
    ("verify-ca", MySqlSslMode::VerifyCa),
    ("verify-identity", MySqlSslMode::VerifyIdentity),
    ("verify-full", MySqlSslMode::VerifyIdentity),
];

/// The default collation compares bound texts by their characters, as other databases do. It is that of JSON, so that the
/// server can compare both, and of the tables that this library creates. It ignores blanks at the end.
const BY_CODE_POINTS: &str = "utf8mb4_bin";

/// The settings of a server, checked.
pub(crate) struct Settings {
    /// The driver's options. They contain the password, so `Debug` does not show them.
    pub(crate) options: MySqlConnectOptions,
    /// Host and port, or the Unix socket, for messages.
    pub(crate) place: String,
    /// Default: 5 seconds.
    pub(crate) connect_timeout: Duration,
    /// Default: the server's.
    pub(crate) statement_timeout: Option<Duration>,
    /// In seconds. Default: the server's.
    pub(crate) lock_timeout: Option<u64>,
    /// Default: [`BY_CODE_POINTS`].
    pub(crate) collation: String,
}

impl Settings {
    /// Checks the settings, without connecting.
    ///
    /// # Errors
    /// `Configuration` for an unknown option or an invalid value.
    pub(crate) fn read(config: &Config) -> Result<Self> {
        config.check_options(&OPTIONS)?;
        let (options, place) = server(config);
        Ok(Self {
            options: with_tls(options, config)?.statement_cache_capacity(cache_capacity(config)?),
            place,
            connect_timeout: config.duration("connect_timeout")?.unwrap_or(Duration::from_secs(5)),
            statement_timeout: config.duration("statement_timeout")?,
            lock_timeout: config.duration("lock_timeout")?.map(whole_seconds),
            collation: collation(config)?,
        })
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("place", &self.place).finish_non_exhaustive()
    }
}

/// Address and login.
fn server(config: &Config) -> (MySqlConnectOptions, String) {
    // `set_up` applies these settings and others in one round trip.
    let options = MySqlConnectOptions::new()
        .pipes_as_concat(false)
        .no_engine_substitution(false)
        .timezone(None)
        .set_names(false)
        .disable_statement_logging();
    let (host, port) = (config.host.as_deref().unwrap_or("localhost"), config.port.unwrap_or(3306));
    let mut options = options.host(host).port(port);
    let mut place = format!("{host}:{port}");
    if let Some(path) = config.text("socket") {
        options = options.socket(path);
        path.clone_into(&mut place);
    }
    if let Some(username) = config.username.as_deref() {
        options = options.username(username);
    }
    if let Some(password) = config.password.as_deref() {
        options = options.password(password);
    }
    match config.database.as_str() {
        "" => (options, place),
        database => (options.database(database), place),
    }
}

fn with_tls(mut options: MySqlConnectOptions, config: &Config) -> Result<MySqlConnectOptions> {
    let words = SSL_MODES.map(|(word, _)| word);
    let word = match config.choice("ssl-mode", &words)? {
        Some(word) => Some(word),
        None => config.choice("sslmode", &words)?,
    };
    let mode = SSL_MODES.iter().find(|(known, _)| Some(*known) == word);
    options = options.ssl_mode(mode.map_or(MySqlSslMode::Preferred, |(_, mode)| *mode));
    if let Some(file) = config.text("ssl-ca") {
        options = options.ssl_ca(file);
    }
    match (config.text("ssl-cert"), config.text("ssl-key")) {
        (Some(cert), Some(key)) => Ok(options.ssl_client_cert(cert).ssl_client_key(key)),
        (None, None) => Ok(options),
        _ => Err(Error::configuration("`ssl-cert` and `ssl-key` belong together: set both or neither")),
    }
}

fn cache_capacity(config: &Config) -> Result<usize> {
    let Some(text) = config.text("statement_cache_capacity") else { return Ok(256) };
    text.parse().map_err(|error: ParseIntError| {
        Error::configuration(format!("`statement_cache_capacity` is `{text}`, expected a whole number"))
            .with_source(error)
    })
}

/// The name becomes part of a statement, so it must be a plain word.
fn collation(config: &Config) -> Result<String> {
    let name = config.text("collation").unwrap_or(BY_CODE_POINTS);
    if name.starts_with("utf8mb4_") && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Ok(name.to_owned());
    }
    Err(Error::configuration(format!("`collation` is `{name}`, expected a collation of utf8mb4: `utf8mb4_..`")))
}

/// Rounds up: the server counts in whole seconds, from 1.
fn whole_seconds(time: Duration) -> u64 {
    time.as_millis().div_ceil(1000).max(1).try_into().unwrap_or(u64::MAX)
}
