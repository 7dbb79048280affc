//! Every kind of error, provoked for real: each says where it happened, and none repeats a bound value.

#[path = "../common/mod.rs"]
mod common;
mod connections;
mod constraints;
mod files;
mod statements;

use activerecord::prelude::*;

/// What is bound to every statement here, and never shown.
const SECRET: &str = "s3cr3t";

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

async fn database() -> common::Database {
    common::Database::new([
        "models (id INTEGER PRIMARY KEY)",
        "planes (id INTEGER PRIMARY KEY, tailnum TEXT NOT NULL, seats INTEGER NOT NULL,
             model_id INTEGER REFERENCES models (id), UNIQUE (tailnum, seats),
             CONSTRAINT planes_have_seats CHECK (seats > 0))",
    ])
    .await
}

/// All that a log may show of an error.
fn shown(error: &Error) -> String {
    let mut shown = format!("{error} {error:?}");
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        shown += &format!(" {error} {error:?}");
        source = error.source();
    }
    shown
}

/// Checks what every error of a statement has: its kind and its place, and no bound value.
fn check(error: &Error, kind: ErrorKind, connection: &str, model: Option<&str>) {
    let shown = shown(error);
    assert_eq!((error.kind(), error.connection(), error.model()), (kind, Some(connection), model), "{shown}");
    assert!(!shown.contains(SECRET), "{shown}");
    assert!(error.sql().is_some_and(|sql| error.to_string().contains(sql)), "{shown}");
    assert!(error.to_string().contains(connection) && error.to_string().starts_with(error.message()), "{error}");
}
