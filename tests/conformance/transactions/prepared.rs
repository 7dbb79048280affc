//! Explicit transactions that are prepared.

use activerecord::ErrorKind;
use activerecord::prelude::*;
use activerecord::{Branch, Prepared};

use super::{Airport, airport};
use test_support::Database;

const AIRPORTS: &str = "airports (id ID, code STRING NOT NULL)";

fn branch(label: &str) -> Result<Branch> {
    Branch::new(format!("conformance-{}", Uuid::now_v7()), label)
}

async fn insert() -> Result<()> {
    airport("EWR").insert().await
}

/// Prepares a transaction with one airport. None: the database cannot prepare.
async fn prepared(database: &Database, branch: &Branch) -> Result<Option<Prepared>> {
    let transaction = Transaction::begin(&**database).branch(branch.clone()).await?;
    transaction.run(async || Airport::with_connection(database, insert).await).await?;
    let prepared = transaction.prepare_as(branch.clone()).await;
    if connection(database)?.capabilities().prepared_transactions {
        return prepared.map(Some);
    }
    assert!(prepared.as_ref().is_err_and(Error::is_unsupported), "{prepared:?}");
    Ok(None)
}

async fn is_prepared(database: &Database, branch: &Branch) -> Result<bool> {
    Ok(connection(database)?.prepared().await?.iter().any(|prepared| prepared.branch.as_ref() == Some(branch)))
}

#[tokio::test]
async fn a_prepared_transaction_is_committed() -> Result<()> {
    let database = Database::new([AIRPORTS]).await;
    let branch = branch("b0")?;
    let Some(prepared) = prepared(&database, &branch).await? else { return Ok(()) };
    assert!(is_prepared(&database, &branch).await?);
    assert_eq!(Airport::using(&database).count().await?, 0);
    assert_eq!((prepared.branch(), prepared.connection()), (&branch, &*database));
    prepared.commit().await?;
    assert!(!is_prepared(&database, &branch).await?);
    assert_eq!(Airport::using(&database).count().await?, 1);
    Ok(())
}

#[tokio::test]
async fn a_prepared_transaction_is_rolled_back() -> Result<()> {
    let database = Database::new([AIRPORTS]).await;
    let branch = branch("b0")?;
    let Some(prepared) = prepared(&database, &branch).await? else { return Ok(()) };
    prepared.rollback().await?;
    assert!(!is_prepared(&database, &branch).await?);
    assert_eq!(Airport::using(&database).count().await?, 0);
    Ok(())
}

/// A prepared transaction stays without its handle, and is ended by its name.
#[tokio::test]
async fn a_prepared_transaction_is_ended_by_its_name() -> Result<()> {
    let database = Database::new([AIRPORTS]).await;
    for commits in [true, false] {
        let branch = branch("b0")?;
        let Some(prepared) = prepared(&database, &branch).await? else { return Ok(()) };
        drop(prepared);
        let handle = connection(&database)?;
        // It can be ended when the server notices that the connection is closed.
        loop {
            let ended = match commits {
                true => handle.commit_prepared(&branch).await,
                false => handle.rollback_prepared(&branch).await,
            };
            match ended {
                Ok(()) => break,
                Err(error) => assert!(is_prepared(&database, &branch).await?, "{error}"),
            }
        }
        assert!(!is_prepared(&database, &branch).await?);
        let again = handle.commit_prepared(&branch).await;
        assert!(again.is_err_and(|error| error.code().is_some()));
    }
    assert_eq!(Airport::using(&database).count().await?, 1);
    Ok(())
}

#[tokio::test]
async fn a_failed_transaction_is_not_prepared() -> Result<()> {
    let database = Database::new([AIRPORTS]).await;
    if !connection(&database)?.learn().await?.prepared_transactions {
        assert!(connection(&database)?.prepared().await.is_err_and(|error| error.is_unsupported()));
        return Ok(());
    }
    let branch = branch("b0")?;
    let transaction = Transaction::begin(&*database).branch(branch.clone()).await?;
    let failed =
        transaction.run(async || connection(&database)?.execute("SELECT nothing FROM nowhere", []).await).await;
    assert!(failed.is_err());
    let prepared = transaction.prepare_as(branch.clone()).await;
    assert!(prepared.as_ref().is_err_and(|error| error.kind() == ErrorKind::Transaction), "{prepared:?}");
    assert!(!is_prepared(&database, &branch).await?);
    Ok(())
}

/// A savepoint cannot be prepared or committed first. It is undone, and the outer transaction continues.
#[tokio::test]
async fn a_savepoint_is_not_prepared() -> Result<()> {
    let database = Database::new([AIRPORTS]).await;
    for prepares in [true, false] {
        let branch = branch("b0")?;
        let outer = Transaction::begin(&*database).branch(branch.clone()).await?;
        let inner = outer.run(async || Transaction::begin(&*database).await).await?;
        inner.run(async || Airport::with_connection(&database, insert).await).await?;
        let refused = match prepares {
            true => inner.prepare_as(branch.clone()).await.err(),
            false => inner.commit_first().await.err(),
        };
        assert!(refused.is_some_and(|error| error.message().contains("savepoint") || error.is_unsupported()));
        assert_eq!(outer.run(async || Airport::using(&database).count().await).await?, 0);
        outer.commit().await?;
        assert_eq!(Airport::using(&database).count().await?, 0);
    }
    Ok(())
}
