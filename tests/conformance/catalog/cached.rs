//! A statement that needs the description of a table sees every change of the table.

use activerecord::ConnectionHandle;
use activerecord::prelude::*;
use activerecord::statement::CreateTable;
use test_support::Database;

use super::{described, upsert};

const WITH_KEY: &str = "seats (id ID, code STRING NOT NULL UNIQUE, line I32 NOT NULL)";
const WITHOUT_KEY: &str = "seats (id ID, code STRING NOT NULL, line I32 NOT NULL)";
const DROP: &str = "DROP TABLE seats";
const INDEX: &str = "CREATE UNIQUE INDEX by_code ON seats (code)";

#[derive(ActiveRecord, Clone, Debug, Default)]
struct Seat {
    id: i64,
    #[primary_key]
    code: String,
    line: i32,
}

/// Writes by the key `code`, or reports that there is no such key.
async fn has_key(here: &ConnectionHandle) -> Result<bool> {
    match here.write(upsert("seats", 1, "a", 1, "code")).await {
        Ok(_) => Ok(true),
        Err(error) if error.is_invalid_statement() => Ok(false),
        Err(error) => Err(error),
    }
}

#[tokio::test]
async fn a_key_that_comes_and_goes() -> Result<()> {
    let database = Database::new([WITHOUT_KEY]).await;
    let here = connection(&database)?;
    assert!(!has_key(&here).await?);
    here.execute(INDEX, []).await?;
    assert!(has_key(&here).await?);
    here.execute(DROP, []).await?;
    database.create(WITHOUT_KEY).await?;
    assert!(!has_key(&here).await?);
    // Through `query`, and as the second statement of a script.
    here.query(DROP, []).await?;
    database.create(WITH_KEY).await?;
    assert!(has_key(&here).await?);
    here.execute(&format!("SELECT 1; {DROP}"), []).await?;
    database.create(WITHOUT_KEY).await?;
    assert!(!has_key(&here).await?);
    Ok(())
}

#[tokio::test]
async fn a_table_that_is_created_again() -> Result<()> {
    let database = Database::new([WITHOUT_KEY]).await;
    let here = connection(&database)?;
    assert!(!has_key(&here).await?);
    here.execute(DROP, []).await?;
    here.create_table(&CreateTable::from(Seat::TABLE)).await?;
    assert!(has_key(&here).await?);
    assert_eq!(described(&database, "seats").await?.key, ["code"]);
    Ok(())
}

#[tokio::test]
async fn a_change_in_a_transaction_is_seen_inside_at_once_and_outside_after_its_end() -> Result<()> {
    let database = Database::new([WITH_KEY]).await;
    let here = connection(&database)?;
    if !here.capabilities().transactional_ddl {
        return Ok(());
    }
    assert!(has_key(&here).await?);
    let undone = transaction(&database, async || {
        here.execute(DROP, []).await?;
        database.create(WITHOUT_KEY).await?;
        assert!(described(&database, "seats").await?.unique.is_empty());
        assert!(!transaction(&database, async || has_key(&here).await).await.unwrap_or(false));
        Err::<(), _>(Error::custom("undo"))
    });
    assert!(undone.await.is_err());
    assert!(has_key(&here).await?);
    transaction(&database, async || {
        here.execute(DROP, []).await?;
        database.create(WITHOUT_KEY).await
    })
    .await?;
    assert!(!has_key(&here).await?);
    Ok(())
}

#[tokio::test]
async fn a_change_by_another_program_is_seen_when_it_is_announced_or_met() -> Result<()> {
    let database = Database::new([WITHOUT_KEY]).await;
    let elsewhere = connection(&database.alias("elsewhere", |config| config)?)?;
    let here = connection(&database)?;
    assert!(!has_key(&here).await?);
    elsewhere.execute(INDEX, []).await?;
    assert!(has_key(&here).await?, "the key is read again");
    elsewhere.execute(DROP, []).await?;
    elsewhere
        .execute(&format!("CREATE TABLE {}", "seats (id INTEGER PRIMARY KEY, code CHAR(9), line INTEGER)"), [])
        .await?;
    here.forget_descriptions();
    assert!(!has_key(&here).await?, "the change is announced");
    elsewhere.execute(INDEX, []).await?;
    assert!(has_key(&here).await?);
    elsewhere.execute(DROP, []).await?;
    assert!(!has_key(&here).await?, "the table is missing");
    elsewhere.execute("CREATE TABLE seats (id INTEGER PRIMARY KEY, code CHAR(9), line INTEGER)", []).await?;
    assert!(!has_key(&here).await?, "the error of the missing table discards what was known");
    Ok(())
}
