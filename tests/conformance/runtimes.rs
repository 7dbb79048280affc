//! Programs with more than one tokio runtime, or with none. A runtime is shut down here while the program uses its
//! connections, as at the end of each `#[tokio::test]`.

use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use activerecord::PoolOptions;
use activerecord::connection::Listener;
use activerecord::prelude::*;
use activerecord::query::RowStream;
use tokio::runtime::{Builder, Runtime};

use test_support::Database;

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Ferry {
    id: i64,
    name: String,
}

async fn ferries() -> Result<Database> {
    let db = Database::new(["ferries (id ID, name STRING NOT NULL)"]).await;
    let many: Vec<_> = (0..2_000).map(|_| Ferry { name: "old".into(), ..Ferry::default() }).collect();
    with_connection(&db, async || Ferry::bulk_insert(&many).await).await?;
    Ok(db)
}

/// A runtime of each kind, one after the other.
fn runtime(number: usize) -> Runtime {
    let mut builder =
        if number.is_multiple_of(2) { Builder::new_current_thread() } else { Builder::new_multi_thread() };
    builder.enable_all().worker_threads(1).build().unwrap_or_else(|error| panic!("{error}"))
}

async fn add(name: &str) -> Result<()> {
    with_connection(name, async || Ferry { name: "new".into(), ..Ferry::default() }.insert().await).await
}

async fn added(name: &str) -> Result<u64> {
    Ferry::using(name).filter(Ferry::NAME.eq("new")).count().await
}

/// Each runtime leaves as many idle connections as the pool may have.
#[test]
fn one_after_the_other() -> Result<()> {
    let db = runtime(0).block_on(ferries())?;
    let name = db.alias("small", |config| config.pool(PoolOptions::new().max_connections(2)))?;
    for number in 0..6 {
        let runtime = runtime(number);
        runtime.block_on(async {
            let both = (add(&name), add(&name), added(&name), added(&name));
            let (first, second, third, fourth) = tokio::join!(both.0, both.1, both.2, both.3);
            first.and(second)?;
            third.and(fourth)?;
            assert_eq!(added(&name).await?, 2 * (number as u64 + 1));
            transaction(&name, async || added(&name).await).await.map(drop)
        })?;
        drop(runtime);
    }
    Ok(())
}

/// Two runtimes that share a pool with less connections than users. Each user gets its turn.
#[test]
fn at_the_same_time() -> Result<()> {
    let db = runtime(0).block_on(ferries())?;
    let name = db.alias("shared", |config| {
        config.pool(PoolOptions::new().max_connections(2).acquire_timeout(Duration::from_secs(300)))
    })?;
    let work = |number| {
        let name = name.clone();
        move || {
            runtime(number).block_on(async {
                let tasks: Vec<_> = (0..2)
                    .map(|_| {
                        let name = name.clone();
                        tokio::spawn(async move {
                            for _ in 0..3 {
                                transaction(&name, async || add(&name).await).await?;
                                added(&name).await?;
                            }
                            Ok::<_, Error>(())
                        })
                    })
                    .collect();
                for task in tasks {
                    task.await.map_err(Error::custom)??;
                }
                Ok::<_, Error>(())
            })
        }
    };
    let threads: Vec<_> = (0..3).map(|number| std::thread::spawn(work(number))).collect();
    for thread in threads {
        thread.join().unwrap_or_else(|_| panic!("a thread panicked"))?;
    }
    assert_eq!(runtime(0).block_on(added(&name))?, 3 * 2 * 3);
    Ok(())
}

/// What a runtime leaves behind.
struct Left {
    transaction: Transaction,
    rows: RowStream<Ferry>,
    listener: Option<Listener>,
}

async fn leave(name: &str) -> Result<Left> {
    let transaction = Transaction::begin(name).independent().await?;
    transaction.run(async || add(name).await).await?;
    let mut rows = Ferry::using(name).stream();
    rows.next().await?;
    let listens = connection(name)?.capabilities().notifications;
    let listener = if listens { Some(connection(name)?.listen("ferries").await?) } else { None };
    Ok(Left { transaction, rows, listener })
}

/// Each use of it ends, with success or an error, and the pool goes on.
#[test]
fn what_a_runtime_leaves_behind_ends() -> Result<()> {
    let db = runtime(0).block_on(ferries())?;
    let name = db.alias("left", |config| config.pool(PoolOptions::new().max_connections(3)))?;
    let mut committed = 0;
    for number in 0..4 {
        let first = runtime(number);
        let Left { transaction, mut rows, listener } = first.block_on(leave(&name))?;
        drop(first);
        runtime(number + 1).block_on(async {
            if number < 2 {
                while let Ok(Some(_)) = rows.next().await {}
                match transaction.commit().await {
                    // Its answer cannot be read any more.
                    Err(error) if error.is_commit_outcome_unknown() => committed = added(&name).await?,
                    Err(_) => {}
                    Ok(()) => committed += 1,
                }
            } else {
                drop((transaction, rows));
            }
            if let Some(mut listener) = listener {
                let lost = listener.next().await.unwrap_err();
                assert!(lost.is_connection_lost(), "{lost:?}");
            }
            assert_eq!(added(&name).await?, committed);
            // All places of the pool are free.
            let all = [(); 3].map(|()| Transaction::begin(&name).read_only());
            for transaction in all {
                transaction.await?.rollback().await?;
            }
            Ok::<_, Error>(())
        })?;
    }
    Ok(())
}

/// A call outside of every runtime is an error, not a panic; or it succeeds where it needs none.
#[test]
fn without_a_runtime() -> Result<()> {
    fn answer<T>(call: impl Future<Output = Result<T>>) -> Option<Error> {
        let mut call = pin!(call);
        loop {
            // What waits only to let others run is polled again; nothing else can make progress here.
            if let Poll::Ready(answer) = call.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                return answer.err();
            }
        }
    }
    let db = runtime(0).block_on(ferries())?;
    let (fresh, used) = (db.alias("fresh", |config| config)?, db.alias("used", |config| config)?);
    runtime(1).block_on(add(&used))?;
    for name in [&fresh, &used] {
        let errors = [
            answer(connection(name)?.query("SELECT 1", [])),
            answer(connection(name)?.query("SELECT count(*) FROM ferries", [])),
            answer(added(name)),
            answer(Ferry::using(name).order_by(Ferry::NAME.asc()).all()),
            answer(Ferry::using(name).stream().next()),
            answer(connection(name)?.learn()),
            answer(Transaction::begin(name).into_future()),
            answer(add(name)),
        ];
        for (number, error) in errors.into_iter().enumerate() {
            match error {
                Some(error) => {
                    assert!(error.is_configuration() && error.message().contains("tokio runtime"), "{number}: {error}");
                    assert_eq!(error.connection(), Some(&**name), "{number}: {error}");
                }
                None => assert!(name == &used, "{number} succeeded"),
            }
        }
    }
    runtime(0).block_on(async {
        add(&fresh).await?;
        assert!(added(&used).await? >= 2);
        Ok(())
    })
}
