//! The type of an expression decides what an operator does, whatever type the database has for it.

use activerecord::prelude::*;
use activerecord::query::{case, count_rows, literal, raw, subquery, window};
use serde_json::json;

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Measure {
    id: i64,
    kind: String,
    n: i64,
    small: i32,
    large: u64,
    x: f64,
    single: f32,
    price: Decimal,
    data: Json<serde_json::Value>,
}

/// The sums of each kind.
#[derive(Cte, Debug, PartialEq)]
struct Total {
    kind: String,
    n: Option<i64>,
    rows: u64,
    x: Option<f64>,
}

/// Three measures; the numbers of each have a fraction when they are divided by two.
async fn measures() -> Result<test_support::Database> {
    let db = test_support::Database::new([
        "measures (id ID, kind STRING NOT NULL, n I64 NOT NULL, small I32 NOT NULL, large U64 NOT NULL, x F64 NOT NULL,
             single F32 NOT NULL, price DECIMAL NOT NULL, data JSON NOT NULL)",
    ])
    .await;
    let measure = |kind: &str, n: i64, x: f64| Measure {
        kind: kind.into(),
        n,
        small: 2,
        large: 7,
        x,
        single: 1.5,
        price: dec!(9.5),
        data: Json(json!({ "x": x, "n": n, "on": true })),
        ..Default::default()
    };
    let measures = [measure("a", 3, 7.5), measure("a", 4, 1.0), measure("b", 2, 3.0)];
    with_connection(&db, async || Measure::bulk_insert(&measures).await).await?;
    Ok(db)
}

/// The value of an expression for the first row.
macro_rules! first {
    ($expression:expr) => {
        Measure::filter(Measure::ID.eq(1)).select($expression).one().await?
    };
}

/// The ids of the rows that meet a condition.
macro_rules! ids {
    ($predicate:expr) => {
        Measure::filter($predicate).order_by(Measure::ID.asc()).pluck(Measure::ID).await?
    };
}

#[tokio::test]
async fn floats_are_divided_as_floats() -> Result<()> {
    with_connection(&measures().await?, async || {
        let json = || Measure::DATA.json::<f64>("x");
        for (name, found, expected) in [
            ("json", first!(json() / 2.0), 3.75),
            ("a whole number in json", first!(Measure::DATA.json::<f64>("n") / 2.0), 1.5),
            ("raw", first!(raw::<f64>("x", []) / 2.0), 3.75),
            ("raw integers", first!(raw::<f64>("n", []) / raw::<f64>("small", [])), 1.5),
            ("coalesce", first!(json().coalesce(0.0) / 2.0), 3.75),
            ("case", first!(case::<f64>().when(Measure::N.gt(0), json().coalesce(0.0)).otherwise(1.0) / 2.0), 3.75),
            ("a column by a column", first!(Measure::X / Measure::X), 1.0),
            ("a column by raw", first!(Measure::X / raw::<f64>("small", [])), 3.75),
            ("a single", first!(Measure::SINGLE / 2.0).map(f64::from), 0.75),
            ("a sum of floats", first!((Measure::X + json()) / 2.0), 7.5),
            ("a query", first!(subquery(Measure::query().select(Measure::N.avg())) / 2.0), 1.5),
        ] {
            assert_eq!(found, Some(expected), "{name}");
        }
        // Singles are computed as doubles: the product of the nearest single to 0.1 is not the nearest single to 0.3.
        let third = Measure::filter(Measure::ID.eq(1)).update(Measure::SINGLE.set(0.1)).await?;
        assert_eq!((third, Measure::filter((Measure::SINGLE * 3.0).eq(0.3)).count().await?), (1, 0));
        assert_eq!(first!(Measure::SINGLE * 3.0), 0.1_f32 * 3.0);
        let all = Measure::query();
        let (average, sums) = (Measure::N.avg() / 2.0, Measure::X.sum() / Measure::X.sum());
        assert_eq!(all.clone().select((average, sums)).one().await?, (Some(1.5), Some(1.0)));
        let over = Measure::N.avg().over(window()) / 2.0;
        assert_eq!(all.clone().limit(1).select(over).one().await?, Some(1.5));
        let before = Measure::X.lag(1).over(window().order_by(Measure::ID.asc())) / 2.0;
        assert_eq!(all.clone().order_by(Measure::ID.asc()).pluck(before).await?, [None, Some(3.75), Some(0.5)]);
        assert_eq!(Measure::filter((json() / 2.0).gt(3.5)).count().await?, 1);
        all.clone().update(Measure::X.set((json() / 2.0).coalesce(0.0))).await?;
        assert_eq!(all.order_by(Measure::ID.asc()).pluck(Measure::X).await?, [3.75, 0.5, 1.5]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn integers_are_divided_as_integers() -> Result<()> {
    with_connection(&measures().await?, async || {
        let json = || Measure::DATA.json::<i64>("n");
        for (name, found, expected) in [
            ("json", first!(json() / 2), 1),
            ("raw", first!(raw::<i64>("n", []) / 2), 1),
            ("coalesce", first!(json().coalesce(0) / 2), 1),
            ("a part of a date", first!(raw::<i64>("n", []) % raw::<i64>("small", [])), 1),
            ("length", first!(Measure::KIND.concat("xx").length() / 2), 1),
            ("a query", first!(subquery(Measure::query().select(Measure::N.sum())) / 2), 4),
        ] {
            assert_eq!(found, Some(expected), "{name}");
        }
        assert_eq!(first!(Measure::LARGE / 2_u64), Some(3));
        assert_eq!(first!(Measure::LARGE % 4_u64), Some(3));
        assert_eq!(Measure::filter((Measure::LARGE / 2_u64).eq(3)).count().await?, 3);
        let all = Measure::query();
        let sums = (
            Measure::N.sum() / 2,
            (Measure::N.sum() + 1) / 2,
            Measure::N.sum().coalesce(0) / 2,
            (Measure::N.sum() + 1) % 4,
            Measure::SMALL.sum() / 4,
            count_rows() / 2_u64,
            case::<i64>().when(count_rows().gt(1), Measure::N.sum().coalesce(0)).otherwise(0) / 2,
        );
        let expected = (Some(4), Some(5), Some(4), Some(2), Some(1), Some(1), Some(4));
        assert_eq!(all.clone().select(sums).one().await?, expected);
        let over = Measure::N.sum().over(window()) / 2;
        assert_eq!(all.clone().limit(1).pluck(over).await?, [Some(4)]);
        let kinds = all.clone().group_by(Measure::KIND).having((Measure::N.sum() / 2).eq(3)).select(Measure::KIND);
        assert_eq!(kinds.all().await?, ["a"]);
        let totals = || all.clone().group_by(Measure::KIND);
        let totals = || totals().select((Measure::KIND, Measure::N.sum(), count_rows(), Measure::X.sum()));
        let halves =
            Total::of(totals()).order_by(Total::KIND.asc()).select((Total::N / 2, Total::ROWS / 2_u64, Total::X / 2.0));
        assert_eq!(halves.all().await?, [(Some(3), Some(1), Some(4.25)), (Some(1), Some(0), Some(1.5))]);
        assert_eq!(Total::of(totals()).filter((Total::N / 2).eq(3)).pluck(Total::KIND).await?, ["a"]);
        all.clone().update(Measure::N.set((json() / 2).coalesce(0))).await?;
        assert_eq!(all.order_by(Measure::ID.asc()).pluck(Measure::N).await?, [1, 2, 1]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn values_are_compared_in_the_type_of_the_expression() -> Result<()> {
    with_connection(&measures().await?, async || {
        let groups = || Measure::query().group_by(Measure::KIND).order_by(Measure::KIND.asc());
        assert_eq!(groups().having(Measure::N.avg().is_in([3.5])).pluck(Measure::KIND).await?, ["a"]);
        assert_eq!(groups().having(Measure::SMALL.avg().between(1.5, 2.5)).pluck(Measure::KIND).await?, ["a", "b"]);
        assert_eq!(groups().having(Measure::N.sum().is_in([7, 8])).pluck(Measure::KIND).await?, ["a"]);
        assert_eq!(groups().having(Measure::PRICE.avg().is_in([dec!(9.50)])).pluck(Measure::KIND).await?, ["a", "b"]);
        assert_eq!(groups().having(count_rows().is_in([2_u64])).pluck(Measure::KIND).await?, ["a"]);
        assert_eq!(ids!(Measure::DATA.json::<f64>("x").is_in([7.5, 3.0])), [1, 3]);
        assert_eq!(ids!(Measure::DATA.json::<bool>("on").is_in([true])), [1, 2, 3]);
        assert_eq!(ids!(Measure::DATA.json::<String>("n").is_in(["3"])), [1]);
        assert_eq!(ids!(Measure::KIND.length().is_in([1])), [1, 2, 3]);
        assert_eq!(ids!(Measure::KIND.eq("a") & raw::<Decimal>("price", []).eq(dec!(9.500))), [1, 2]);
        assert_eq!(ids!(raw::<f64>("x", []).is_in([1.0])), [2]);
        let priced = case::<Decimal>().when(Measure::N.gt(2), Measure::PRICE).otherwise(dec!(10));
        assert_eq!(ids!(priced.clone().lt(dec!(9.51))), [1, 2]);
        let order = Measure::order_by((priced.desc(), Measure::ID.asc()));
        assert_eq!(order.pluck(Measure::ID).await?, [3, 1, 2]);
        assert_eq!(ids!(literal(dec!(9.4)).lt(Measure::PRICE).and(Measure::ID.gt(0))), [1, 2, 3]);
        Ok(())
    })
    .await
}

/// Equal documents are equal, also where they are texts with other spaces.
#[tokio::test]
async fn documents_are_equal_by_their_content() -> Result<()> {
    with_connection(&measures().await?, async || {
        let document = || Json(json!({ "n": 3, "on": true, "x": 7.5 }));
        assert_eq!(ids!(Measure::DATA.eq(document())), [1]);
        assert_eq!(ids!(Measure::DATA.ne(document())), [2, 3]);
        assert_eq!(ids!(Measure::DATA.is_in([document()])), [1]);
        assert_eq!(ids!(Measure::DATA.not_in([document()])), [2, 3]);
        assert_eq!(ids!(Measure::DATA.is_in(Measure::filter(Measure::ID.eq(2)).select(Measure::DATA))), [2]);
        Ok(())
    })
    .await
}

/// A computed single is rounded to its precision when it is written, so that the row is found by the value that is read.
#[tokio::test]
async fn written_singles_have_single_precision() -> Result<()> {
    with_connection(&measures().await?, async || {
        let row = || Measure::filter(Measure::ID.eq(1));
        row().update(Measure::SINGLE.set(0.1)).await?;
        macro_rules! is_found {
            ($value:expr) => {
                assert_eq!(row().update(Measure::SINGLE.set($value)).await?, 1);
                let single = row().pluck(Measure::SINGLE).await?;
                assert_eq!(Measure::filter(Measure::SINGLE.eq(single[0])).pluck(Measure::ID).await?, [1], "{single:?}");
            };
        }
        is_found!(Measure::SINGLE * 3.0);
        is_found!(Measure::SINGLE + 0.7);
        is_found!(case::<f32>().when(Measure::N.gt(0), Measure::SINGLE * 1.1).otherwise(0.0));
        is_found!((Measure::SINGLE / 3.0).coalesce(0.0));
        for set in [Measure::SINGLE.set(Measure::SINGLE * 1e38), Measure::SINGLE.set(Measure::SINGLE * -3e38)] {
            row().update(Measure::SINGLE.set(5.0)).await?;
            let error = row().update(set).await.expect_err("it is too large");
            assert_eq!(error.kind(), activerecord::ErrorKind::Conversion, "{error}");
        }
        Ok(())
    })
    .await
}
