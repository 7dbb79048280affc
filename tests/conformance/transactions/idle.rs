//! The limit of the idle time of a transaction's session.

use std::time::Duration;

use activerecord::Branch;
use activerecord_core::ProtocolConnection as _;

use super::*;

/// A limit that a slow machine does not reach. It is no whole number of seconds, which MySQL needs.
const LIMIT: Duration = Duration::from_millis(60_500);

/// Returns the limit of the session's idle time, as the database shows it. None: the database has none.
async fn limit(db: &Database) -> Result<Option<String>> {
    let ask = match db.profile().name() {
        "postgres" => "SELECT current_setting('idle_in_transaction_session_timeout')",
        "mariadb" | "mysql" => "SELECT CAST(@@SESSION.wait_timeout AS CHAR)",
        _ => return Ok(None),
    };
    connection(db)?.query(ask, []).await?[0].get(0).map(Some)
}

#[tokio::test]
async fn a_limit_ends_with_its_transaction() -> Result<()> {
    let db = Database::new([]).await;
    for commits in [true, false] {
        let before = limit(&db).await?;
        let tx = Transaction::begin(&*db).await?;
        let is_limited = tx
            .run(async || {
                let is_limited = connection(&db)?.limit_idle(LIMIT).await?;
                assert_eq!(limit(&db).await? != before, is_limited);
                Ok(is_limited)
            })
            .await?;
        assert_eq!(is_limited, before.is_some());
        if commits {
            tx.commit().await?;
        } else {
            tx.rollback().await?;
        }
        // The pool hands out the connection that was used last, so this is the same session.
        assert_eq!(limit(&db).await?, before, "commits: {commits}");
    }
    Ok(())
}

#[tokio::test]
async fn a_limit_ends_with_a_prepared_transaction() -> Result<()> {
    let db = Database::new(["airports (id ID, code STRING NOT NULL)"]).await;
    let before = limit(&db).await?;
    let branch = Branch::new(format!("conformance-{}", Uuid::now_v7()), "b0")?;
    let tx = Transaction::begin(&*db).branch(branch.clone()).await?;
    tx.run(async || {
        connection(&db)?.limit_idle(LIMIT).await?;
        with_connection(&db, async || add("JFK").await).await
    })
    .await?;
    if connection(&db)?.capabilities().prepared_transactions {
        tx.prepare_as(branch).await?.rollback().await?;
    } else {
        tx.rollback().await?;
    }
    assert_eq!(limit(&db).await?, before);
    Ok(())
}
