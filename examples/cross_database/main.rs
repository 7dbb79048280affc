//! Two databases in one program: real airports, airlines and planes in `primary`, followed by `analytics`.
//!
//! ```text
//! cargo run --example cross_database     # run it twice: the second run copies only what changed
//! ```
//!
//! Nothing but Rust and a C compiler is needed: both databases are SQLite files, made on the first run. Read the files in
//! this order: `models.rs` (what is stored), `main.rs` (what happens), `sync.rs` (how it is copied).

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
    report::fact("airports in Alaska's time zone", alaskan);
    let seats = Plane::filter(Plane::MANUFACTURER.starts_with("AIRBUS")).sum(Plane::SEATS).await?;
    report::fact("seats in all planes by Airbus", seats);

    report::step("A hook keeps analytics in step, save by save");
    let mut airline = Airline::find("US").await?;
    airline.destroy().await?;
    report::fact("airlines in analytics after US Airways was destroyed", AirlineCopy::count().await?);
    airline.insert().await?;
    report::fact("and after it was inserted again", AirlineCopy::count().await?);

    report::step("Some planes change");
    for mut plane in Plane::order_by((Plane::INSPECTIONS.asc(), Plane::TAILNUM.asc())).limit(3).all().await? {
        plane.inspections += 1;
        plane.save().await?;
        report::fact(&format!("inspections of {}", plane.tailnum), plane.inspections);
    }

    report::step("Synchronized in batches of 1,000");
    let copied = sync::run::<Airport>().await? + sync::run::<Plane>().await?;

    report::step("The same query on analytics");
    report::airports(&Airport::with_connection("analytics", async || highest().all().await).await?);
    let copies = Airport::using("analytics").count().await?;
    report::fact("airports there, by `Airport::using(\"analytics\")`", copies);

    setup::say_where_to_look();
    report::copied(copied);
    Ok(())
}

/// The highest airports, in whichever database the query is run.
fn highest() -> Query<Airport> {
    Airport::filter(Airport::ALTITUDE.gt(7000)).order_by(Airport::ALTITUDE.desc()).limit(5)
}
