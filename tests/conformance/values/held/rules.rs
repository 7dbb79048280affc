//! What holds for every value that a column would change: its error, bulk writes, stamps, and changed tables.

use activerecord::prelude::*;
use activerecord::{ErrorKind, PoolOptions};
use chrono::{DateTime, Timelike, Utc};
use test_support::Database;

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Price {
    id: i64,
    price: Option<Decimal>,
    #[updated_at]
    at: DateTime<Utc>,
}

/// No database keeps these digits in a NUMERIC(6, 2).
const FINE: Decimal = dec!(0.1234567890123456);

const TABLE: &str = "CREATE TABLE prices (id BIGINT PRIMARY KEY, price NUMERIC(6, 2), at TIMESTAMP(6) NULL)";

fn price(id: i64, price: Decimal) -> Price {
    Price { id, price: Some(price), ..Default::default() }
}

async fn database() -> Result<Database> {
    let db = Database::new([] as [&str; 0]).await;
    connection(&db)?.execute(TABLE, []).await?;
    Ok(db)
}

fn assert_refused(error: &Error) {
    let text = error.to_string();
    assert!(error.is_conversion() && error.sql().is_none(), "{error:?}");
    assert!(text.contains("`price`") && text.contains("`prices`") && text.contains("connection"), "{text}");
    assert!(error.model() == Some("Price") && !text.contains("123456789"), "{text}");
}

#[tokio::test]
async fn every_verb_refuses_the_value_and_writes_nothing() -> Result<()> {
    let db = database().await?;
    with_connection(&db, async || {
        let mut first = Price::create(price(1, dec!(7.25))).await?;
        let before = Price::find(1).await?;
        first.price = Some(FINE);
        let errors = [
            price(2, FINE).insert().await.unwrap_err(),
            price(2, FINE).save().await.unwrap_err(),
            first.save().await.unwrap_err(),
            first.update().await.unwrap_err(),
            first.update_columns(Price::PRICE.set(FINE)).await.unwrap_err(),
            Price::query().update(Price::PRICE.set(FINE)).await.unwrap_err(),
            Price::insert_or_update(&price(2, FINE), Price::ID).await.unwrap_err(),
            Price::bulk_insert(&[price(2, FINE)]).await.unwrap_err(),
            transaction(&db, async || price(2, FINE).insert().await).await.unwrap_err(),
        ];
        errors.iter().for_each(assert_refused);
        let tx = Transaction::begin(&*db).await?;
        assert_refused(&tx.create(price(2, FINE)).await.unwrap_err());
        // Nothing was sent, so the transaction goes on.
        tx.create(price(3, dec!(1.5))).await?;
        tx.commit().await?;
        assert_eq!((Price::find(1).await?, Price::count().await?), (before, 2));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_bulk_write_names_the_record_and_writes_none() -> Result<()> {
    let db = database().await?;
    with_connection(&db, async || {
        let mut prices: Vec<_> = (1..=2_500).map(|id| price(id, dec!(1.25))).collect();
        prices[2_400].price = Some(FINE);
        let errors = [
            Price::bulk_insert(&prices).await.unwrap_err(),
            Price::bulk_insert_or_update(&prices, Price::ID).await.unwrap_err(),
            Price::bulk_insert(&prices[2_399..2_402]).await.unwrap_err(),
        ];
        errors.iter().for_each(assert_refused);
        assert_eq!(errors.map(|error| error.record_index()), [Some(2_400), Some(2_400), Some(1)]);
        assert_eq!(Price::count().await?, 0);
        Ok(())
    })
    .await
}

/// The time of a write has as many digits as the column.
#[tokio::test]
async fn a_stamp_is_what_the_row_holds() -> Result<()> {
    let db = database().await?;
    with_connection(&db, async || {
        connection(&db)?.execute("DROP TABLE prices", []).await?;
        connection(&db)?.execute(&TABLE.replace("(6) NULL", "(0) NULL"), []).await?;
        let mut one = Price::create(price(1, dec!(1))).await?;
        assert_eq!(Price::find(1).await?, one);
        one.update_columns(Price::PRICE.set(dec!(2))).await?;
        assert_eq!(Price::find(1).await?, one);
        Price::query().update(Price::PRICE.set(dec!(3))).await?;
        Price::bulk_insert(&[price(2, dec!(4))]).await?;
        if db.profile().capabilities.typed_columns {
            assert!(one.at.nanosecond() == 0, "{one:?}");
        }
        Ok(())
    })
    .await
}

/// Another connection of the same process, as another program would, gives the column more room.
#[tokio::test]
async fn a_column_that_another_program_has_widened_takes_the_value() -> Result<()> {
    let db = database().await?;
    let other = db.alias("other", |config| config)?;
    with_connection(&db, async || {
        assert_refused(&price(1, FINE).insert().await.unwrap_err());
        connection(&other)?.execute("DROP TABLE prices", []).await?;
        connection(&other)?.execute(&TABLE.replace("NUMERIC(6, 2)", "VARCHAR(40)"), []).await?;
        let one = Price::create(price(1, FINE)).await?;
        assert_eq!(Price::find(1).await?, one);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_table_is_described_in_a_transaction_of_the_only_connection() -> Result<()> {
    let db = database().await?;
    let single = db.alias("single", |config| config.pool(PoolOptions::new().max_connections(1)))?;
    with_connection(&single, async || {
        transaction(&single, async || {
            assert_refused(&price(1, FINE).insert().await.unwrap_err());
            Price::create(price(1, dec!(1.5))).await.map(drop)
        })
        .await?;
        assert_eq!(Price::count().await?, 1);
        Ok(())
    })
    .await
}

/// A table that this transaction made, and one that a savepoint made again.
#[tokio::test]
async fn tables_of_a_transaction() -> Result<()> {
    let db = database().await?;
    let here = connection(&db)?;
    if !here.capabilities().transactional_ddl {
        return Ok(());
    }
    let wide = TABLE.replace("NUMERIC(6, 2)", "VARCHAR(40)");
    with_connection(&db, async || {
        let undone = transaction(&db, async || {
            assert_refused(&price(1, FINE).insert().await.unwrap_err());
            let inner = transaction(&db, async || {
                here.execute("DROP TABLE prices", []).await?;
                here.execute(&wide, []).await?;
                price(1, FINE).insert().await?;
                price(2, FINE).insert().await?;
                Err::<(), _>(Error::custom("undo"))
            });
            assert_eq!(inner.await.unwrap_err().kind(), ErrorKind::Custom);
            assert_refused(&price(1, FINE).insert().await.unwrap_err());
            price(1, dec!(1.5)).insert().await
        });
        undone.await?;
        assert_refused(&price(2, FINE).insert().await.unwrap_err());
        Ok(())
    })
    .await
}

/// What cannot be described is not checked, and is no error.
#[tokio::test]
async fn views_and_temporary_tables_are_not_checked() -> Result<()> {
    let db = database().await?;
    let here = connection(&db)?;
    with_connection(&db, async || {
        here.execute("ALTER TABLE prices RENAME TO base_prices", []).await?;
        here.execute("CREATE VIEW prices AS SELECT id, price, at FROM base_prices", []).await?;
        let written = price(1, dec!(1.5)).insert().await;
        assert!(written.is_ok() || !written.unwrap_err().is_conversion());
        transaction(&db, async || {
            here.execute(&TABLE.replace("CREATE TABLE", "CREATE TEMPORARY TABLE"), []).await?;
            Price::create(price(2, dec!(1.5))).await.map(drop)
        })
        .await?;
        Ok(())
    })
    .await
}
