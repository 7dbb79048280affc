//! Locks, pools, settings and names.

use std::time::Duration;

use activerecord::prelude::*;
use activerecord::transaction::Retry;
use activerecord::{ErrorKind, PoolOptions};

use super::{Plane, SECRET, check, database, shown};
use test_support::DatabaseFile;

/// Registers another connection to the file, with its own settings.
fn alias(db: &DatabaseFile, suffix: &str, config: impl FnOnce(Config) -> Config) -> Result<String> {
    let name = format!("{}_{suffix}", &**db);
    ConnectionManager::configure(&name, config(Config::sqlite(db.path())))?;
    Ok(name)
}

#[tokio::test]
async fn busy_while_another_program_writes() -> Result<()> {
    let db = database().await;
    let name = alias(&db, "impatient", |config| config.option("busy_timeout", "30ms"))?;
    let other = rusqlite::Connection::open(db.path()).map_err(Error::custom)?;
    with_connection(&name, async || {
        other.execute_batch("BEGIN IMMEDIATE").map_err(Error::custom)?;
        let error = Plane::create(Plane::new()).await.unwrap_err();
        check(&error, ErrorKind::Busy, &name, Some("Plane"));
        assert!(error.is_retryable() && error.message().contains("busy_timeout"), "{error}");
        let error = transaction(&name, async || Ok(())).await.unwrap_err();
        assert!(error.is_retryable() && error.connection() == Some(&*name), "{error:?}");
        assert_eq!(Plane::count().await?, 0, "readers do not wait");

        other.execute_batch("COMMIT").map_err(Error::custom)?;
        Plane::create(Plane::new()).await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn busy_while_another_connection_writes() -> Result<()> {
    let db = database().await;
    let name = alias(&db, "impatient", |config| config.option("busy_timeout", "30ms"))?;
    transaction(&db, async || {
        let error = Plane::using(&name).update(Plane::SEATS.set(1)).await.unwrap_err();
        check(&error, ErrorKind::Busy, &name, Some("Plane"));
        assert!(error.is_retryable());
        Ok(())
    })
    .await?;
    assert_eq!(Plane::using(&name).update(Plane::SEATS.set(1)).await?, 0);
    Ok(())
}

#[tokio::test]
async fn a_retryable_error_succeeds_on_retry() -> Result<()> {
    let db = database().await;
    let name = alias(&db, "impatient", |config| config.option("busy_timeout", "1ms"))?;
    let other = rusqlite::Connection::open(db.path()).map_err(Error::custom)?;
    other.execute_batch("BEGIN IMMEDIATE").map_err(Error::custom)?;
    let attempts = std::sync::atomic::AtomicU32::new(0);
    retry(Retry::new().pause(Duration::from_millis(1)), async || {
        if attempts.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 2 {
            other.execute_batch("COMMIT").map_err(Error::custom)?;
        }
        transaction(&name, async || Plane::using(&name).update(Plane::SEATS.set(1)).await).await
    })
    .await?;
    assert_eq!(attempts.into_inner(), 3);
    Ok(())
}

#[tokio::test]
async fn an_exhausted_pool_names_its_holder() -> Result<()> {
    let db = database().await;
    let pool = PoolOptions::new().max_connections(1).acquire_timeout(Duration::from_millis(30));
    let name = alias(&db, "alone", |config| config.pool(pool))?;
    let tx = Transaction::begin(&name).independent().await?;
    let error = Plane::using(&name).filter(Plane::TAILNUM.eq(SECRET)).all().await.unwrap_err();
    check(&error, ErrorKind::PoolTimeout, &name, Some("Plane"));
    assert!(error.is_pool_timeout() && !error.is_retryable());
    for part in ["30ms", "all 1 are in use", "a transaction", "max_connections"] {
        assert!(error.message().contains(part), "{error}");
    }
    tx.rollback().await?;
    assert_eq!(Plane::using(&name).count().await?, 0);
    Ok(())
}

#[tokio::test]
async fn unknown_names_and_settings_suggest_the_nearest() -> Result<()> {
    let refused = |config: Config, part: &str| {
        let error = ConnectionManager::configure("refused", config).unwrap_err();
        assert!(error.is_configuration() && error.connection() == Some("refused"), "{error:?}");
        assert!(error.message().contains(part), "{error}");
    };
    refused(Config::sqlite("a.db").option("busy_timeuot", "1s"), "`busy_timeout`");
    refused(Config::sqlite("a.db").option("busy_timeout", "soon"), "`soon`");
    refused(Config::sqlite("a.db").option("journal_mode", "wall"), "`wal`");
    refused(Config::sqlite("a.db").host("localhost"), "host");
    #[cfg(not(feature = "postgres"))]
    refused(Config::postgres("localhost", "shop").password(SECRET), "not compiled in");
    refused(Config::url("sqlit://a.db")?, "`sqlite`");
    for url in ["", "a.db", "sqlite:", &format!("postgres://user:{SECRET}@host:99999/shop")] {
        let error = ConnectionManager::configure("refused", url).unwrap_err();
        assert!(error.is_configuration() && !shown(&error).contains(SECRET), "{error:?}");
    }
    assert!(!format!("{:?}", Config::url(format!("mysql://user:{SECRET}@host/shop"))?).contains(SECRET));
    assert!(ConnectionManager::configure("", "sqlite::memory:").unwrap_err().is_configuration());
    assert!(connection("refused").unwrap_err().is_configuration());

    let db = database().await;
    let error = with_connection(&format!("{}x", &*db), async || Ok(())).await.unwrap_err();
    assert!(error.is_configuration() && error.message().contains("did you mean"), "{error}");
    assert!(Plane::using("nowhere").all().await.unwrap_err().is_configuration());
    assert!(transaction("nowhere", async || Ok(())).await.unwrap_err().is_configuration());
    let twice = ConnectionManager::configure(&db, "sqlite::memory:").unwrap_err();
    assert!(twice.is_configuration() && twice.message().contains("replace"), "{twice}");
    Ok(())
}

#[tokio::test]
async fn an_error_of_the_caller_is_returned_unchanged() -> Result<()> {
    #[derive(Debug, PartialEq)]
    struct Own(u8);
    impl std::fmt::Display for Own {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "own {}", self.0)
        }
    }
    impl std::error::Error for Own {}

    let db = database().await;
    let error = transaction(&db, async || transaction(&db, async || Err::<(), _>(Error::custom(Own(7)))).await)
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.downcast_ref::<Own>(), error.message()),
        (ErrorKind::Custom, Some(&Own(7)), "own 7")
    );
    assert!(std::error::Error::source(&error).is_some());
    Ok(())
}
