use std::future::Future;
use std::io::Write;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use crate::home::Home;
use crate::session::Session;
use crate::{Contestant, Result, Store, Workload};

/// Answers the driver until it closes the input. For contestants that never await.
pub fn serve<C: Contestant>() -> Result<()> {
    match pin!(converse::<C>()).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => Err("a synchronous contestant must not await".into()),
    }
}

/// Answers the driver until it closes the input, on two worker threads of tokio, where a program's tasks usually run.
#[cfg(feature = "tokio")]
pub fn serve_tokio<C: Contestant>() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(runtime.spawn(converse::<C>()))?
}

async fn converse<C: Contestant>() -> Result<()> {
    let mut server = Server::<C> { session: None, home: None };
    let mut line = String::new();
    while std::io::stdin().read_line(&mut line)? > 0 {
        let answer = match server.answer(line.trim_end()).await {
            Ok(answer) => answer,
            Err(error) => format!("error {}", error.to_string().replace('\n', " ")),
        };
        println!("{answer}");
        std::io::stdout().flush()?;
        line.clear();
    }
    server.session = None;
    match server.home {
        Some(home) => home.leave::<C>().await,
        None => Ok(()),
    }
}

struct Server<C> {
    session: Option<Session<C>>,
    home: Option<Home>,
}

impl<C: Contestant> Server<C> {
    async fn answer(&mut self, line: &str) -> Result<String> {
        let words: Vec<&str> = line.splitn(3, ' ').collect();
        match (&words[..], &mut self.session) {
            (["prepare", workload, store], _) => self.prepare(workload.parse()?, Store::from(*store)).await,
            (["run", operations], Some(session)) => {
                let took = session.run(operations.parse()?).await?;
                Ok(format!("took {}", took.as_nanos()))
            }
            (["repeat", operations], Some(session)) => {
                let (allocations, texts) = session.repeat(operations.parse()?).await?;
                Ok(format!("did {allocations} {texts}"))
            }
            _ => Err(format!("unexpected command `{line}`").into()),
        }
    }

    async fn prepare(&mut self, workload: Workload, store: Store) -> Result<String> {
        self.session = None;
        if let Some(why) = C::unsupported(workload, &store) {
            return Ok(format!("unsupported {why}"));
        }
        let store = self.at_home(store).await?;
        let mut session = Session::<C>::open(workload, store).await?;
        let settings = session.settings().await?;
        self.session = Some(session);
        Ok(format!("ready {settings}"))
    }

    /// Returns the store, or for a server a private database on it.
    async fn at_home(&mut self, store: Store) -> Result<Store> {
        if store.url().is_none() {
            return Ok(store);
        }
        let home = match self.home.take() {
            Some(home) if home.is_on(&store) => home,
            Some(home) => {
                home.leave::<C>().await?;
                Home::new::<C>(&store).await?
            }
            None => Home::new::<C>(&store).await?,
        };
        Ok(self.home.insert(home).store())
    }
}
