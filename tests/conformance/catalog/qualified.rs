//! Tables that are named with their schema: a schema, a database or an attached file.

use activerecord::prelude::*;
use test_support::Database;

use super::{described, upsert};

#[tokio::test]
async fn a_table_is_the_same_with_its_schema() -> Result<()> {
    let database = Database::new(["seats (id ID, code STRING NOT NULL UNIQUE, line I32 NOT NULL)"]).await;
    let seats = described(&database, "seats").await?;
    let schema = seats.schema.clone().ok_or_else(|| Error::invalid("no schema"))?;
    let mut qualified = described(&database, &format!("{schema}.seats")).await?;
    assert_eq!(qualified.name, format!("{schema}.seats"));
    qualified.name.clone_from(&seats.name);
    assert_eq!(qualified, seats);
    assert_eq!(connection(&database)?.describe(&format!("{schema}_2.seats")).await?, None);
    assert_eq!(connection(&database)?.describe(&format!("{schema}.nothing")).await?, None);
    Ok(())
}

#[tokio::test]
async fn an_upsert_names_a_key_of_a_table_with_its_schema() -> Result<()> {
    let database = Database::new(["seats (id ID, code STRING NOT NULL UNIQUE, line I32 NOT NULL)"]).await;
    let here = connection(&database)?;
    let schema = described(&database, "seats").await?.schema.ok_or_else(|| Error::invalid("no schema"))?;
    let table = format!("{schema}.seats");
    here.write(upsert(&table, 1, "a", 1, "code")).await?;
    here.write(upsert(&table, 2, "a", 2, "code")).await?;
    here.write(upsert(&table, 1, "b", 3, "id")).await?;
    here.write(upsert("seats", 1, "c", 4, "id")).await?;
    let rows = here.query("SELECT id, code, line FROM seats", []).await?;
    let row = (rows[0].get::<i64>(0)?, rows[0].get::<String>(1)?, rows[0].get::<i32>(2)?);
    assert_eq!((rows.len(), row), (1, (1, "c".to_owned(), 4)));
    // No unique key, and another unique key than that of the upsert.
    let error = here.write(upsert(&table, 1, "c", 4, "line")).await.expect_err("no key");
    assert!(error.is_invalid_statement(), "{error}");
    let error = here.write(upsert(&table, 2, "c", 5, "id")).await.expect_err("another key");
    assert!(error.is_unique_violation(), "{error}");
    Ok(())
}
