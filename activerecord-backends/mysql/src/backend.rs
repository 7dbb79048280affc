//! One server: opens sessions and prepares each for use.

use std::sync::Arc;

use activerecord_core::backend::{Backend, BoxFuture, Connection};
use activerecord_core::{Config, Dialect, Error, MYSQL, Result};
use activerecord_sqlx::{Address, tune_socket, within_timeout};
use futures_util::TryStreamExt;
use sqlx::mysql::MySqlRow;
use sqlx::{AssertSqlSafe, ConnectOptions, Either, MySqlConnection, Row};

use crate::config::Settings;
use crate::connection::Session;
use crate::dialect::{Flavour, Server};
use crate::error;

/// Creates the backend of a configuration, without connecting.
///
/// # Errors
/// `Configuration` for an unknown option or an invalid value.
pub(crate) fn open(config: &Config) -> Result<Arc<dyn Backend>> {
    Ok(Arc::new(MySqlBackend { settings: Settings::read(config)? }))
}

#[derive(Debug)]
struct MySqlBackend {
    settings: Settings,
}

impl Backend for MySqlBackend {
    fn dialect(&self) -> &'static Dialect {
        &MYSQL
    }

    fn connect(&self) -> BoxFuture<'_, Result<Box<dyn Connection>>> {
        Box::pin(async move {
            let settings = &self.settings;
            let session = within_timeout(&settings.place, settings.connect_timeout, connect(settings)).await?;
            Ok(Box::new(session) as Box<dyn Connection>)
        })
    }
}

async fn connect(settings: &Settings) -> Result<Session> {
    let at_connect = |error| error::at_connect(&settings.place, error);
    let mut connection = settings.options.connect().await.map_err(at_connect)?;
    let facts = set_up(&mut connection, settings).await?;
    if let Some(client) = facts.client {
        tune_socket(client, Address::new(settings.options.get_host(), settings.options.get_port())).await;
    }
    if let Some(timeout) = settings.statement_timeout {
        let (variable, value) = match facts.server.flavour {
            Flavour::MariaDb => ("max_statement_time", timeout.as_secs_f64().to_string()),
            Flavour::MySql => ("max_execution_time", timeout.as_millis().max(1).to_string()),
        };
        run(&mut connection, format!("SET SESSION {variable} = {value}")).await.map_err(at_connect)?;
    }
    Ok(Session::new(connection, &settings.place, facts))
}

/// What the server reports about itself and the session.
pub(crate) struct Facts {
    pub(crate) server: Server,
    /// Whether a lock timeout rolls back the whole transaction.
    pub(crate) timeout_ends_transaction: bool,
    /// The largest packet that the server accepts, in bytes.
    pub(crate) max_packet: usize,
    /// The client's address as the server sees it; `None` on a Unix socket, or if the server does not report it.
    client: Option<Address>,
}

/// Asks for the facts and applies the settings of the session, in one round trip.
async fn set_up(connection: &mut MySqlConnection, settings: &Settings) -> Result<Facts> {
    const FACTS: &str = "SELECT VERSION(), @@innodb_rollback_on_timeout = 1, @@max_allowed_packet";
    // Each server reads one of the two comments. Reading one's own session needs no privilege. It comes last, so that an error in
    // it leaves the rest in place.
    const CLIENT: &str = "SELECT host FROM /*!80022 performance_schema. *//*M! information_schema. */processlist \
        WHERE id = CONNECTION_ID()";
    let text = format!("{FACTS}; {}; {CLIENT}", session_settings(settings));
    let mut facts = None;
    let mut answered = 0;
    let mut answers = sqlx::raw_sql(AssertSqlSafe(text)).fetch_many(connection);
    loop {
        match answers.try_next().await {
            Ok(Some(Either::Right(row))) => match &mut facts {
                None => facts = Some(Facts::read(&row)?),
                Some(facts) => facts.client = client(&row),
            },
            Ok(Some(Either::Left(_))) => answered += 1,
            Err(sqlx::Error::Database(_)) if answered == 2 => break,
            Ok(None) => break,
            Err(error) => return Err(error::at_connect(&settings.place, error)),
        }
    }
    facts.ok_or_else(|| Error::configuration("the server does not report its version"))
}

impl Facts {
    /// Reads the row of facts. A server that is too old is refused here, before it reports an error in the settings.
    fn read(row: &MySqlRow) -> Result<Self> {
        let of_row =
            |error: sqlx::Error| Error::configuration(format!("the server does not report its version: {error}"));
        let version: String = row.try_get_unchecked(0).map_err(of_row)?;
        let on_timeout: i64 = row.try_get_unchecked(1).map_err(of_row)?;
        let max_packet: u64 = row.try_get_unchecked(2).map_err(of_row)?;
        Ok(Self {
            server: Server::check(&version)?,
            timeout_ends_transaction: on_timeout == 1,
            max_packet: usize::try_from(max_packet).unwrap_or(usize::MAX),
            client: None,
        })
    }
}

/// Reads `HOST:PORT`; on a Unix socket there is no port.
fn client(row: &MySqlRow) -> Option<Address> {
    let host: String = row.try_get_unchecked(0).ok()?;
    let (host, port) = host.rsplit_once(':')?;
    Some(Address::new(host, port.parse().ok()?))
}

/// Settings without which the server can silently change a result, for one `SET`. Each server reads one of the comments.
///
/// - `sql_select_limit` and `group_concat_max_len` cut a result without an error. So does MariaDB's limit of recursive queries.
///   The largest packet has 1 GiB.
/// - With `sql_auto_is_null`, `id IS NULL` finds the last inserted row. `completion_type` can begin a transaction after a COMMIT.
const LIMITS: &str = "sql_select_limit = 18446744073709551615, sql_big_selects = 1, group_concat_max_len = 1073741824, \
    sql_auto_is_null = 0, completion_type = 0, unique_checks = 1\
    /*M! , max_recursive_iterations = 4294967295, check_constraint_checks = 1 */\
    /*!80003 , cte_max_recursion_depth = 4294967295 */";

/// The statement that applies the settings of a session.
fn session_settings(settings: &Settings) -> String {
    const MODE: &str = "STRICT_TRANS_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,\
        NO_ENGINE_SUBSTITUTION,ONLY_FULL_GROUP_BY,PIPES_AS_CONCAT";
    // The second variable is for metadata locks, which a change of a table's definition takes.
    let lock_timeout = |n| format!(", innodb_lock_wait_timeout = {n}, lock_wait_timeout = {n}");
    let lock_timeout = settings.lock_timeout.map(lock_timeout).unwrap_or_default();
    format!(
        "SET NAMES utf8mb4 COLLATE {}, time_zone = '+00:00', sql_mode = '{MODE}', autocommit = 1, \
         foreign_key_checks = 1{lock_timeout}, {LIMITS}",
        settings.collation
    )
}

async fn run(connection: &mut MySqlConnection, text: String) -> std::result::Result<(), sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(text)).execute(connection).await.map(drop)
}
