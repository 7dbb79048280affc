//! The database of this build, and the settings of its pool.

use protocol::{CONNECTIONS, Database, Result, Store};
use sqlx::ConnectOptions;
use sqlx::pool::PoolOptions;

#[cfg(feature = "mariadb")]
pub(crate) use sqlx::mysql::{MySql as Db, MySqlArguments as Arguments, MySqlRow as Row};
#[cfg(feature = "postgres")]
pub(crate) use sqlx::postgres::{PgArguments as Arguments, PgRow as Row, Postgres as Db};
#[cfg(feature = "sqlite")]
pub(crate) use sqlx::sqlite::{Sqlite as Db, SqliteArguments as Arguments, SqliteRow as Row};

/// The database.
pub(crate) const DATABASE: Database = if cfg!(feature = "sqlite") {
    Database::Sqlite
} else if cfg!(feature = "postgres") {
    Database::Postgres
} else {
    Database::Mariadb
};

/// The connection options.
type Options = <<Db as sqlx::Database>::Connection as sqlx::Connection>::Options;

/// Opens a pool without a ping before each use. The ping after each use cannot be switched off.
pub(crate) async fn connect(store: &Store) -> Result<sqlx::Pool<Db>> {
    // A second connection would open another database.
    let connections = if *store == Store::Memory { 1 } else { CONNECTIONS as u32 };
    let pool = PoolOptions::new().max_connections(connections).test_before_acquire(false);
    let pool = pool.idle_timeout(None).max_lifetime(None);
    Ok(pool.connect_with(options(store)?.disable_statement_logging()).await?)
}

#[cfg(feature = "sqlite")]
fn options(store: &Store) -> Result<Options> {
    use sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
    let options = match store {
        Store::File(path) => Options::new().filename(path).create_if_missing(true).journal_mode(SqliteJournalMode::Wal),
        _ => "sqlite::memory:".parse()?,
    };
    Ok(options.synchronous(SqliteSynchronous::Normal).foreign_keys(true))
}

#[cfg(feature = "postgres")]
fn options(store: &Store) -> Result<Options> {
    Ok(store.url().ok_or("not a server")?.parse()?)
}

#[cfg(feature = "mariadb")]
fn options(store: &Store) -> Result<Options> {
    let options: Options = store.url().ok_or("not a server")?.parse()?;
    Ok(options.ssl_mode(sqlx::mysql::MySqlSslMode::Disabled))
}
