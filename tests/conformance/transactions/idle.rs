//! Transactions whose session may not be idle for long.

use std::time::Duration;

use activerecord::Branch;
use activerecord_core::ProtocolConnection as _;

use super::*;

/// For how long the session may be idle, in the words of its database; None where it cannot be told.
async fn limit(db: &Database) -> Result<Option<String>> {
    let ask = match db.profile().name() {
        "postgres" => "SELECT current_setting('idle_in_transaction_session_timeout')",
        "mariadb" | "mysql" => "SELECT CAST(@@SESSION.wait_timeout AS CHAR)",
        _ => return Ok(None),
    };
    connection(db)?.query(ask, []).await?[0].get(0).map(Some)
}

#[tokio::test]
async fn a_limit_is_gone_behind_the_end_of_its_transaction() -> Result<()> {
    let db = Database::new([]).await;
    for commits in [true, false] {
        let before = limit(&db).await?;
        let tx = Transaction::begin(&*db).await?;
        let told = tx
            .run(async || {
                let told = connection(&db)?.limit_idle(Duration::from_millis(6_500)).await?;
                assert_eq!(limit(&db).await? != before, told);
                Ok(told)
            })
            .await?;
        assert_eq!(told, before.is_some());
        if commits {
            tx.commit().await?;
        } else {
            tx.rollback().await?;
        }
        // Whoever is idle gives its connection to the next: it is the same session.
        assert_eq!(limit(&db).await?, before, "commits: {commits}");
    }
    Ok(())
}

#[tokio::test]
async fn a_limit_is_gone_behind_a_prepared_transaction() -> Result<()> {
    let db = Database::new(["airports (id ID, code STRING NOT NULL)"]).await;
    let before = limit(&db).await?;
    let branch = Branch::new(format!("conformance-{}", Uuid::now_v7()), "b0")?;
    let tx = Transaction::begin(&*db).branch(branch.clone()).await?;
    tx.run(async || {
        connection(&db)?.limit_idle(Duration::from_millis(6_500)).await?;
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
