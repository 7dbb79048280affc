//! The settings of an SQLite database.

use std::num::ParseIntError;
use std::path::PathBuf;
use std::time::Duration;

use activerecord_core::{Config, Error, Result};

/// The options that a URL or a [`Config`] may give.
const OPTIONS: [&str; 9] = [
    "mode",
    "busy_timeout",
    "synchronous",
    "journal_mode",
    "locking_mode",
    "foreign_keys",
    "cache_size",
    "page_size",
    "max_pages",
];

/// The settings, checked.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) place: Place,
    /// How long a statement waits for a lock. Default: 5 seconds.
    pub(crate) busy_timeout: Duration,
    /// Default: `full`, so that a commit survives a loss of power.
    pub(crate) synchronous: &'static str,
    /// Default: `wal`, so that readers and a writer do not wait for each other. None keeps the mode of the file.
    pub(crate) journal_mode: Option<&'static str>,
    /// Whether the pool's one connection keeps the database locked, so that no statement takes a lock. Default: no.
    pub(crate) exclusive: bool,
    /// Default: on.
    pub(crate) foreign_keys: bool,
    /// In pages, or in KiB when negative. Default: SQLite's, 2 MB.
    pub(crate) cache_size: Option<i64>,
    /// In bytes, for new files only. Default: SQLite's, 4096.
    pub(crate) page_size: Option<i64>,
    /// The maximal number of pages of the file. Default: SQLite's, no limit in practice.
    pub(crate) max_pages: Option<i64>,
}

/// Where the database is.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    Memory,
    File { path: PathBuf, access: FileAccess },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileAccess {
    Read,
    Write,
    Create,
}

impl Settings {
    /// Reads and checks the settings, but not the file.
    ///
    /// # Errors
    /// `Configuration` when one is unknown or wrong.
    pub(crate) fn read(config: &Config) -> Result<Self> {
        config.check_options(&OPTIONS)?;
        refuse_server(config)?;
        let place = place(config)?;
        let journal_mode = config.choice("journal_mode", &["wal", "delete", "truncate", "persist", "memory", "off"])?;
        let writes = matches!(place, Place::File { access: FileAccess::Write | FileAccess::Create, .. });
        Ok(Self {
            busy_timeout: config.duration("busy_timeout")?.unwrap_or(Duration::from_secs(5)),
            synchronous: config.choice("synchronous", &["full", "normal", "extra", "off"])?.unwrap_or("full"),
            journal_mode: if writes { journal_mode.or(Some("wal")) } else { None },
            exclusive: exclusive(config)?,
            foreign_keys: config.choice("foreign_keys", &["on", "off"])? != Some("off"),
            cache_size: number(config, "cache_size")?,
            page_size: number(config, "page_size")?,
            max_pages: number(config, "max_pages")?,
            place,
        })
    }
}

fn place(config: &Config) -> Result<Place> {
    let mode = config.choice("mode", &["rw", "ro", "rwc", "memory"])?;
    let access = match mode {
        _ if config.database.as_str() == ":memory:" => return Ok(Place::Memory),
        Some("memory") => return Ok(Place::Memory),
        Some("ro") => FileAccess::Read,
        Some("rwc") => FileAccess::Create,
        _ => FileAccess::Write,
    };
    match config.database.as_str() {
        "" => Err(Error::configuration(
            "an SQLite connection names a file: sqlite://main.db?mode=rwc, or sqlite::memory:",
        )),
        path => Ok(Place::File { path: path.into(), access }),
    }
}

fn exclusive(config: &Config) -> Result<bool> {
    let exclusive = config.choice("locking_mode", &["normal", "exclusive"])? == Some("exclusive");
    if exclusive && config.pool.max_connections > 1 {
        return Err(Error::configuration(
            "`locking_mode=exclusive` allows one connection only: limit the pool to one, by \
             `.pool(PoolOptions::new().max_connections(1))`, or `max_connections = 1` in its table",
        ));
    }
    Ok(exclusive)
}

fn refuse_server(config: &Config) -> Result<()> {
    let server = config.host.as_deref().is_some() || config.port.is_some();
    let login = config.username.as_deref().is_some() || config.password.as_deref().is_some();
    if server || login {
        return Err(Error::configuration("an SQLite database is a file: it has no host, port, username or password"));
    }
    Ok(())
}

fn number(config: &Config, name: &str) -> Result<Option<i64>> {
    let parse = |text: &str| {
        let parsed: Result<i64, ParseIntError> = text.parse();
        parsed.map_err(|error| {
            Error::configuration(format!("`{name}` is `{text}`, which is not a whole number")).with_source(error)
        })
    };
    config.text(name).map(parse).transpose()
}
