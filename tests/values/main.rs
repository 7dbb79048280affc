//! The value contract on SQLite, by the table at the head of core's values: what goes in comes out, in order, and what
//! does not fit is an error.

#[path = "../common/mod.rs"]
mod common;
mod limits;
mod round_trip;
mod times;
mod wrong;

use activerecord::prelude::*;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};

/// A column of every type.
#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Sample {
    id: i64,
    truth: bool,
    tiny: i8,
    small: i16,
    int: i32,
    big: i64,
    utiny: u8,
    usmall: u16,
    uint: u32,
    ubig: u64,
    single: f32,
    double: f64,
    text: String,
    bytes: Vec<u8>,
    price: Decimal,
    uuid: Uuid,
    date: NaiveDate,
    time: NaiveTime,
    datetime: NaiveDateTime,
    timestamp: DateTime<Utc>,
    json: Json<Tree>,
    list: Vec<i64>,
    names: Vec<String>,
    prices: Vec<Decimal>,
    ratios: Vec<f64>,
    color: Color,
    level: Level,
}

/// The same types, each of which may be NULL.
#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Maybe {
    id: i64,
    truth: Option<bool>,
    tiny: Option<i8>,
    ubig: Option<u64>,
    single: Option<f32>,
    text: Option<String>,
    bytes: Option<Vec<u8>>,
    price: Option<Decimal>,
    uuid: Option<Uuid>,
    date: Option<NaiveDate>,
    time: Option<NaiveTime>,
    datetime: Option<NaiveDateTime>,
    timestamp: Option<DateTime<Utc>>,
    json: Option<Json<Tree>>,
    list: Option<Vec<i64>>,
    color: Option<Color>,
    level: Option<Level>,
}

type Tree = serde_json::Value;

#[derive(ActiveEnum, Clone, Copy, Debug, Default, PartialEq)]
enum Color {
    #[default]
    Red,
    DarkBlue,
}

#[derive(ActiveEnum, Clone, Copy, Debug, Default, PartialEq)]
#[repr(i16)]
enum Level {
    #[default]
    Low = -1,
    High = 300,
}

/// No column is NOT NULL, so that every wrong value can be stored.
async fn database() -> common::Database {
    common::Database::new(["samples (id INTEGER PRIMARY KEY, truth INTEGER, tiny INTEGER, small INTEGER, int INTEGER, big INTEGER,
             utiny INTEGER, usmall INTEGER, uint INTEGER, ubig INTEGER, single REAL, double REAL, text TEXT, bytes BLOB,
             price TEXT, uuid TEXT, date TEXT, time TEXT, datetime TEXT, timestamp TEXT, json TEXT, list TEXT, names TEXT,
             prices TEXT, ratios TEXT, color TEXT, level INTEGER)", "maybes (id INTEGER PRIMARY KEY, truth INTEGER, tiny INTEGER, ubig INTEGER, single REAL, text TEXT,
             bytes BLOB, price TEXT, uuid TEXT, date TEXT, time TEXT, datetime TEXT, timestamp TEXT, json TEXT, list TEXT,
             color TEXT, level INTEGER)"]).await
}
