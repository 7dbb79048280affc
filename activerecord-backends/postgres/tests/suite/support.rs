//! Shared code of the tests: the backend, a schema for each test, and short forms for statements.

use std::pin::pin;
use std::time::{Duration, Instant};

use activerecord_core::Config;
use activerecord_postgres as _;
pub(crate) use test_support::backend::*;

/// The server's settings.
pub(crate) fn config() -> Config {
    patient(&url())
}

/// The settings of another database of the server.
pub(crate) fn config_of(database: &str) -> Config {
    let url = url();
    patient(&format!("{}/{database}", url.rsplit_once('/').unwrap().0))
}

/// Connecting has a long limit, because a slow machine may need it.
fn patient(url: &str) -> Config {
    Config::url(url).unwrap().option("connect_timeout", "60s")
}

fn url() -> String {
    std::env::var("DATABASE_URL_POSTGRES").expect(
        "DATABASE_URL_POSTGRES is not set: run `cargo xtask test`, which starts the servers, or see `cargo xtask services env`",
    )
}

/// Opens a connection with a new schema as its search path. The next run of the test drops the schema.
pub(crate) async fn schema(name: &str) -> Conn {
    let mut c = connect(&in_schema(name)).await;
    run(&mut c, &format!("DROP SCHEMA IF EXISTS \"{name}\" CASCADE")).await.unwrap();
    run(&mut c, &format!("CREATE SCHEMA \"{name}\"")).await.unwrap();
    c
}

/// The settings of a connection to that schema.
pub(crate) fn in_schema(name: &str) -> Config {
    config().option("search_path", format!("\"{name}\""))
}

pub(crate) async fn connect(config: &Config) -> Conn {
    backend(config).unwrap().connect().await.unwrap()
}

/// Returns the ID of the server process of a connection.
pub(crate) async fn process(connection: &mut Conn) -> i64 {
    one(connection, "SELECT pg_backend_pid()").await.unwrap()
}

/// Ends a session on the server, and waits until it is gone.
pub(crate) async fn kill(process: i64) {
    let mut c = connect(&config()).await;
    let killed = format!("SELECT pg_terminate_backend({process}, 300000)");
    assert!(one::<bool>(&mut c, &killed).await.unwrap());
}

/// Waits until a session executes `pg_sleep`, so that its statement runs on the server.
pub(crate) async fn until_it_sleeps(process: i64) {
    until(&format!("EXISTS (SELECT FROM pg_stat_activity WHERE pid = {process} AND wait_event = 'PgSleep')")).await;
}

/// Waits until a session is gone.
pub(crate) async fn until_gone(process: i64) {
    until(&format!("NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = {process})")).await;
}

/// Waits until a condition is true on the server.
async fn until(condition: &str) {
    let mut observer = connect(&config()).await;
    let (query, started) = (format!("SELECT {condition}"), Instant::now());
    while !one::<bool>(&mut observer, &query).await.unwrap() {
        assert!(started.elapsed() < Duration::from_secs(300), "still false after five minutes: {condition}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The numbers of polls after which a future is dropped: all up to `usual`, then larger ones. A slow server needs the
/// larger ones to complete a call.
pub(crate) fn numbers_of_polls(usual: u32) -> impl Iterator<Item = u32> {
    (0..usual).chain((1..12_u32).map(move |doublings| usual << doublings))
}

/// Polls a future a number of times, with pauses for the server, and drops it.
pub(crate) async fn poll_and_drop<T>(future: impl Future<Output = T>, polls: u32) -> Option<T> {
    let mut future = pin!(future);
    for _ in 0..polls {
        if let Some(output) = poll_once(future.as_mut()).await {
            return Some(output);
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    None
}
