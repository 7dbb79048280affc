//! Functions for libraries on top of this one: tables of their own, the time of the database's clock, and calls after a
//! commit.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use activerecord::prelude::*;
use activerecord::statement::CreateTable;
use activerecord::{current_connection, spawn};
use chrono::{DateTime, TimeDelta, Utc};

use test_support::Database;

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Parcel {
    id: i64,
    place: String,
    weight: Option<Decimal>,
    sent_at: DateTime<Utc>,
}

fn parcels() -> CreateTable {
    CreateTable::from(Parcel::TABLE).numbered().index("parcels_by_place", &["place", "id"])
}

#[tokio::test]
async fn a_table_is_created_once_and_stores_its_model() -> Result<()> {
    let database = Database::new([]).await;
    let handle = connection(&database)?;
    handle.create_table(&parcels()).await?;
    handle.create_table(&parcels()).await?;
    let sent_at = handle.now().await?;
    let parcel = Parcel { place: "EWR".into(), weight: Some(dec!(1.25)), sent_at, ..Parcel::default() };
    with_connection(&database, async || {
        let saved = Parcel::create(parcel.clone()).await?;
        assert_eq!(Parcel::find(saved.id).await?, Parcel { id: saved.id, ..parcel });
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_rollback_undoes_a_table_if_the_database_can() -> Result<()> {
    let database = Database::new([]).await;
    let handle = connection(&database)?;
    let failed = transaction(&database, async || {
        connection(&database)?.create_table(&parcels()).await?;
        Err::<(), _>(Error::invalid("no"))
    });
    assert!(failed.await.is_err_and(|error| error.is_invalid()));
    let found = Parcel::using(&database).count().await;
    assert_eq!(found.is_err(), handle.capabilities().transactional_ddl, "{found:?}");
    Ok(())
}

#[tokio::test]
async fn now_is_the_time_of_the_database() -> Result<()> {
    let database = Database::new([]).await;
    let handle = connection(&database)?;
    let (first, second) = (handle.now().await?, handle.now().await?);
    assert!(first <= second, "{first} {second}");
    // The servers of the tests use the clock of this machine.
    assert!((Utc::now() - second).abs() < TimeDelta::minutes(1), "{second}");
    // The time advances also inside a transaction.
    transaction(&database, async || {
        let first = handle.now().await?;
        let later = async || Ok::<_, Error>(handle.now().await? > first);
        while !later().await? {}
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_call_waits_for_the_outermost_commit() -> Result<()> {
    let database = Database::new([]).await;
    let handle = connection(&database)?;
    let calls = Arc::new(AtomicU32::new(0));
    let call = || {
        let calls = Arc::clone(&calls);
        move || {
            calls.fetch_add(1, Ordering::Relaxed);
        }
    };
    handle.after_commit(call());
    assert_eq!(calls.load(Ordering::Relaxed), 1);
    transaction(&database, async || {
        transaction(&database, async || {
            handle.after_commit(call());
            Ok(())
        })
        .await?;
        let undone = transaction(&database, async || {
            handle.after_commit(call());
            Err::<(), _>(Error::invalid("no"))
        });
        assert!(undone.await.is_err());
        assert!(handle.in_transaction());
        assert_eq!(calls.load(Ordering::Relaxed), 1);
        Ok(())
    })
    .await?;
    assert_eq!(calls.load(Ordering::Relaxed), 2);
    assert!(!handle.in_transaction());
    Ok(())
}

#[tokio::test]
async fn the_current_connection_is_that_of_the_innermost_scope() -> Result<()> {
    let (database, other) = (Database::new([]).await, Database::new([]).await);
    let current = || Ok::<_, Error>(current_connection()?.map(|handle| handle.name().to_owned()));
    assert_eq!(current()?, None);
    with_connection(&database, async || {
        assert_eq!(current()?.as_deref(), Some(&*database));
        Transaction::begin(&*other)
            .independent()
            .run(async || {
                assert_eq!(current()?.as_deref(), Some(&*other));
                // A scope of one model does not affect the others.
                Parcel::with_connection(&database, async || {
                    assert_eq!(current()?.as_deref(), Some(&*other));
                    Ok(())
                })
                .await
            })
            .await?;
        let spawned = spawn(async { current_connection().map(|handle| handle.map(|handle| handle.name().to_owned())) });
        assert_eq!(spawned.await.map_err(Error::custom)??.as_deref(), Some(&*database));
        Ok(())
    })
    .await
}
