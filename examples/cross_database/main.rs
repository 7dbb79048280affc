//! Two databases in one program: real airports, airlines and planes in `primary`, and copies of them in `analytics`.
//!
//! ```text
//! cargo run --example cross_database     # run it twice: the second run copies only what changed
//! ```
//!
//! It needs only Rust and a C compiler: both databases are SQLite files, created on the first run. Read the files in
//! this order: `models.rs` (what is stored), `main.rs` (what happens), `sync.rs` (how rows are copied).

#![allow(unreachable_pub, reason = "a program exports nothing")]

mod load;
mod models;
mod report;
mod setup;
mod sync;

use activerecord::prelude::*;

use models::{Airline, AirlineCopy, Airport, Plane};

#[tokio::main]
async fn main() -> Result<()> {
    report::step("Two databases");
    setup::connect()?;
    setup::create_tables().await?;

    report::step("Real data into primary");
    load::in_bulk(load::AIRPORTS, [Airport::FAA]).await?;
    load::in_bulk(load::PLANES, [Plane::TAILNUM]).await?;
    load::one_by_one(load::AIRLINES).await?;

    report::step("Queries on primary");
    report::airports(&highest().all().await?);
    let alaskan = Airport::filter_raw("time_zone = ?", ["America/Anchorage"]).count().await?;
    report::fact(alaskan, "airports are in Alaska's time zone");
    let seats = Plane::filter(Plane::MANUFACTURER.starts_with("AIRBUS")).sum(Plane::SEATS).await?;
    report::fact(seats, "seats in planes by Airbus");

    report::step("A hook copies each saved airline to analytics");
    let mut airline = Airline::find("US").await?;
    airline.destroy().await?;
    report::fact(AirlineCopy::count().await?, "airlines in analytics after US Airways was destroyed in primary");
    airline.insert().await?;
    report::fact(AirlineCopy::count().await?, "airlines in analytics after it was inserted again");

    report::step("Three planes are inspected");
    for mut plane in Plane::order_by((Plane::INSPECTIONS.asc(), Plane::TAILNUM.asc())).limit(3).all().await? {
        plane.inspections += 1;
        plane.save().await?;
        let Plane { inspections, tailnum, manufacturer, model, .. } = plane;
        report::fact(inspections, &format!("times {tailnum} was inspected ({manufacturer} {model})"));
    }

    report::step("Changed rows are copied in batches of 1,000");
    let copied = sync::run::<Airport>().await? + sync::run::<Plane>().await?;

    report::step("The same query in both databases");
    let mut answers = Vec::new();
    for name in ["primary", "analytics"] {
        let highest = Airport::with_connection(name, async || highest().first().await).await?.unwrap_or_default();
        let airports = Airport::using(name).count().await?;
        answers.push([name.to_owned(), highest.name, report::grouped(airports)]);
    }
    report::table(["connection", "highest airport", "airports"], answers.into_iter());

    setup::disconnect().await?;
    setup::say_where_to_look();
    report::copied(copied);
    Ok(())
}

/// Returns a query for the highest airports, for either database.
fn highest() -> Query<Airport> {
    Airport::filter(Airport::ALTITUDE.gt(7000)).order_by(Airport::ALTITUDE.desc()).limit(5)
}
