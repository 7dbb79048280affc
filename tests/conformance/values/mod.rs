//! Values, as the table in core's module `value` defines them. A value that is written is read unchanged and sorts as
//! in Rust. A value that does not fit is an error.

mod held;
mod hostile;
mod images;
mod json;
mod limits;
mod round_trip;
mod stored;
mod times;

use test_support::sample::{Color, Level, Maybe, Sample, TABLES, Tree};
use test_support::{Database, Profile};

/// The profile of the database, which limits the random values.
fn profile() -> &'static Profile {
    Profile::current().unwrap_or_else(|error| panic!("{error}"))
}

async fn database() -> Database {
    Database::new(TABLES).await
}
