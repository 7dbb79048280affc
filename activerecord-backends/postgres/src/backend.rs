//! One server.

use std::sync::Arc;

use activerecord_core::backend::{Backend, BoxFuture, Connection, Notifications, send_at_once};
use activerecord_core::{Config, Dialect, Error, ErrorKind, POSTGRESQL, Result};
use sqlx::postgres::PgConnection;
use sqlx::{Connection as _, Row as _};

use crate::config::Settings;
use crate::connection::PostgresConnection;
use crate::error;
use crate::listener::PostgresListener;

/// The oldest version that is served, as `server_version_num` has it.
const OLDEST: u32 = 12_00_00;

/// The first version that can look for a client that is gone while it works.
const CHECKS_CLIENT: u32 = 14_00_00;

/// Makes the backend of a configuration. It connects to nothing.
///
/// # Errors
/// `Configuration` when a setting is unknown or wrong.
pub(crate) fn open(config: &Config) -> Result<Arc<dyn Backend>> {
    Ok(Arc::new(PostgresBackend { settings: Settings::read(config)? }))
}

#[derive(Debug)]
struct PostgresBackend {
    settings: Settings,
}

impl Backend for PostgresBackend {
    fn dialect(&self) -> &'static Dialect {
        &POSTGRESQL
    }

    fn connect(&self) -> BoxFuture<'_, Result<Box<dyn Connection>>> {
        Box::pin(async move {
            let connection = within_timeout(&self.settings, connect(&self.settings)).await?;
            Ok(Box::new(connection) as Box<dyn Connection>)
        })
    }

    fn listen<'a>(&'a self, channel: &'a str) -> BoxFuture<'a, Result<Box<dyn Notifications>>> {
        Box::pin(async move {
            let listener = within_timeout(&self.settings, PostgresListener::open(&self.settings, channel)).await?;
            Ok(Box::new(listener) as Box<dyn Notifications>)
        })
    }
}

/// Waits for a session for no longer than the settings say. An error names the place.
async fn within_timeout<T>(settings: &Settings, opening: impl Future<Output = Result<T>>) -> Result<T> {
    let timeout = settings.connect_timeout;
    let opened = tokio::time::timeout(timeout, opening).await.unwrap_or_else(|_| {
        Err(Error::new(ErrorKind::ConnectionLost, format!("it has not answered within connect_timeout ({timeout:?})")))
    });
    opened.map_err(|error| error.context(format_args!("PostgreSQL at {}", settings.place())))
}

async fn connect(settings: &Settings) -> Result<PostgresConnection> {
    let mut driver = PgConnection::connect_with(&settings.driver).await.map_err(error::at_connect)?;
    send_at_once(settings.driver.get_port());
    let version = driver.server_version_num().unwrap_or(OLDEST);
    if version < OLDEST {
        return Err(too_old(version));
    }
    let mut capabilities = *POSTGRESQL.capabilities();
    capabilities.prepared_transactions = set_up(&mut driver, version).await?;
    Ok(PostgresConnection::new(driver, capabilities))
}

/// Finishes the session's settings, and tells whether transactions can be prepared. One round trip.
async fn set_up(driver: &mut PgConnection, version: u32) -> Result<bool> {
    const ASK: &str = "SELECT current_setting('max_prepared_transactions'), \
        set_config('standard_conforming_strings', 'on', false)";
    const ASK_AND_CHECK: &str = "SELECT current_setting('max_prepared_transactions'), \
        set_config('standard_conforming_strings', 'on', false), set_config('client_connection_check_interval', '1s', false)";
    let asked = match ask(driver, if version < CHECKS_CLIENT { ASK } else { ASK_AND_CHECK }).await {
        // A server on a system where it cannot look.
        Err(sqlx::Error::Database(_)) => ask(driver, ASK).await,
        asked => asked,
    };
    asked.map_err(error::at_connect)
}

async fn ask(driver: &mut PgConnection, query: &'static str) -> Result<bool, sqlx::Error> {
    let row = sqlx::raw_sql(query).fetch_one(driver).await?;
    let most = row.try_get_raw(0)?.as_str().map_err(sqlx::Error::Decode)?.parse();
    Ok(most.is_ok_and(|most: u32| most > 0))
}

#[cold]
fn too_old(version: u32) -> Error {
    let (major, oldest) = (version / 10_000, OLDEST / 10_000);
    Error::unsupported(format!("the server is PostgreSQL {major}, and version {oldest} is the oldest that is served"))
}
