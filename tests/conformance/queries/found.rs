//! Queries and writes that the fuzzer has found: a database answered them in another way than the others.

use activerecord::ErrorKind;
use activerecord::prelude::*;
use activerecord::query::{case, count_rows, exists, literal, outer, row, subquery, window};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use rust_decimal_macros::dec;
use serde_json::json;
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
    document: Option<serde_json::Value>,
}

#[derive(Alias)]
#[alias(Item)]
struct Part;

const ITEMS: &str = "items (id ID, name STRING NOT NULL, price PRICE NOT NULL, weight F64, height F64, \
                     count I64 NOT NULL, code I64 UNIQUE, document JSON)";

fn item(id: i64, name: &str, price: Decimal, count: i64) -> Item {
    Item { id, name: name.into(), price, count, weight: None, height: Some(1.5), code: None, document: None }
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
        let half = || first().select(literal(1_f32) / 2.0);
        assert_eq!(half().union(first().select(literal(Some(4_f32)))).all().await?.len(), 2);
        assert_eq!(half().union(half()).all().await?, [Some(0.5)]);
        let quotient = Quotient::of(first().select((literal(1_f32) / 0.125,)));
        let itself = quotient.filter(Quotient::VALUE.between(Quotient::VALUE, Quotient::VALUE)).one().await?;
        assert_eq!(itself.value, Some(8.0));
        assert_eq!(Item::filter(literal(bytes.clone()).ge(bytes.clone())).count().await?, 3);
        assert_eq!(Item::filter(literal(dec!(1.0)).is_in(vec![dec!(1)])).count().await?, 3);
        assert_eq!(Item::filter(literal(bytes.clone()).is_in(vec![bytes.clone()])).count().await?, 3);
        let text = first().select(literal(None::<String>).coalesce("a"));
        assert_eq!(text.clone().union(text).all().await?, ["a"]);
        assert_eq!(first().select(literal(7_i32) / 2).one().await?, Some(3));
        let two = |pair: (i64, i64)| first().select((literal(pair.0), literal(pair.1))).limit(1);
        assert_eq!(two((1, 2)).union_all(two((1, 3))).all().await?.len(), 2);
        let flags = first().select(literal(Some(true))).union(first().select(literal(None::<bool>)));
        assert_eq!(flags.all().await?.len(), 2);
        Ok(())
    })
    .await
}

#[derive(Cte)]
struct Quotient {
    value: Option<f32>,
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

/// MySQL and MariaDB take a bound value for one that is not NULL when they prepare a statement.
#[tokio::test]
async fn a_bound_null_is_null() -> Result<()> {
    let first_only = || Item::filter(Item::ID.eq(1));
    with_items(async || {
        assert_eq!(Item::select(literal(None::<i64>).count_distinct()).one().await?, 0);
        assert_eq!(Item::select(literal(None::<Decimal>).count()).one().await?, 0);
        Item::filter(Item::ID.ne(1)).update((Item::CODE.set(Item::ID - 2),)).await?;
        let code = || case::<Option<i64>>().when(Item::COUNT.eq(3), Item::CODE).otherwise(None);
        let groups = Item::select((code(), count_rows())).group_by(code()).order_by(code().asc()).all().await?;
        assert_eq!(groups, [(None, 1), (Some(0), 1), (Some(1), 1)]);
        assert_eq!(first_only().select(Item::ID + literal(None::<i64>)).one().await?, None);
        let choice = case::<Option<i64>>().when(Item::ID.eq(1), Some(7)).otherwise(Item::ID % literal(None::<i64>));
        assert_eq!(first_only().select(choice).one().await?, Some(7));
        let inner = Item::select(literal(None::<i64>)).limit(2);
        let nulls = inner.clone().union(inner);
        assert_eq!(nulls.all().await?, [None]);
        Ok(())
    })
    .await
}

/// MariaDB returns the only row of distinct constants, whatever OFFSET says.
#[tokio::test]
async fn an_offset_skips_the_only_row_of_constants() -> Result<()> {
    with_items(async || {
        let ones = || Item::select(literal(1_i64)).distinct();
        assert_eq!(ones().all().await?, [1]);
        assert_eq!(ones().limit(4).offset(0).all().await?, [1]);
        assert_eq!(ones().limit(4).offset(1).all().await?.len(), 0);
        assert_eq!(ones().order_by(literal(1_i64).desc()).offset(1).all().await?.len(), 0);
        assert_eq!(Item::select((literal(1_i64), Item::COUNT)).distinct().offset(1).all().await?.len(), 1);
        let constants = Constant::of(Item::select((literal(1_i64),))).select(Constant::VALUE).distinct();
        assert_eq!(constants.offset(1).all().await?.len(), 0);
        let twice = Item::select((Item::COUNT + 1, Item::COUNT + 1)).distinct();
        assert_eq!(twice.offset(1).all().await?.len(), 1);
        let fixed = subquery(Item::filter(Item::ID.eq(9)).select(Item::ID));
        assert_eq!(Item::select(fixed).distinct().offset(1).all().await?.len(), 0);
        let none = Item::query().left_join(Part::column(Item::ID).eq(Item::ID) & Part::column(Item::ID).is_null());
        assert_eq!(none.select(Part::column(Item::ID) + 1).distinct().offset(1).all().await?.len(), 0);
        Ok(())
    })
    .await
}

/// MariaDB takes a bound integer in ORDER BY and GROUP BY for a position.
#[tokio::test]
async fn a_bound_integer_is_no_position() -> Result<()> {
    with_items(async || {
        assert_eq!(Item::select(count_rows()).group_by(literal(9_i64)).all().await?, [3]);
        for place in [1_i64, 9] {
            let names = Item::select(Item::NAME).order_by((literal(place).desc(), Item::ID.asc())).all().await?;
            assert_eq!(names, ["b", "'", "1"]);
            let names = Item::order_by((literal(place).desc(), Item::ID.asc())).pluck(Item::NAME).await?;
            assert_eq!(names, ["b", "'", "1"]);
        }
        Ok(())
    })
    .await
}

/// MariaDB mixes the rows of a window with those of one that is partitioned by a constant.
#[tokio::test]
async fn a_constant_is_no_partition() -> Result<()> {
    with_items(async || {
        let most = Item::PRICE.max().over(window().partition_by(Item::COUNT));
        let average = Item::ID.avg().over(window().partition_by(literal(1_i64)));
        let mut rows = Item::select((most, average)).all().await?;
        rows.sort_by_key(|(most, _)| *most);
        assert_eq!(rows, [(Some(dec!(2.5)), Some(2.0)), (Some(dec!(10)), Some(2.0)), (Some(dec!(10)), Some(2.0))]);
        Ok(())
    })
    .await
}

#[derive(Cte)]
struct Constant {
    value: i64,
}

/// MySQL counts NULL as a distinct value, if all values are constants.
#[tokio::test]
async fn null_is_no_distinct_value() -> Result<()> {
    with_items(async || {
        let chosen = || case::<i64>().when(literal(1_i64).gt(5), 1).or_null();
        assert_eq!(Item::select(chosen().count_distinct()).one().await?, 0);
        assert_eq!(Item::select(literal(1_i64).count_distinct()).one().await?, 1);
        let none = subquery(Item::filter(Item::ID.eq(9)).select(literal(1_i64)));
        assert_eq!(Item::select(none.count_distinct()).one().await?, 0);
        let constant = || Constant::of(Item::select((literal(1_i64),)));
        assert_eq!(constant().limit(1).one().await?.value, 1);
        let chosen = case::<i64>().when(Constant::VALUE.gt(5), Constant::VALUE).or_null();
        assert_eq!(constant().select(chosen.count_distinct()).one().await?, 0);
        assert_eq!(constant().select(Constant::VALUE.count_distinct()).one().await?, 1);
        Ok(())
    })
    .await
}

#[derive(Cte)]
struct Stored {
    document: Option<serde_json::Value>,
}

/// PostgreSQL takes a choice among bound documents for a text.
#[tokio::test]
async fn bound_documents_are_those_of_a_column() -> Result<()> {
    with_items(async || {
        let bound = || case::<Option<serde_json::Value>>().when(Item::ID.eq(1), Some(json!({"a": 1}))).otherwise(None);
        let both = Item::select(Item::DOCUMENT).union_all(Item::select(bound())).all().await?;
        assert_eq!(both.iter().flatten().collect::<Vec<_>>(), [&json!({"a": 1})]);
        assert_eq!(Item::select(bound()).union(Item::select(Item::DOCUMENT)).all().await?.len(), 2);
        let constant = Stored::of(Item::filter(Item::ID.eq(1)).select((literal(Some(json!([1]))),)));
        assert_eq!(constant.clone().one().await?.document, Some(json!([1])));
        let chosen = constant.join(Item::ID.gt(0)).select(Item::DOCUMENT.coalesce(Stored::DOCUMENT)).all().await?;
        assert_eq!(chosen, vec![Some(json!([1])); 3]);
        Ok(())
    })
    .await
}

#[derive(Cte)]
struct Label {
    text: String,
}

/// MySQL changes the letters of a computed column of a derived table in place.
#[tokio::test]
async fn upper_changes_no_other_text() -> Result<()> {
    with_items(async || {
        let labels = || Label::of(Item::filter(Item::ID.eq(1)).select((Item::NAME.concat("a"),)));
        assert_eq!(labels().select((Label::TEXT, Label::TEXT.upper())).all().await?, [("ba".into(), "BA".into())]);
        assert_eq!(labels().one().await?.text, "ba");
        assert_eq!(labels().filter(Label::TEXT.eq(Label::TEXT.upper())).count().await?, 0);
        assert_eq!(labels().filter(Label::TEXT.upper().eq(Label::TEXT.lower())).count().await?, 0);
        Ok(())
    })
    .await
}

#[derive(Cte)]
struct Content {
    bytes: Option<Vec<u8>>,
}

/// MariaDB groups by the length of bound bytes.
#[tokio::test]
async fn bound_bytes_have_no_length() -> Result<()> {
    with_items(async || {
        let bytes = |bytes: &[u8]| Item::select((literal(Some(bytes.to_vec())),));
        let contents = Content::of(bytes(&[0]).union(bytes(&[255, 1])));
        assert!(contents.clone().all().await?.iter().all(|content| content.bytes.is_some()));
        let all = contents.select(Content::BYTES.coalesce(Vec::new())).distinct().all().await?;
        assert_eq!(all.len(), 2);
        Ok(())
    })
    .await
}

/// MariaDB makes one group of all rows, if it sorts them.
#[tokio::test]
async fn groups_by_a_query_have_one_value() -> Result<()> {
    with_items(async || {
        let alike = Item::COUNT.eq(outer(Part::column(Item::COUNT)));
        let most = || subquery(Item::filter(alike.clone()).select(Item::ID.max()));
        let counted = Part::column(Item::ID).count_distinct();
        let mut groups = Part::query().group_by(most()).select((most(), counted)).all().await?;
        groups.sort_unstable();
        assert_eq!(groups, [(Some(1), 1), (Some(3), 2)]);
        Ok(())
    })
    .await
}

/// MariaDB joins NULL with the group before it in a descending order of computed decimals, if it sorts the rows.
#[tokio::test]
async fn null_is_a_group_of_computed_decimals() -> Result<()> {
    with_items(async || {
        let price = || case::<Decimal>().when(Item::ID.gt(1), Item::PRICE).or_null();
        let counted = (price(), Item::ID.count_distinct());
        let groups = Item::select(counted).group_by(price()).order_by(price().desc()).all().await?;
        assert_eq!(groups, [(Some(dec!(10)), 1), (Some(dec!(9)), 1), (None, 1)]);
        Ok(())
    })
    .await
}

#[derive(Cte)]
struct Day {
    day: NaiveDate,
}

/// MySQL takes IS NULL of a date in several queries for a test for 0000-00-00, and refuses that.
#[tokio::test]
async fn no_date_is_null() -> Result<()> {
    with_items(async || {
        let day = || Item::select((literal(NaiveDate::default()),));
        let days = || Day::of(day().union(day()));
        assert_eq!(days().one().await?.day, NaiveDate::default());
        assert_eq!(days().filter(Day::DAY.is_null()).count().await?, 0);
        assert_eq!(days().filter(!Day::DAY.is_null()).count().await?, 1);
        Ok(())
    })
    .await
}
