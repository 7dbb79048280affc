//! One server: opens sessions and prepares each for use.

use std::sync::Arc;

use activerecord_core::backend::{Backend, BoxFuture, Connection, Notifications};
use activerecord_core::{Config, Dialect, Error, POSTGRESQL, Result};
use activerecord_sqlx::{Address, tune_socket};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _, Row as _};

use crate::config::Settings;
use crate::connection::PostgresConnection;
use crate::error;
use crate::listener::PostgresListener;

/// The oldest supported version, in the form of `server_version_num`.
const OLDEST: u32 = 12_00_00;

/// The first version that can check, during a statement, whether its client is still connected.
const CHECKS_CLIENT: u32 = 14_00_00;

/// Creates the backend of a configuration, without connecting.
///
/// # Errors
/// `Configuration` for an unknown option or an invalid value.
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
            let connection = self.settings.within_timeout(connect(&self.settings)).await?;
            Ok(Box::new(connection) as Box<dyn Connection>)
        })
    }

    fn listen<'a>(&'a self, channel: &'a str) -> BoxFuture<'a, Result<Box<dyn Notifications>>> {
        Box::pin(async move {
            let listener = self.settings.within_timeout(PostgresListener::open(&self.settings, channel)).await?;
            Ok(Box::new(listener) as Box<dyn Notifications>)
        })
    }
}

async fn connect(settings: &Settings) -> Result<PostgresConnection> {
    let mut driver = PgConnection::connect_with(&settings.driver).await.map_err(error::at_connect)?;
    let version = driver.server_version_num().unwrap_or(OLDEST);
    if version < OLDEST {
        return Err(too_old(version));
    }
    let facts = set_up(&mut driver, version).await.map_err(error::at_connect)?;
    if let Some(client) = facts.client {
        tune_socket(client, Address::new(settings.driver.get_host(), settings.driver.get_port())).await;
    }
    let mut capabilities = *POSTGRESQL.capabilities();
    capabilities.prepared_transactions = facts.prepares_transactions;
    Ok(PostgresConnection::new(driver, capabilities))
}

/// What the server reports about itself and the session.
struct Facts {
    prepares_transactions: bool,
    /// The client's address as the server sees it; `None` on a Unix socket.
    client: Option<Address>,
}

/// Applies the settings of the session that the login cannot carry, and asks for the facts. One round trip.
async fn set_up(driver: &mut PgConnection, version: u32) -> Result<Facts, sqlx::Error> {
    // `transform_null_equals` changes what `= NULL` finds, and `gin_fuzzy_search_limit` leaves out rows at random.
    const ASK: &str = "SELECT current_setting('max_prepared_transactions'), host(inet_client_addr()), inet_client_port(), \
        set_config('standard_conforming_strings', 'on', false), set_config('transform_null_equals', 'off', false), \
        set_config('gin_fuzzy_search_limit', '0', false)";
    const CHECK: &str = ", set_config('client_connection_check_interval', '1s', false)";
    match ask(driver, &format!("{ASK}{}", if version < CHECKS_CLIENT { "" } else { CHECK })).await {
        // The server runs on a system that does not support the check.
        Err(sqlx::Error::Database(_)) => ask(driver, ASK).await,
        asked => asked,
    }
}

async fn ask(driver: &mut PgConnection, query: &str) -> Result<Facts, sqlx::Error> {
    let row = sqlx::raw_sql(AssertSqlSafe(query)).fetch_one(driver).await?;
    let text = |ordinal: usize| row.try_get_unchecked::<Option<&str>, _>(ordinal);
    let most = text(0)?.and_then(|most| most.parse().ok());
    let client = text(1)?.zip(text(2)?.and_then(|port| port.parse().ok()));
    Ok(Facts {
        prepares_transactions: most.is_some_and(|most: u32| most > 0),
        client: client.map(|(host, port)| Address::new(host, port)),
    })
}

#[cold]
fn too_old(version: u32) -> Error {
    let (major, oldest) = (version / 10_000, OLDEST / 10_000);
    Error::unsupported(format!("the server is PostgreSQL {major}; the oldest supported version is {oldest}"))
}
