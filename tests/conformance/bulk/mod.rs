//! Ten thousand rows in one call. They exceed the binds of a statement, are written completely or not at all, and are
//! read in bounded memory.

mod constraints;
mod keys;
mod loads;
mod rows;
mod sizes;

use activerecord::prelude::*;

use test_support::Database;

const ROWS: i32 = 10_000;

/// A model of eight columns: ten thousand rows have more values than any database binds in one statement.
#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Reading {
    id: i64,
    station: String,
    hour: i32,
    temperature: Option<f64>,
    pressure: f64,
    humidity: i32,
    rain: Decimal,
    remark: String,
}

/// Returns the reading of an hour.
fn reading(hour: i32) -> Reading {
    Reading {
        id: 0,
        station: "EWR".into(),
        hour,
        temperature: (hour % 10 != 0).then(|| f64::from(hour % 30) / 4.0),
        pressure: 1012.5,
        humidity: hour % 100,
        rain: Decimal::new(i64::from(hour % 7), 2),
        remark: format!("hour {hour}"),
    }
}

fn readings() -> Vec<Reading> {
    (0..ROWS).map(reading).collect()
}

async fn database() -> Database {
    Database::new(["readings (id ID, station STRING NOT NULL, hour I32 NOT NULL, temperature F64, pressure F64 NOT NULL,
            humidity I32 NOT NULL, rain DECIMAL NOT NULL, remark TEXT NOT NULL, CONSTRAINT one_an_hour UNIQUE (station, hour),
            CONSTRAINT percent CHECK (humidity <= 100))"])
    .await
}
