//! Writes and reads of single records and of many.

mod assigned;
mod bulk;
mod columns;
mod embedded;
mod equal;
mod keys;
mod locks;
mod records;
mod sequences;
mod sets;
mod stamps;
mod supplied;
mod undone;
mod upserts;

use activerecord::prelude::*;
use chrono::{DateTime, Utc};

/// A model with all automatic columns.
#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Plane {
    id: i64,
    tailnum: String,
    #[column = "year"]
    built: Option<i32>,
    seats: i32,
    price: Decimal,
    #[created_at]
    created_at: DateTime<Utc>,
    #[updated_at]
    updated_at: DateTime<Utc>,
    #[version]
    version: i32,
    #[soft_delete]
    retired_at: Option<DateTime<Utc>>,
    #[skip]
    score: f64,
}

impl Plane {
    fn new(tailnum: &str) -> Self {
        Self { tailnum: tailnum.into(), seats: 100, price: dec!(1.50), ..Self::default() }
    }
}

/// A model without automatic columns.
#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Airport {
    #[primary_key]
    faa: String,
    name: String,
    altitude: Option<i32>,
}

impl Airport {
    fn new(faa: &str, name: &str) -> Self {
        Self { faa: faa.into(), name: name.into(), altitude: None }
    }
}

async fn database() -> test_support::Database {
    test_support::Database::new([
        "planes (id ID, tailnum STRING NOT NULL UNIQUE, year I32, seats I32 NOT NULL CHECK (seats >= 0),
             price DECIMAL NOT NULL, created_at TIMESTAMP NOT NULL, updated_at TIMESTAMP NOT NULL,
             version I32 NOT NULL, retired_at TIMESTAMP)",
        "airports (faa STRING PRIMARY KEY, name TEXT NOT NULL, altitude I32)",
    ])
    .await
}
