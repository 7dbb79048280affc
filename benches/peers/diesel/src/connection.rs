//! The database of this build.

use diesel::prelude::*;
use protocol::{Result, Store};

#[cfg(feature = "mariadb")]
pub(crate) type DbConnection = diesel::MysqlConnection;
#[cfg(feature = "postgres")]
pub(crate) type DbConnection = diesel::PgConnection;
#[cfg(feature = "sqlite")]
pub(crate) type DbConnection = diesel::SqliteConnection;

#[cfg(feature = "sqlite")]
pub(crate) fn connect(store: &Store) -> Result<DbConnection> {
    use diesel::connection::SimpleConnection;
    let mut connection = match store {
        Store::File(path) => DbConnection::establish(path.to_str().ok_or("expected a path in UTF-8")?)?,
        _ => DbConnection::establish(":memory:")?,
    };
    connection.batch_execute(protocol::PRAGMAS)?;
    Ok(connection)
}

#[cfg(feature = "postgres")]
pub(crate) fn connect(store: &Store) -> Result<DbConnection> {
    Ok(DbConnection::establish(store.url().ok_or("not a server")?)?)
}

#[cfg(feature = "mariadb")]
pub(crate) fn connect(store: &Store) -> Result<DbConnection> {
    Ok(DbConnection::establish(&format!("{}?ssl_mode=disabled", store.url().ok_or("not a server")?))?)
}
