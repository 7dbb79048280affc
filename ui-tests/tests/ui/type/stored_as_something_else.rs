use activerecord::prelude::*;
use chrono::{DateTime, NaiveDate, Utc};

#[derive(ActiveRecord)]
struct Token {
    #[column(stored = "bolb")]
    id: Uuid,
}

#[derive(ActiveRecord)]
struct Event {
    id: i64,
    #[column(stored = "blob")]
    at: DateTime<Utc>,
}

#[derive(ActiveRecord)]
struct Day {
    id: i64,
    #[column(stored = "iso", stored = "unix")]
    day: NaiveDate,
}

#[derive(ActiveRecord)]
struct Thing {
    id: i64,
    #[column(stored = "blob")]
    name: String,
}

fn main() {}
