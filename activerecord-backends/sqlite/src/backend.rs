//! One database: a file, or a database in memory that exists as long as the backend.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use activerecord_core::backend::{Backend, BoxFuture, Connection};
use activerecord_core::{Config, Dialect, Error, ErrorKind, Result, SQLITE};
use rusqlite::OpenFlags;
use rusqlite::config::DbConfig;

use crate::config::{FileAccess, Place, Settings};
use crate::connection::SqliteConnection;
use crate::file::DatabaseFile;
use crate::{dialect, error};

/// Makes the backend of a configuration. It does not open the database.
///
/// # Errors
/// `Configuration` when a setting is unknown or wrong.
pub(crate) fn open(config: &Config) -> Result<Arc<dyn Backend>> {
    let settings = Arc::new(Settings::read(config)?);
    let memory = matches!(settings.place, Place::Memory).then(|| Arc::new(Memory::new()));
    Ok(Arc::new(SqliteBackend { settings, memory }))
}

#[derive(Debug)]
struct SqliteBackend {
    settings: Arc<Settings>,
    memory: Option<Arc<Memory>>,
}

/// A database in memory, shared by all connections to it.
#[derive(Debug)]
struct Memory {
    /// A name in the `memdb` file system: all connections of the process with this name see the same database.
    name: String,
    file: Arc<DatabaseFile>,
    /// A connection that keeps the database while the pool has no open connection.
    anchor: Mutex<Option<rusqlite::Connection>>,
}

impl Backend for SqliteBackend {
    fn dialect(&self) -> &'static Dialect {
        &SQLITE
    }

    /// A file has no socket.
    fn is_bound_to_runtime(&self) -> bool {
        false
    }

    fn connect(&self) -> BoxFuture<'_, Result<Box<dyn Connection>>> {
        let (settings, memory) = (Arc::clone(&self.settings), self.memory.clone());
        Box::pin(async move {
            // Opening a connection reads the file, and may wait for locks.
            let opened = tokio::task::spawn_blocking(move || connect(&settings, memory.as_deref())).await;
            let connection: Box<dyn Connection> =
                Box::new(opened.map_err(|error| Error::new(ErrorKind::ConnectionLost, error.to_string()))??);
            Ok(connection)
        })
    }
}

impl Memory {
    fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        // The random part tells apart two copies of this library in one process.
        let (count, random) = (COUNT.fetch_add(1, Ordering::Relaxed), fastrand::u64(..));
        Self {
            name: format!("file:/activerecord-{count}-{random:x}?vfs=memdb"),
            file: DatabaseFile::in_memory(),
            anchor: Mutex::new(None),
        }
    }

    fn open(&self) -> rusqlite::Result<rusqlite::Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let open =
            || rusqlite::Connection::open_with_flags(&self.name, with_common(flags | OpenFlags::SQLITE_OPEN_URI));
        let mut anchor = self.anchor.lock().unwrap_or_else(PoisonError::into_inner);
        if anchor.is_none() {
            *anchor = Some(open()?);
        }
        open()
    }
}

/// Without SQLite's own mutex: one thread at a time uses a connection.
fn with_common(flags: OpenFlags) -> OpenFlags {
    flags | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_EXRESCODE
}

fn connect(settings: &Arc<Settings>, memory: Option<&Memory>) -> Result<SqliteConnection> {
    let (connection, file) = match (&settings.place, memory) {
        (Place::File { path, access }, _) => open_file(path, *access)?,
        (Place::Memory, Some(memory)) => (memory.open().map_err(error::from_driver)?, Arc::clone(&memory.file)),
        (Place::Memory, None) => return Err(Error::configuration("a database in memory needs its backend")),
    };
    set_up(&connection, settings).map_err(|error| match &settings.place {
        Place::File { path, .. } => error.context(format_args!("the database `{}`", path.display())),
        Place::Memory => error,
    })?;
    SqliteConnection::new(connection, file, settings)
}

fn open_file(path: &Path, access: FileAccess) -> Result<(rusqlite::Connection, Arc<DatabaseFile>)> {
    let flags = match access {
        FileAccess::Read => OpenFlags::SQLITE_OPEN_READ_ONLY,
        FileAccess::Write => OpenFlags::SQLITE_OPEN_READ_WRITE,
        FileAccess::Create => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
    };
    let at_open = |error| error::at_open(path, access == FileAccess::Create, error);
    let connection = rusqlite::Connection::open_with_flags(path, with_common(flags)).map_err(at_open)?;
    let canonical = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    Ok((connection, DatabaseFile::at(canonical)))
}

/// Sets what every statement relies on in a new session.
fn set_up(connection: &rusqlite::Connection, settings: &Settings) -> Result<()> {
    // This runs on a blocking thread, where SQLite may wait for locks. Later it must not.
    connection.busy_timeout(settings.busy_timeout).map_err(error::from_driver)?;
    configure(connection, settings).map_err(error::from_driver)?;
    if let Some(mode) = settings.journal_mode {
        set_journal_mode(connection, mode, settings.busy_timeout)?;
    }
    if let Place::File { .. } = settings.place {
        // Reads the schema now: the first statement is faster, and a file that is not a database is an error here.
        let schema = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()));
        schema.map_err(error::from_driver)?;
    }
    dialect::extend(connection).map_err(error::from_driver)?;
    connection.busy_timeout(Duration::ZERO).map_err(error::from_driver)
}

fn configure(connection: &rusqlite::Connection, settings: &Settings) -> rusqlite::Result<()> {
    for (config, on) in [
        (DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, settings.foreign_keys),
        // "x" is always a name, never a text: a misspelt column is an error.
        (DbConfig::SQLITE_DBCONFIG_DQS_DML, false),
        (DbConfig::SQLITE_DBCONFIG_DQS_DDL, false),
        // A schema of unknown origin can call harmless functions only.
        (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
    ] {
        connection.set_db_config(config, on)?;
    }
    if settings.exclusive {
        // Before journal_mode: the write-ahead log then needs no shared memory.
        connection.pragma_update(None, "locking_mode", "exclusive")?;
    }
    if let Place::File { .. } = settings.place {
        // A database in memory has nothing to synchronize, and the pragma would wait for an open transaction.
        connection.pragma_update(None, "synchronous", settings.synchronous)?;
    }
    for (pragma, value) in
        [("cache_size", settings.cache_size), ("page_size", settings.page_size), ("max_page_count", settings.max_pages)]
    {
        if let Some(value) = value {
            connection.pragma_update(None, pragma, value)?;
        }
    }
    Ok(())
}

/// Changes the journal mode. SQLite does not wait for the locks of this change, so this function does.
fn set_journal_mode(connection: &rusqlite::Connection, mode: &str, timeout: Duration) -> Result<()> {
    let deadline = Instant::now() + timeout;
    loop {
        let set = connection.pragma_update_and_check(None, "journal_mode", mode, |row| row.get::<_, String>(0));
        match set.map_err(error::from_driver) {
            Ok(now) if now == mode => return Ok(()),
            Ok(now) => return Err(Error::configuration(format!("journal_mode is `{now}` and cannot become `{mode}`"))),
            Err(error) if error.kind() == ErrorKind::Busy && Instant::now() < deadline => {
                std::thread::sleep(Duration::from_millis(fastrand::u64(1..10)));
            }
            // The file or its directory is read-only: its mode stays.
            Err(error) if error.is_read_only() => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}
