//! Connections that are replaced and removed while they are in use.

use activerecord::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::oneshot;

use super::*;
use test_support::stepwise::stepwise;
use test_support::{DatabaseFile, patient_pool};

#[tokio::test]
async fn running_work_ends_on_the_old_pool() -> Result<()> {
    let (old, new) = (DatabaseFile::new([PLANES]).await, DatabaseFile::new([PLANES]).await);
    ConnectionManager::configure("moved", old.url())?;
    with_connection("moved", async || Plane::bulk_insert(&vec![plane("old"); 1000]).await).await?;
    let tx = Transaction::begin("moved").independent().await?;
    let mut rows = Plane::using("moved").stream();
    rows.next().await?;

    let replaced = tokio::spawn(ConnectionManager::replace("moved", new.url()));
    while Plane::using("moved").count().await? > 0 {
        tokio::task::yield_now().await;
    }
    assert!(!replaced.is_finished(), "it waits for the transaction and the stream");
    tx.run(async || with_connection("moved", async || plane("last").insert().await).await).await?;
    with_connection("moved", async || plane("new").insert().await).await?;
    let mut read = 1;
    while rows.next().await?.is_some() {
        read += 1;
    }
    assert_eq!(read, 1000);
    drop(rows);
    tx.commit().await?;
    replaced.await.map_err(Error::custom)??;
    assert_eq!(Plane::using(&old).count().await?, 1001);
    assert_eq!(Plane::using("moved").pluck(Plane::TAILNUM).await?, ["new"]);
    Ok(())
}

/// Statements that wait for a connection of the old pool have not begun. They run on the new pool.
#[tokio::test]
async fn waiting_statements_run_on_the_new_pool() -> Result<()> {
    let (old, new) = (DatabaseFile::new([PLANES]).await, DatabaseFile::new([PLANES]).await);
    let name = stepwise(&old, &old.path(), patient_pool(1))?;
    with_connection(&new, async || plane("new").insert().await).await?;
    let holder = Transaction::begin(&name).independent().await?;
    let waiting: Vec<_> = (0..10).map(|_| tokio::spawn(Plane::using(&name).pluck(Plane::TAILNUM))).collect();
    let writing = tokio::spawn({
        let name = name.clone();
        async move { transaction(&name, async || with_connection(&name, async || plane("too").insert().await).await).await }
    });
    tokio::task::yield_now().await;
    let (replaced, ()) = tokio::join!(ConnectionManager::replace(&name, new.url()), async {
        for waiting in waiting {
            let tailnums = waiting.await.map_err(Error::custom).and_then(|read| read).unwrap();
            assert_eq!(tailnums[0], "new");
        }
        writing.await.map_err(Error::custom).and_then(|written| written).unwrap();
        holder.rollback().await.unwrap();
    });
    replaced?;
    assert_eq!(Plane::using(&name).order_by(Plane::ID.asc()).pluck(Plane::TAILNUM).await?, ["new", "too"]);
    Ok(())
}

#[tokio::test]
async fn a_removed_name_is_unknown_and_running_work_ends() -> Result<()> {
    let db = DatabaseFile::new([PLANES]).await;
    let name = stepwise(&db, &db.path(), patient_pool(1))?;
    let handle = connection(&name)?;
    let holder = Transaction::begin(&name).independent().await?;
    let waiting = tokio::spawn(Plane::using(&name).count());
    tokio::task::yield_now().await;
    let (removed, ()) = tokio::join!(ConnectionManager::remove(&name), async {
        for error in [
            waiting.await.unwrap().unwrap_err(),
            Plane::using(&name).all().await.unwrap_err(),
            handle.query("SELECT 1", []).await.unwrap_err(),
            Transaction::begin(&name).await.unwrap_err(),
            ConnectionManager::remove(&name).await.unwrap_err(),
        ] {
            assert!(error.is_configuration(), "{error}");
            assert!(error.message().contains(&format!("`{name}` is not configured")), "{error}");
        }
        holder.run(async || with_connection(&db, async || Plane::count().await).await).await.unwrap();
        assert_eq!(Plane::on(&holder).count().await.unwrap(), 0);
        holder.commit().await.unwrap();
    });
    removed?;
    // The name can be used again.
    ConnectionManager::configure(&name, db.url())?;
    assert_eq!(Plane::using(&name).count().await?, 0);
    Ok(())
}

#[tokio::test]
async fn a_removed_file_is_closed() -> Result<()> {
    let db = DatabaseFile::new([PLANES]).await;
    with_connection(&db, async || plane("N1").insert().await).await?;
    let log = format!("{}-wal", db.path());
    assert!(std::fs::metadata(&log).is_ok());
    ConnectionManager::remove(&db).await?;
    assert!(std::fs::metadata(&log).is_err(), "the last connection deletes the write-ahead log when it closes");
    Ok(())
}

#[tokio::test]
async fn an_invalid_replacement_changes_nothing() -> Result<()> {
    let db = DatabaseFile::new([PLANES]).await;
    let error = ConnectionManager::replace(&db, "sqlite:x.db?mod=rwc").await.unwrap_err();
    assert!(error.is_configuration() && error.message().contains("did you mean `mode`?"), "{error}");
    assert_eq!(Plane::using(&db).count().await?, 0);
    ConnectionManager::replace("replaced before it was there", "sqlite::memory:").await?;
    connection("replaced before it was there").map(drop)
}

#[tokio::test]
async fn a_change_inside_a_transaction_is_refused() -> Result<()> {
    let db = DatabaseFile::new([PLANES]).await;
    transaction(&db, async || {
        for error in [
            ConnectionManager::replace(&db, db.url()).await.unwrap_err(),
            ConnectionManager::remove(&db).await.unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::Transaction);
            assert!(error.message().contains("inside a transaction"), "{error}");
        }
        Ok(())
    })
    .await?;
    ConnectionManager::remove(&db).await
}

/// Statements do not fail while their connection is replaced many times.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn replaced_a_hundred_times_under_load() -> Result<()> {
    let db = DatabaseFile::new([PLANES]).await;
    let name: Arc<str> = "replaced under load".into();
    ConnectionManager::configure(&name, db.url())?;
    let stop = Arc::new(AtomicBool::new(false));
    let tasks = (0..8).map(|n| {
        let (name, stop) = (Arc::clone(&name), Arc::clone(&stop));
        tokio::spawn(async move {
            let mut written = 0_u64;
            while !stop.load(Ordering::Relaxed) {
                with_connection(&name, async || {
                    if n % 2 == 0 {
                        plane("x").insert().await?;
                    } else {
                        transaction(&name, async || plane("x").insert().await).await?;
                    }
                    let mut rows = Plane::query().limit(3).stream();
                    while rows.next().await?.is_some() {}
                    Ok(())
                })
                .await?;
                written += 1;
            }
            Ok::<_, Error>(written)
        })
    });
    let tasks: Vec<_> = tasks.collect();
    for _ in 0..100 {
        ConnectionManager::replace(&name, db.url()).await?;
    }
    stop.store(true, Ordering::Relaxed);
    let mut written = 0;
    for task in tasks {
        written += task.await.map_err(Error::custom)??;
    }
    assert_eq!(Plane::using(&db).count().await?, written);
    Ok(())
}

#[tokio::test]
async fn a_cancelled_removal_takes_effect() -> Result<()> {
    let db = DatabaseFile::new([PLANES]).await;
    let (begun, has_begun) = oneshot::channel();
    let holder = tokio::spawn({
        let name = db.to_string();
        async move {
            transaction(&name, async || {
                let _ = begun.send(());
                std::future::pending::<Result<()>>().await
            })
            .await
        }
    });
    has_begun.await.map_err(Error::custom)?;
    assert!(tokio::time::timeout(Duration::from_millis(1), ConnectionManager::remove(&db)).await.is_err());
    assert!(connection(&db).is_err());
    holder.abort();
    Ok(())
}
