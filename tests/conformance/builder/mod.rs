//! The query builder. The SQL of each query, in the three dialects side by side, is a snapshot, and its result is the
//! same on every database. A query that a dialect cannot express is `Unsupported`, both as SQL and when it runs.

mod across;
mod compounds;
mod computed;
mod ctes;
mod dates;
mod explained;
mod groups;
mod joins;
mod json;
mod keysets;
mod locks;
mod nested;
mod windows;

use std::fmt::Debug;

use activerecord::Source;
use activerecord::prelude::*;
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::json;

use test_support::Database;

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Airline {
    #[primary_key]
    carrier: String,
    name: String,
}

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Plane {
    #[primary_key]
    tailnum: String,
    built: Option<i32>,
    seats: i32,
    #[soft_delete]
    scrapped_at: Option<DateTime<Utc>>,
}

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Flight {
    id: i64,
    carrier: String,
    tailnum: Option<String>,
    dest: String,
    delay: Option<i32>,
    miles: i64,
    load: f64,
    fare: Decimal,
    day: NaiveDate,
    departs: DateTime<Utc>,
    notes: Json<serde_json::Value>,
}

/// A place, and the place that it is a part of.
#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Place {
    id: i64,
    name: String,
    part_of: Option<i64>,
}

/// The place that another is a part of.
#[derive(Alias)]
#[alias(Place)]
struct Whole;

const DIALECTS: [&str; 3] = ["sqlite", "postgresql", "mysql"];

/// Compares the SQL of a query in each dialect with the snapshot of this name, and its result on this database with
/// `expected`.
async fn check<S, R>(name: &str, query: Query<S, R>, expected: impl IntoIterator<Item = R>) -> Result<()>
where
    S: Source,
    R: Debug + PartialEq + Send + 'static,
{
    let dialect = HERE.with(|name| connection(name))?.dialect().name();
    let spelling = |dialect| match query.to_sql(dialect) {
        Ok((sql, binds)) => format!("{dialect}: {sql}\n    {binds:?}"),
        Err(error) => format!("{dialect}: {:?}: {error}", error.kind()),
    };
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(name, DIALECTS.map(spelling).join("\n"));
    });
    let refused = query.to_sql(dialect).err();
    let found = query.all().await;
    match refused {
        Some(refused) => assert_eq!(found.err().map(|error| error.kind()), Some(refused.kind()), "{name}"),
        None => assert_eq!(found?, expected.into_iter().collect::<Vec<_>>(), "{name}"),
    }
    Ok(())
}

tokio::task_local! {
    /// The connection of the test.
    static HERE: String;
}

/// Runs a test on a new database with filled tables.
async fn with_data(test: impl AsyncFnOnce() -> Result<()>) -> Result<()> {
    let db = database().await?;
    HERE.scope(db.to_string(), with_connection(&db, async || test().await)).await
}

async fn database() -> Result<Database> {
    let db = Database::new([
        "airlines (carrier STRING NOT NULL PRIMARY KEY, name STRING NOT NULL)",
        "planes (tailnum STRING NOT NULL PRIMARY KEY, built I32, seats I32 NOT NULL, scrapped_at TIMESTAMP)",
        "flights (id ID, carrier STRING NOT NULL, tailnum STRING, dest STRING NOT NULL, delay I32, miles I64 NOT NULL,
             \"load\" F64 NOT NULL, fare DECIMAL NOT NULL, day DATE NOT NULL, departs TIMESTAMP NOT NULL, notes JSON NOT NULL)",
        "places (id ID, name STRING NOT NULL, part_of I64)",
    ])
    .await;
    with_connection(&db, async || {
        Airline::bulk_insert(&airlines()).await?;
        Plane::bulk_insert(&planes()).await?;
        Flight::bulk_insert(&flights()).await?;
        Place::bulk_insert(&places()).await
    })
    .await?;
    Ok(db)
}

/// Four airlines. WN has no flight. DL has flights and is missing.
fn airlines() -> Vec<Airline> {
    [
        ("AA", "American Airlines Inc."),
        ("B6", "JetBlue Airways"),
        ("UA", "United Air Lines Inc."),
        ("WN", "Southwest Airlines Co."),
    ]
    .map(|(carrier, name)| Airline { carrier: carrier.into(), name: name.into() })
    .into()
}

/// Four planes. The last one is scrapped.
fn planes() -> Vec<Plane> {
    [("N14228", Some(1999), 149), ("N24211", Some(1998), 149), ("N619AA", None, 178), ("N804JB", Some(2012), 200)]
        .map(|(tailnum, built, seats)| Plane {
            tailnum: tailnum.into(),
            built,
            seats,
            scrapped_at: (tailnum == "N804JB").then(|| instant("2013-06-01T00:00:00Z")),
        })
        .into()
}

/// Six flights, with ids from 1 to 6.
fn flights() -> Vec<Flight> {
    let flights = [
        ("UA", Some("N14228"), "IAH", Some(2), 1400, 0.5, dec!(9.00), "2013-01-01T05:17:00Z"),
        ("UA", Some("N24211"), "IAH", Some(4), 1416, 0.75, dec!(10.00), "2013-01-01T23:33:09.75Z"),
        ("AA", Some("N619AA"), "MIA", None, 1089, 1.0, dec!(100.00), "2013-01-06T05:42:00Z"),
        ("B6", Some("N804JB"), "BQN", Some(-1), 1576, 0.25, dec!(-1.5), "2013-02-04T06:00:00Z"),
        ("DL", None, "ATL", Some(-6), 762, 0.5, dec!(9.5), "2014-12-31T23:59:59.999999Z"),
        ("UA", Some("N14228"), "ORD", Some(-4), 719, 0.0, dec!(0.10), "2016-02-29T12:30:31Z"),
    ];
    let notes = [
        json!({"meal": {"kind": "hot", "count": 2, "rating": 4.5, "vegan": true}, "extras": ["tea", "milk"]}),
        json!({"meal": {"kind": "cold", "count": 9007199254740993_i64, "rating": -7.9, "vegan": false}}),
        json!({"meal": null, "extras": [{"a.b": "dotted"}, 3]}),
        json!({"meal": {"kind": 7, "count": "2", "rating": true, "vegan": "yes"}}),
        json!({"meal": {"kind": {"x": 1}, "count": [1], "rating": null}}),
        json!({}),
    ];
    (1..)
        .zip(flights)
        .zip(notes)
        .map(|((id, (carrier, tailnum, dest, delay, miles, load, fare, departs)), notes)| Flight {
            id,
            carrier: carrier.into(),
            tailnum: tailnum.map(Into::into),
            dest: dest.into(),
            delay,
            miles,
            load,
            fare,
            day: instant(departs).date_naive(),
            departs: instant(departs),
            notes: Json(notes),
        })
        .collect()
}

fn places() -> Vec<Place> {
    [
        ("World", None),
        ("United States", Some(1)),
        ("New York", Some(2)),
        ("JFK", Some(3)),
        ("LGA", Some(3)),
        ("Florida", Some(2)),
        ("MIA", Some(6)),
    ]
    .into_iter()
    .zip(1..)
    .map(|((name, part_of), id)| Place { id, name: name.into(), part_of })
    .collect()
}

fn airline(carrier: &str) -> Airline {
    airlines().into_iter().find(|airline| airline.carrier == carrier).unwrap_or_default()
}

fn flight(id: usize) -> Flight {
    flights().swap_remove(id - 1)
}

fn place(id: usize) -> Place {
    places().swap_remove(id - 1)
}

fn instant(text: &str) -> DateTime<Utc> {
    text.parse().unwrap_or_default()
}

fn text(text: &str) -> String {
    text.to_owned()
}
