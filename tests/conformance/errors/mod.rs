//! Every kind of error. Each error names its place, and none contains a bound value.

mod constraints;
mod sizes;
mod statements;

use activerecord::prelude::*;

use test_support::Database;
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

async fn database() -> Database {
    Database::new([
        "models (id ID)",
        "planes (id ID, tailnum STRING NOT NULL, seats I32 NOT NULL, model_id I64,
             CONSTRAINT planes_differ UNIQUE (tailnum, seats), CONSTRAINT planes_have_seats CHECK (seats > 0),
             CONSTRAINT planes_have_models FOREIGN KEY (model_id) REFERENCES models (id))",
    ])
    .await
}
