//! A backend that is SQLite at the pace of a server: every call returns `Pending` before its work, and again between its
//! work and its answer. So a test can drop a call that has not begun, and one whose answer is lost.

#![allow(dead_code, reason = "not every binary breaks it")]

use std::sync::Arc;

use activerecord::backend::{Backend, BackendFactory, BoxFuture, Connection, Control, Outcome};
use activerecord::sql::Sql;
use activerecord::{Capabilities, Config, Dialect, Error, ErrorKind, Result, SQLITE, Sink};
use tokio::task::yield_now;

inventory::submit! { BackendFactory { dialect: &SQLITE, schemes: &["stepwise"], open } }

/// The settings of this backend for the file of an SQLite URL.
pub(crate) fn stepwise(url: &str) -> Result<Config> {
    Ok(Config::url("stepwise://file")?.option("url", url))
}

/// The same, of a connection that claims to be fit for its next user, whatever its last one has left open: by that, tests
/// show what they would notice.
pub(crate) fn broken(url: &str) -> Result<Config> {
    Ok(stepwise(url)?.option("broken", "yes"))
}

fn open(config: &Config) -> Result<Arc<dyn Backend>> {
    let sqlite = inventory::iter::<BackendFactory>().find(|factory| factory.schemes.contains(&"sqlite"));
    let open = sqlite.ok_or_else(|| Error::configuration("SQLite is not compiled in"))?.open;
    let inner = open(&Config::url(config.get_option("url").unwrap_or_default())?)?;
    Ok(Arc::new(Stepwise { inner, broken: config.get_option("broken") == Some("yes") }))
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
    /// Whether a call was dropped: then nobody knows what the next answer belongs to.
    in_doubt: bool,
    broken: bool,
}

impl StepwiseConnection {
    async fn step<'a, T>(
        &'a mut self,
        call: impl FnOnce(&'a mut dyn Connection) -> BoxFuture<'a, Result<T>>,
    ) -> Result<T> {
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

    fn execute<'a>(&'a mut self, sql: &'a Sql) -> BoxFuture<'a, Result<Outcome>> {
        Box::pin(self.step(|inner| inner.execute(sql)))
    }

    fn fetch<'a>(&'a mut self, sql: &'a Sql, sink: &'a mut Sink<'a>) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.step(|inner| inner.fetch(sql, sink)))
    }

    fn control<'a>(&'a mut self, control: Control<'a>) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.step(move |inner| inner.control(control)))
    }

    fn ping(&mut self) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.step(|inner| inner.ping()))
    }

    fn is_reusable(&self) -> bool {
        self.broken || (!self.in_doubt && self.inner.is_reusable())
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, ()> {
        self.inner.close()
    }
}
