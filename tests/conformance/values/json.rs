//! JSON that could not be read again is refused when it is written.

use std::collections::BTreeMap;

use activerecord::prelude::*;
use activerecord::query::{case, literal};
use activerecord::{ErrorKind, params};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Stats {
    ratio: f64,
    single: Option<f32>,
    list: Vec<f64>,
    by_name: BTreeMap<String, f64>,
    shape: Option<Shape>,
    #[serde(flatten)]
    more: BTreeMap<String, f32>,
    note: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Shape {
    Point,
    Circle(f64),
    Line(f64, f64),
    Square { side: f64 },
}

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Report {
    id: i64,
    stats: Json<Stats>,
    maybe: Option<Json<Stats>>,
}

async fn database() -> test_support::Database {
    test_support::Database::new(["reports (id ID, stats JSON NOT NULL, maybe JSON)"]).await
}

fn refused<T: std::fmt::Debug>(result: Result<T>, what: &str) {
    let Err(error) = result else { panic!("{what}") };
    assert_eq!(error.kind(), ErrorKind::Conversion, "{what}: {error}");
    assert!(error.to_string().contains("has no JSON that can be read again"), "{what}: {error}");
}

/// Each place in which a float can be, with each float that JSON does not have.
fn unwritable() -> impl Iterator<Item = Stats> {
    [f64::NAN, f64::INFINITY, f64::NEG_INFINITY].into_iter().flat_map(|float| {
        #[allow(clippy::cast_possible_truncation, reason = "NaN and the infinities stay what they are")]
        let single = float as f32;
        let none = || Stats { note: None, ..Default::default() };
        [
            Stats { ratio: float, ..none() },
            Stats { single: Some(single), ..none() },
            Stats { list: vec![0.0, float], ..none() },
            Stats { by_name: BTreeMap::from([("a".into(), float)]), ..none() },
            Stats { more: BTreeMap::from([("b".into(), single)]), ..none() },
            Stats { shape: Some(Shape::Circle(float)), ..none() },
            Stats { shape: Some(Shape::Line(0.0, float)), ..none() },
            Stats { shape: Some(Shape::Square { side: float }), ..none() },
        ]
    })
}

#[tokio::test]
async fn floats_that_json_does_not_have() -> Result<()> {
    let db = database().await;
    with_connection(&db, async || {
        let good =
            Report { stats: Json(Stats { shape: Some(Shape::Point), ..Default::default() }), ..Default::default() };
        let good = Report::create(good).await?;
        for stats in unwritable() {
            let what = format!("{stats:?}");
            let bad = Report { stats: Json(stats.clone()), ..Default::default() };
            refused(Report::create(bad.clone()).await, &what);
            refused(Report::create(Report { maybe: Some(Json(stats)), ..Default::default() }).await, &what);
            refused(Report { id: good.id, ..bad }.save().await, &what);
        }
        let json = || Json(Stats { ratio: f64::NAN, ..Default::default() });
        let bad = || Report { id: good.id, stats: json(), maybe: None };
        let row = || Report::filter(Report::ID.eq(good.id));
        refused(bad().update().await, "update");
        refused(good.clone().update_columns(Report::STATS.set(json())).await, "update_columns");
        refused(good.clone().update_columns(Report::MAYBE.set(Some(json()))).await, "update_columns");
        refused(row().update(Report::STATS.set(json())).await, "a set-based update");
        let computed = || case::<Json<Stats>>().when(Report::ID.gt(0), json()).otherwise(Report::STATS);
        refused(row().update(Report::STATS.set(computed())).await, "an expression");
        refused(row().update(Report::STATS.set(Report::MAYBE.coalesce(json()))).await, "coalesce");
        refused(
            Report::bulk_insert(&[Report { id: 0, ..good.clone() }, Report { id: 0, ..bad() }]).await,
            "bulk_insert",
        );
        refused(Report::insert_or_update(&bad(), [Report::ID]).await, "insert_or_update");
        refused(Report::filter(Report::STATS.eq(json())).all().await, "eq");
        refused(Report::filter(Report::STATS.is_in([json()])).all().await, "is_in");
        refused(row().select(literal(json())).all().await, "literal");
        let raw = connection(&db)?.execute("UPDATE reports SET stats = ?", params![json()]).await;
        refused(raw, "raw SQL");
        let in_transaction = transaction(&db, async || {
            refused(row().update(Report::STATS.set(json())).await, "in a transaction");
            row().select(Report::ID).one().await
        });
        assert_eq!(in_transaction.await?, good.id);
        assert_eq!(Report::all().await?, [good]);
        Ok(())
    })
    .await
}
