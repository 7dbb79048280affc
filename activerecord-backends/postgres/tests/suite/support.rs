//! Shared by the tests: the backend as core finds it, a schema for each test, and short forms for statements.

use std::pin::pin;
use std::time::Duration;

use activerecord_core::Config;
use activerecord_postgres as _;
pub(crate) use test_support::backend::*;

/// The server's settings.
pub(crate) fn config() -> Config {
    Config::url(url()).unwrap()
}

/// The settings of another database of the server.
pub(crate) fn config_of(database: &str) -> Config {
    let url = url();
    Config::url(format!("{}/{database}", url.rsplit_once('/').unwrap().0)).unwrap()
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
    let killed = format!("SELECT pg_terminate_backend({process}, 5000)");
    assert!(one::<bool>(&mut c, &killed).await.unwrap());
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
