//! SQLite with the timing of a server: every call returns `Pending` before its work, and again between its work and its
//! answer. So a test can drop a call before its work, and between its work and its answer.

use std::sync::Arc;

use activerecord::backend::{Answer, Backend, BackendFactory, BoxFuture, Connection, Control, Outcome};
use activerecord::sql::Sql;
use activerecord::{
    Capabilities, Config, ConnectionManager, Dialect, Error, ErrorKind, PoolOptions, Result, SQLITE, Sink,
};
use tokio::task::yield_now;

use crate::pool::TIME_LIMIT;

inventory::submit! { BackendFactory { dialect: &SQLITE, schemes: &["stepwise"], open } }

/// Registers such a connection to the file of a database, and returns its name.
pub fn stepwise(database: &str, path: &str, pool: PoolOptions) -> Result<String> {
    let name = format!("{database} stepwise");
    ConnectionManager::configure(&name, Config::url(url(path))?.pool(pool))?;
    Ok(name)
}

/// The URL of the file for this backend. With `&broken=yes` a connection always reports that it is reusable, also
/// inside a transaction. Tests use this to show that they detect it.
pub fn url(path: &str) -> String {
    format!("stepwise://file?path={path}")
}

fn open(config: &Config) -> Result<Arc<dyn Backend>> {
    let sqlite = inventory::iter::<BackendFactory>().find(|factory| factory.schemes.contains(&"sqlite"));
    let open = sqlite.ok_or_else(|| Error::configuration("SQLite is not compiled in"))?.open;
    let path = config.text("path").unwrap_or_default();
    let busy_timeout = config.text("busy_timeout").unwrap_or(TIME_LIMIT);
    let file = Config::sqlite(path).option("mode", "rwc").option("busy_timeout", busy_timeout);
    let inner = open(&file.option("synchronous", "normal"))?;
    Ok(Arc::new(Stepwise { inner, broken: config.text("broken") == Some("yes") }))
}

#[derive(Debug)]
struct Stepwise {
    inner: Arc<dyn Backend>,
    broken: bool,
}

impl Backend for Stepwise {
    fn dialect(&self) -> &'static Dialect {
        self.inner.dialect()
    }

    fn connect(&self) -> BoxFuture<'_, Result<Box<dyn Connection>>> {
        Box::pin(async {
            yield_now().await;
            let inner = self.inner.connect().await?;
            yield_now().await;
            let connection: Box<dyn Connection> =
                Box::new(StepwiseConnection { inner, in_doubt: false, broken: self.broken });
            Ok(connection)
        })
    }
}

struct StepwiseConnection {
    inner: Box<dyn Connection>,
    /// Whether a call was dropped. Then it is not known which call the next answer belongs to.
    in_doubt: bool,
    broken: bool,
}

impl StepwiseConnection {
    async fn step<'a, T, F>(&'a mut self, call: impl FnOnce(&'a mut dyn Connection) -> F) -> Result<T>
    where
        F: Future<Output = Result<T>> + 'a,
    {
        let Self { inner, in_doubt, broken } = self;
        if *in_doubt && !*broken {
            return Err(Error::new(ErrorKind::ConnectionLost, "the answer to an earlier call was never read"));
        }
        *in_doubt = true;
        yield_now().await;
        let result = call(&mut **inner).await;
        yield_now().await;
        *in_doubt = false;
        result
    }
}

impl Connection for StepwiseConnection {
    fn capabilities(&self) -> &Capabilities {
        self.inner.capabilities()
    }

    fn execute<'a>(&'a mut self, sql: &'a Sql) -> Answer<'a, Result<Outcome>> {
        Answer::later(self.step(|inner| inner.execute(sql)))
    }

    fn fetch<'a>(&'a mut self, sql: &'a Sql, sink: &'a mut Sink<'a>) -> Answer<'a, Result<()>> {
        Answer::later(self.step(|inner| inner.fetch(sql, sink)))
    }

    fn control<'a>(&'a mut self, control: Control<'a>) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.step(move |inner| inner.control(control)))
    }

    fn ping(&mut self) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.step(Connection::ping))
    }

    fn is_reusable(&self) -> bool {
        self.broken || (!self.in_doubt && self.inner.is_reusable())
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, ()> {
        self.inner.close()
    }
}
