//! Errors of SQLite's files and locks, and of settings. Each error names its place, and none contains a bound value.
//! The errors of every database are tested in `tests/conformance`.

mod connections;
mod files;

use activerecord::prelude::*;
use test_support::shown::{SECRET, check, shown};

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Plane {
    id: i64,
    tailnum: String,
    seats: Option<i32>,
    model_id: Option<i64>,
}

impl Plane {
    fn new() -> Self {
        Self { tailnum: SECRET.into(), seats: Some(100), ..Self::default() }
    }
}

async fn database() -> test_support::DatabaseFile {
    test_support::DatabaseFile::new([
        "models (id INTEGER PRIMARY KEY)",
        "planes (id INTEGER PRIMARY KEY, tailnum TEXT NOT NULL, seats INTEGER NOT NULL,
             model_id INTEGER REFERENCES models (id), UNIQUE (tailnum, seats),
             CONSTRAINT planes_have_seats CHECK (seats > 0))",
    ])
    .await
}
