//! The database of this build, and its pool.

use diesel::ConnectionResult;
use diesel_async::pooled_connection::deadpool::Pool;
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};
use futures_util::future::BoxFuture;
use protocol::{CONNECTIONS, Result, Store};

#[cfg(feature = "mariadb")]
pub(crate) type Connection = diesel_async::AsyncMysqlConnection;
#[cfg(feature = "postgres")]
pub(crate) type Connection = diesel_async::AsyncPgConnection;
#[cfg(feature = "sqlite")]
pub(crate) type Connection = diesel_async::sync_connection_wrapper::SyncConnectionWrapper<DbConnection>;
/// The wrapped synchronous connection.
#[cfg(feature = "sqlite")]
pub(crate) type DbConnection = diesel::SqliteConnection;

/// A pool that sends nothing when it hands out a connection.
pub(crate) fn pool(store: &Store) -> Result<Pool<Connection>> {
    let mut config = ManagerConfig::<Connection>::default();
    config.recycling_method = RecyclingMethod::Fast;
    config.custom_setup = Box::new(connect);
    let manager = AsyncDieselConnectionManager::new_with_config(store.url().unwrap_or(&place(store)), config);
    // A second connection would open another database.
    let connections = if *store == Store::Memory { 1 } else { CONNECTIONS };
    Ok(Pool::builder(manager).max_size(connections).build()?)
}

fn place(store: &Store) -> String {
    match store {
        Store::File(path) => path.display().to_string(),
        _ => ":memory:".to_owned(),
    }
}

fn connect(place: &str) -> BoxFuture<'_, ConnectionResult<Connection>> {
    Box::pin(async move {
        use diesel_async::AsyncConnection;
        #[cfg_attr(not(feature = "sqlite"), allow(unused_mut))]
        let mut connection = Connection::establish(place).await?;
        #[cfg(feature = "sqlite")]
        {
            use diesel_async::SimpleAsyncConnection;
            let set_up = connection.batch_execute(protocol::PRAGMAS).await;
            set_up.map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
        }
        Ok(connection)
    })
}
