//! Shared code of the tests: the servers, the backend, and short forms for statements.

use std::sync::Arc;
use std::time::{Duration, Instant};

use activerecord_core::Config;
use activerecord_core::backend::Backend;
use activerecord_mysql as _;
pub(crate) use test_support::backend::*;
use test_support::is_left_out;

/// The servers of the tests: name, and variable with the URL.
const SERVERS: [(&str, &str); 2] = [("mariadb", "DATABASE_URL_MARIADB"), ("mysql", "DATABASE_URL_MYSQL")];

/// A database on one server for one test. It is dropped after the test.
pub(crate) struct Server {
    pub(crate) name: &'static str,
    pub(crate) url: String,
    pub(crate) database: String,
    pub(crate) backend: Arc<dyn Backend>,
}

impl Server {
    pub(crate) fn is_mariadb(&self) -> bool {
        self.name == "mariadb"
    }

    pub(crate) async fn connect(&self) -> Conn {
        self.backend.connect().await.unwrap()
    }

    /// The settings of the test's database. Connecting has a long limit, because a slow machine may need it.
    pub(crate) fn config(&self) -> Config {
        Config::url(self.url_of(&self.database)).unwrap().option("connect_timeout", "60s")
    }

    pub(crate) async fn is_without_tls(&self, c: &mut Conn) -> bool {
        let ciphers = rows(c, "SHOW VARIABLES LIKE 'ssl_cert'", vec![]).await.unwrap();
        ciphers[0].get::<Option<String>>(1).unwrap().is_none_or(|file| file.is_empty())
    }

    /// The URL of a database.
    pub(crate) fn url_of(&self, database: &str) -> String {
        let (server, _) = self.url.rsplit_once('/').unwrap();
        format!("{server}/{database}")
    }

    /// A backend of the test's database with other settings.
    pub(crate) fn with(&self, change: impl FnOnce(Config) -> Config) -> Arc<dyn Backend> {
        backend(&change(self.config())).unwrap()
    }
}

/// Runs a test on each server, each time in a new database.
pub(crate) fn on_each_server(test: impl AsyncFn(&Server)) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    for (name, variable) in SERVERS {
        if let Some(url) = url(name, variable) {
            runtime.block_on(on_server(name, url, &test));
        }
    }
}

fn url(name: &str, variable: &str) -> Option<String> {
    if is_left_out(name) {
        println!("left out: {name}");
        return None;
    }
    let url = std::env::var(variable);
    Some(url.unwrap_or_else(|_| {
        panic!("{variable} is not set: run `cargo xtask test`, or set what `cargo xtask services env` prints")
    }))
}

async fn on_server(name: &'static str, url: String, test: &impl AsyncFn(&Server)) {
    println!("on {name}");
    let root = backend(&Config::url(&url).unwrap()).unwrap();
    let database = format!("ar_{}_{:08x}", std::process::id(), fastrand::u32(..));
    run(&mut root.connect().await.unwrap(), &format!("CREATE DATABASE {database}")).await.unwrap();
    let mut server = Server { name, url, database, backend: Arc::clone(&root) };
    server.backend = server.with(|config| config);
    test(&server).await;
    run(&mut root.connect().await.unwrap(), &format!("DROP DATABASE {}", server.database)).await.unwrap();
}

/// Returns the ID of a session on the server.
pub(crate) async fn session(c: &mut Conn) -> u64 {
    one(c, "SELECT connection_id()").await.unwrap()
}

/// Waits until a session executes `sleep`, so that its statement runs on the server.
pub(crate) async fn until_it_sleeps(observer: &mut Conn, session: u64) {
    until(observer, &format!("EXISTS (SELECT 1 FROM {SESSIONS} WHERE id = {session} AND state = 'User sleep')")).await;
}

/// Waits until a session is gone.
pub(crate) async fn until_gone(observer: &mut Conn, session: u64) {
    until(observer, &format!("NOT EXISTS (SELECT 1 FROM {SESSIONS} WHERE id = {session})")).await;
}

const SESSIONS: &str = "information_schema.processlist";

/// Waits until a condition is true on the server.
async fn until(observer: &mut Conn, condition: &str) {
    let (query, started) = (format!("SELECT {condition}"), Instant::now());
    while !one::<bool>(observer, &query).await.unwrap() {
        assert!(started.elapsed() < Duration::from_secs(300), "still false after five minutes: {condition}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
