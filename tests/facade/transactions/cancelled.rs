//! A unit of work that is dropped at any point of waiting is committed completely or not at all, and leaves no lock.

use activerecord::PoolOptions;
use futures_util::FutureExt;

use super::*;
use test_support::stepwise::{self, stepwise};
use test_support::{patient_pool, polled};

/// Runs `work` repeatedly and drops it one poll later each time, until it is done. Checks that the committed rows are
/// one of `allowed`, the last one when the work is done, and that the pool's only connection is usable afterwards.
async fn at_every_point(
    name: &str,
    db: &Airports,
    allowed: &[&str],
    work: impl AsyncFn() -> Result<()>,
) -> Result<usize> {
    for polls in 0.. {
        let done = polled(polls, work()).await.transpose()?;
        let committed = db.committed().await;
        if !allowed.contains(&&*committed) {
            return Err(Error::invalid(format!("`{committed}` is committed when dropped after {polls} polls")));
        }
        with_connection(name, async || {
            transaction(name, async || add("probe").await).await?;
            Airport::query().delete().await
        })
        .await?;
        assert_eq!(db.committed().await, "", "dropped after {polls} polls");
        if done.is_some() {
            assert_eq!(Some(&&*committed), allowed.last());
            return Ok(polls);
        }
    }
    Ok(0)
}

async fn one_connection() -> Result<(Airports, String)> {
    let db = Airports::new().await;
    let name = stepwise(&db, &db.database.path(), patient_pool(1))?;
    Ok((db, name))
}

#[tokio::test]
async fn a_single_write() -> Result<()> {
    let (db, name) = one_connection().await?;
    let work = async || with_connection(&name, async || add("JFK").await).await;
    assert!(at_every_point(&name, &db, &["", "JFK"], work).await? > 2);
    Ok(())
}

#[tokio::test]
async fn a_bulk_insert_of_several_statements() -> Result<()> {
    let (db, name) = one_connection().await?;
    let airports: Vec<_> = (1000..2001).map(|n| airport(&n.to_string())).collect();
    let all = airports.iter().map(|airport| airport.code.clone()).collect::<Vec<_>>().join(" ");
    let work = async || with_connection(&name, async || Airport::bulk_insert(&airports).await.map(drop)).await;
    assert!(at_every_point(&name, &db, &["", &all], work).await? > 8);
    Ok(())
}

#[tokio::test]
async fn an_ambient_transaction() -> Result<()> {
    let (db, name) = one_connection().await?;
    let work = async || {
        with_connection(&name, async || {
            transaction(&name, async || {
                add("JFK").await?;
                Airport::all().await?;
                add("LGA").await
            })
            .await
        })
        .await
    };
    assert!(at_every_point(&name, &db, &["", "JFK LGA"], work).await? > 10);
    Ok(())
}

#[tokio::test]
async fn an_explicit_transaction() -> Result<()> {
    let (db, name) = one_connection().await?;
    let work = async || {
        with_connection(&name, async || {
            let tx = Transaction::begin(&name).await?;
            tx.run(async || add("JFK").await).await?;
            let mut rows = Airport::on(&tx).stream();
            while rows.next().await?.is_some() {}
            drop(rows);
            Airport::on(&tx).update((Airport::CODE.set("LGA"),)).await?;
            tx.commit().await
        })
        .await
    };
    assert!(at_every_point(&name, &db, &["", "LGA"], work).await? > 8);
    Ok(())
}

#[tokio::test]
async fn a_rollback() -> Result<()> {
    let (db, name) = one_connection().await?;
    let work = async || {
        with_connection(&name, async || {
            let tx = Transaction::begin(&name).await?;
            tx.run(async || add("JFK").await).await?;
            tx.rollback().await
        })
        .await
    };
    assert!(at_every_point(&name, &db, &[""], work).await? > 5);
    Ok(())
}

#[tokio::test]
async fn nested_transactions() -> Result<()> {
    let (db, name) = one_connection().await?;
    let work = async || {
        with_connection(&name, async || {
            transaction(&name, async || {
                add("JFK").await?;
                transaction(&name, async || add("LGA").await).await?;
                let undone: Result<()> = transaction(&name, async || {
                    add("EWR").await?;
                    Err(Error::invalid("undo"))
                })
                .await;
                assert!(undone.unwrap_err().is_invalid());
                add("SWF").await
            })
            .await
        })
        .await
    };
    assert!(at_every_point(&name, &db, &["", "JFK LGA SWF"], work).await? > 18);
    Ok(())
}

#[tokio::test]
async fn transactions_at_once() -> Result<()> {
    let (db, name) = one_connection().await?;
    let work = async || {
        with_connection(&name, async || {
            transaction(&name, async || {
                let nested = async |code: &str| transaction(&name, async || add(code).await).await;
                let (a, b, c) = tokio::join!(nested("A"), add("B"), nested("C"));
                a.and(b).and(c)
            })
            .await
        })
        .await
    };
    assert!(at_every_point(&name, &db, &["", "A B C"], work).await? > 10);
    Ok(())
}

/// The outer transaction continues after its inner one was dropped. Then the work of the inner one is undone
/// completely, or the outer one fails.
#[tokio::test]
async fn a_dropped_nested_transaction_in_an_outer_one() -> Result<()> {
    let (db, name) = one_connection().await?;
    for polls in 0.. {
        let mut done = false;
        let outer = with_connection(&name, async || {
            transaction(&name, async || {
                add("JFK").await?;
                let inner = transaction(&name, async || {
                    add("LGA").await?;
                    add("EWR").await
                });
                done = polled(polls, inner).await.transpose()?.is_some();
                add("SWF").await
            })
            .await
        });
        let expected = match outer.await {
            Ok(()) if done => "EWR JFK LGA SWF",
            Ok(()) => "JFK SWF",
            Err(_) => "",
        };
        assert_eq!(db.committed().await, expected, "dropped after {polls} polls");
        connection(&name)?.execute("DELETE FROM airports", []).await?;
        if done {
            break;
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_panic() -> Result<()> {
    let (db, name) = one_connection().await?;
    with_connection(&name, async || {
        let panics = transaction(&name, async || -> Result<()> {
            add("JFK").await?;
            panic!("in the middle")
        });
        assert!(std::panic::AssertUnwindSafe(panics).catch_unwind().await.is_err());
        assert_eq!(db.committed().await, "");
        add("LGA").await?;
        assert_eq!(db.committed().await, "LGA");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_aborted_task() -> Result<()> {
    let (db, name) = one_connection().await?;
    let (inside, is_inside) = tokio::sync::oneshot::channel();
    let task = tokio::spawn({
        let name = name.clone();
        async move {
            with_connection(&name, async || {
                transaction(&name, async || {
                    add("JFK").await?;
                    let _ = inside.send(());
                    std::future::pending::<Result<()>>().await
                })
                .await
            })
            .await
        }
    });
    is_inside.await.map_err(Error::custom)?;
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    assert_eq!(db.committed().await, "");
    with_connection(&name, async || add("LGA").await).await
}

/// The broken variant: a pool that takes a connection back inside a transaction. The lock stays, so a long wait is of
/// no use.
#[tokio::test]
async fn a_broken_connection_is_detected() {
    let db = Airports::with_busy_timeout("2s").await;
    let name = format!("{} broken", &*db);
    let config = Config::url(format!("{}&broken=yes&busy_timeout=100ms", stepwise::url(&db.database.path()))).unwrap();
    ConnectionManager::configure(&name, config.pool(PoolOptions::new().max_connections(1))).unwrap();
    let work = async || with_connection(&name, async || transaction(&name, async || add("JFK").await).await).await;
    let found = at_every_point(&name, &db, &["", "JFK"], work);
    let found = std::panic::AssertUnwindSafe(found).catch_unwind().await;
    assert!(!matches!(found, Ok(Ok(_))));
}
