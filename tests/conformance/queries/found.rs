//! Queries and writes that the fuzzer has found: a database answered them in another way than the others.

use activerecord::ErrorKind;
use activerecord::prelude::*;
use activerecord::query::{case, count_rows, exists, literal, row};
use rust_decimal::Decimal;
use rust_decimal_macros::dec;
use test_support::Database;

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Item {
    id: i64,
    name: String,
    price: Decimal,
    weight: Option<f64>,
    height: Option<f64>,
    count: i64,
    code: Option<i64>,
}

const ITEMS: &str = "items (id ID, name STRING NOT NULL, price PRICE NOT NULL, weight F64, height F64, \
                     count I64 NOT NULL, code I64 UNIQUE)";

fn item(id: i64, name: &str, price: Decimal, count: i64) -> Item {
    Item { id, name: name.into(), price, count, weight: None, height: Some(1.5), code: None }
}

/// Runs `check` on three items.
async fn with_items(check: impl AsyncFnOnce() -> Result<()>) -> Result<()> {
    let db = Database::new([ITEMS]).await;
    with_connection(&db, async || {
        let items = [item(1, "b", dec!(2.5), 7), item(2, "'", dec!(10), 3), item(3, "1", dec!(9), 3)];
        Item::bulk_insert(&items).await?;
        check().await
    })
    .await
}

/// A comparison with NULL is neither true nor false, also where rows are compared column by column.
#[tokio::test]
async fn a_row_with_null_is_not_greater() -> Result<()> {
    with_items(async || {
        let columns = row((Item::WEIGHT, Item::HEIGHT));
        for condition in [columns.ge((None::<f64>, 1.0)), columns.lt((None::<f64>, 2.0))] {
            assert_eq!(Item::filter(condition).count().await?, 0);
        }
        Ok(())
    })
    .await
}

/// PostgreSQL gives a computed item the name of a column or a function, which ORDER BY would mean.
#[tokio::test]
async fn an_order_means_the_column() -> Result<()> {
    with_items(async || {
        let shown = case::<String>().when(Item::COUNT.gt(5), Item::NAME).otherwise(Item::NAME);
        let names = Item::select((shown, Item::NAME)).order_by(Item::NAME.desc()).all().await?;
        assert_eq!(names.iter().map(|(_, name)| &**name).collect::<Vec<_>>(), ["b", "1", "'"]);
        let groups = Item::select((count_rows(), Item::COUNT)).group_by(Item::COUNT).order_by(Item::COUNT.desc());
        assert_eq!(groups.all().await?, [(1, 7), (2, 3)]);
        Ok(())
    })
    .await
}

/// PostgreSQL makes one group of all rows, MySQL one of each row, and SQLite refuses the query.
#[tokio::test]
async fn having_needs_groups() -> Result<()> {
    with_items(async || {
        for having in [literal(1_i64).eq(1), count_rows().gt(2)] {
            let error = Item::select(literal(1_i64)).having(having).all().await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidStatement, "{error}");
        }
        let counted = Item::select((literal(1_i64), count_rows())).having(count_rows().gt(2)).all().await?;
        assert_eq!(counted, [(1, 3)]);
        Ok(())
    })
    .await
}

/// SQLite orders by the collation of decimals that an expression only compares.
#[tokio::test]
async fn texts_beside_decimals_keep_their_order() -> Result<()> {
    with_items(async || {
        let shown = || case::<String>().when(Item::PRICE.gt(dec!(5)), Item::NAME).otherwise(Item::NAME);
        let names = Item::select(Item::NAME).order_by(shown().asc()).all().await?;
        assert_eq!(names, ["'", "1", "b"]);
        assert_eq!(Item::filter(shown().lt("1")).count().await?, 1);
        assert_eq!(Item::filter(literal("1".to_owned()).gt(shown())).count().await?, 1);
        assert_eq!(Item::select(shown()).distinct().all().await?.len(), 3);
        Ok(())
    })
    .await
}

/// SQLite 3.51 counts a row several times for OFFSET where it makes a join of EXISTS.
#[tokio::test]
async fn rows_with_others_are_counted_once() -> Result<()> {
    with_items(async || {
        let first = Item::filter(Item::ID.eq(1) & exists(Item::filter(Item::ID.gt(0))));
        assert_eq!(first.clone().offset(1).all().await?, []);
        assert_eq!(first.limit(2).all().await?.len(), 1);
        Ok(())
    })
    .await
}

/// MySQL and MariaDB guess the type of a bound value, and give several of them the same name.
#[tokio::test]
async fn values_without_a_column_have_their_type() -> Result<()> {
    with_items(async || {
        let first = || Item::filter(Item::ID.eq(1));
        let bytes = vec![0_u8, 255];
        assert_eq!(first().select(literal(bytes.clone())).one().await?, bytes);
        assert_eq!(Item::select(literal(3_i32).sum()).one().await?, Some(9));
        assert_eq!(Item::select(literal(dec!(-3.333)).sum()).one().await?, Some(dec!(-9.999)));
        assert_eq!(first().select(literal(2_i64) + 3).one().await?, 5);
        assert_eq!(Item::filter(literal("a".to_owned()).is_null()).count().await?, 0);
        assert_eq!(Item::filter(!literal(None::<String>).is_null()).count().await?, 0);
        let two = |pair: (i64, i64)| first().select((literal(pair.0), literal(pair.1))).limit(1);
        assert_eq!(two((1, 2)).union_all(two((1, 3))).all().await?.len(), 2);
        let flags = first().select(literal(Some(true))).union(first().select(literal(None::<bool>)));
        assert_eq!(flags.all().await?.len(), 2);
        Ok(())
    })
    .await
}

/// NULL conflicts with nothing. MySQL and MariaDB would update the row with the same primary key.
#[tokio::test]
async fn an_upsert_by_a_key_with_null_touches_no_other_row() -> Result<()> {
    with_items(async || {
        let other = item(1, "other", dec!(1), 1);
        let error = Item::insert_or_update(&other, Item::CODE).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UniqueViolation, "{error}");
        assert_eq!(Item::find(1).await?.name, "b");
        Ok(())
    })
    .await
}
