//! Queries: their rows, the order, and the types of the results.

mod aggregates;
mod batches;
mod decimals;
mod documents;
mod found;
mod orders;
mod patterns;
mod predicates;
mod raw;
mod streams;
pub(crate) mod supported;
mod texts;
mod types;

use activerecord::prelude::*;
use chrono::NaiveDate;

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Flight {
    id: i64,
    carrier: String,
    number: i32,
    delay: Option<i32>,
    distance: f64,
    fare: Decimal,
    refund: Option<Decimal>,
    day: NaiveDate,
    cancelled: bool,
}

async fn database() -> test_support::Database {
    test_support::Database::new([
        "flights (id ID, carrier STRING NOT NULL, number I32 NOT NULL, delay I32, distance F64 NOT NULL,
             fare DECIMAL NOT NULL, refund DECIMAL, day DATE NOT NULL, cancelled BOOL NOT NULL)",
    ])
    .await
}

fn day(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2013, 1, day).unwrap_or_default()
}

/// Six flights, with ids from 1 to 6.
async fn flights() -> Result<test_support::Database> {
    let flights = [
        ("UA", 1545, Some(2), 1400.0, dec!(9.00), None),
        ("UA", 1714, Some(4), 1416.0, dec!(10.00), Some(dec!(2.5))),
        ("AA", 1141, None, 1089.0, dec!(100.00), Some(dec!(10))),
        ("B6", 725, Some(-1), 1576.0, dec!(-1.5), None),
        ("DL", 461, Some(-6), 762.0, dec!(9.5), Some(dec!(-3))),
        ("UA", 1696, Some(-4), 719.0, dec!(0.10), None),
    ];
    let flights: Vec<_> = (1..)
        .zip(flights)
        .map(|(n, (carrier, number, delay, distance, fare, refund))| Flight {
            id: i64::from(n),
            carrier: carrier.into(),
            number,
            delay,
            distance,
            fare,
            refund,
            day: day(n),
            cancelled: delay.is_none(),
        })
        .collect();
    let db = database().await;
    with_connection(&db, async || Flight::bulk_insert(&flights).await).await?;
    Ok(db)
}

/// Returns the ids that a query finds, in its order.
async fn ids(query: Query<Flight>) -> Result<Vec<i64>> {
    query.pluck(Flight::ID).await
}
