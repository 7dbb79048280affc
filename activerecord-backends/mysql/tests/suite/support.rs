//! What the tests share: the servers, the backend as core finds it, and statements in a few words.

use std::sync::Arc;

use activerecord_core::backend::{Backend, BackendFactory, Connection, Control, Outcome, TransactionOptions};
use activerecord_core::sql::{Access, Sql};
use activerecord_core::{Config, Flow, FromValue, Result, Row, RowRef, Value};
use activerecord_mysql as _;

pub(crate) type Conn = Box<dyn Connection>;

/// The servers that the tests run on: the name, and the variable with its URL.
const SERVERS: [(&str, &str); 2] = [("mariadb", "DATABASE_URL_MARIADB"), ("mysql", "DATABASE_URL_MYSQL")];

/// A database of a test's own on one server. It is dropped when the test is over.
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

    /// The settings of the test's database.
    pub(crate) fn config(&self) -> Config {
        Config::url(self.url_of(&self.database)).unwrap()
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

pub(crate) fn backend(config: &Config) -> Result<Arc<dyn Backend>> {
    let factory =
        inventory::iter::<BackendFactory>().find(|factory| factory.schemes.contains(&config.scheme())).unwrap();
    (factory.open)(config)
}

/// Runs a test on each server, in a database of its own.
pub(crate) fn on_each_server(test: impl AsyncFn(&Server)) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    for (name, variable) in SERVERS {
        if let Some(url) = url(name, variable) {
            runtime.block_on(on_server(name, url, &test));
        }
    }
}

fn url(name: &str, variable: &str) -> Option<String> {
    let without = std::env::var("ACTIVERECORD_WITHOUT").unwrap_or_default();
    if without.split(',').any(|left_out| left_out.trim() == name) {
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

pub(crate) fn sql(text: &str, binds: Vec<Value>) -> Sql {
    Sql::new(text, binds, Access::Unknown)
}

pub(crate) async fn execute(connection: &mut Conn, text: &str, binds: Vec<Value>) -> Result<Outcome> {
    connection.execute(&sql(text, binds)).await
}

pub(crate) async fn run(connection: &mut Conn, text: &str) -> Result<Outcome> {
    execute(connection, text, Vec::new()).await
}

pub(crate) async fn rows(connection: &mut Conn, text: &str, binds: Vec<Value>) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let mut sink = |row: &dyn RowRef| {
        let columns = (0..row.len()).map(|i| row.column_name(i).into()).collect();
        let values = (0..row.len()).map(|i| Ok(row.value(i)?.to_owned())).collect::<Result<_>>()?;
        rows.push(Row::new(columns, values));
        Ok(Flow::More)
    };
    connection.fetch(&sql(text, binds), &mut sink).await?;
    Ok(rows)
}

pub(crate) async fn one<T: FromValue>(connection: &mut Conn, text: &str) -> Result<T> {
    rows(connection, text, Vec::new()).await?.first().expect("a row").get(0)
}

pub(crate) async fn begin(connection: &mut Conn) -> Result<()> {
    connection.control(Control::Begin(TransactionOptions::default())).await
}

pub(crate) async fn begin_read_only(connection: &mut Conn) -> Result<()> {
    let mut options = TransactionOptions::default();
    options.read_only = true;
    connection.control(Control::Begin(options)).await
}

pub(crate) async fn commit(connection: &mut Conn) -> Result<()> {
    connection.control(Control::Commit).await
}

pub(crate) async fn rollback(connection: &mut Conn) -> Result<()> {
    connection.control(Control::Rollback).await
}

/// Polls a future once.
pub(crate) async fn poll_once<T>(mut future: std::pin::Pin<&mut impl Future<Output = T>>) -> Option<T> {
    std::future::poll_fn(|context| {
        std::task::Poll::Ready(match future.as_mut().poll(context) {
            std::task::Poll::Ready(output) => Some(output),
            std::task::Poll::Pending => None,
        })
    })
    .await
}

/// Polls a future again and again, so that it goes on after a pause.
pub(crate) async fn unpaused<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    loop {
        if let Some(output) = poll_once(future.as_mut()).await {
            return output;
        }
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
}
