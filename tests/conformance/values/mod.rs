//! The value contract, by the table at the head of core's values: what goes in comes out, in order, and what does not fit is
//! an error.

mod hostile;
mod images;
mod limits;
mod round_trip;
mod times;

use test_support::sample::{Color, Level, Maybe, Sample, TABLES, Tree};
use test_support::{Database, Profile};

/// What the random values have to be of.
fn profile() -> &'static Profile {
    Profile::current().unwrap_or_else(|error| panic!("{error}"))
}

async fn database() -> Database {
    Database::new(TABLES).await
}
