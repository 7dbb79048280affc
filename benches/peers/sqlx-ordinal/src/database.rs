//! The database of this build.

use protocol::{Database, Result, Store};
use sqlx::ConnectOptions;

#[cfg(feature = "mariadb")]
pub(crate) use sqlx::mysql::{
    MySql as Db, MySqlArguments as Arguments, MySqlConnection as Connection, MySqlRow as Row,
};
#[cfg(feature = "postgres")]
pub(crate) use sqlx::postgres::{PgArguments as Arguments, PgConnection as Connection, PgRow as Row, Postgres as Db};

/// The database.
pub(crate) const DATABASE: Database = if cfg!(feature = "postgres") { Database::Postgres } else { Database::Mariadb };

/// The connection options.
type Options = <Connection as sqlx::Connection>::Options;

pub(crate) fn options(store: &Store) -> Result<Options> {
    let options: Options = store.url().ok_or("not a server")?.parse()?;
    #[cfg(feature = "mariadb")]
    let options = options.ssl_mode(sqlx::mysql::MySqlSslMode::Disabled);
    Ok(options.disable_statement_logging())
}
