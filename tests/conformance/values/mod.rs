//! The value contract, by the table at the head of core's values: what goes in comes out, in order, and what does not fit is
//! an error.

mod hostile;
mod images;
mod limits;
mod round_trip;
#[path = "../../common/sample.rs"]
mod sample;
mod strategies;
mod times;

use crate::harness::{Database, Profile};
use sample::{Color, Level, Maybe, Sample, TABLES, Tree};

/// What the random values have to be of.
fn profile() -> &'static Profile {
    Profile::current().unwrap_or_else(|error| panic!("{error}"))
}

async fn database() -> Database {
    Database::new(TABLES).await
}
