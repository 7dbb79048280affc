//! Models with a column of every type. They test the values of every database, and those that only SQLite can store.

use activerecord::prelude::*;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};

/// The tables of these models, with the types of `database/tables.rs`.
pub const TABLES: [&str; 2] = [
    "samples (id ID, truth BOOL NOT NULL, tiny I8 NOT NULL, small I16 NOT NULL, \"int\" I32 NOT NULL, big I64 NOT NULL,
     utiny U8 NOT NULL, usmall U16 NOT NULL, uint U32 NOT NULL, ubig U64 NOT NULL, single F32 NOT NULL,
     \"double\" F64 NOT NULL, text TEXT NOT NULL, bytes BYTES NOT NULL, price DECIMAL NOT NULL, uuid UUID NOT NULL,
     date DATE NOT NULL, time TIME NOT NULL, datetime DATETIME NOT NULL, timestamp TIMESTAMP NOT NULL,
     json JSON NOT NULL, list I64[] NOT NULL, names TEXT[] NOT NULL, prices DECIMAL[] NOT NULL,
     ratios F64[] NOT NULL, color STRING NOT NULL, level I16 NOT NULL)",
    "maybes (id ID, truth BOOL, tiny I8, ubig U64, single F32, text TEXT, bytes BYTES, price DECIMAL, uuid UUID, date DATE,
     time TIME, datetime DATETIME, timestamp TIMESTAMP, json JSON, list I64[], color STRING, level I16)",
];

/// A column of every type.
#[allow(missing_docs, reason = "a column is named after its type")]
#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
pub struct Sample {
    pub id: i64,
    pub truth: bool,
    pub tiny: i8,
    pub small: i16,
    pub int: i32,
    pub big: i64,
    pub utiny: u8,
    pub usmall: u16,
    pub uint: u32,
    pub ubig: u64,
    pub single: f32,
    pub double: f64,
    pub text: String,
    pub bytes: Vec<u8>,
    pub price: Decimal,
    pub uuid: Uuid,
    pub date: NaiveDate,
    pub time: NaiveTime,
    pub datetime: NaiveDateTime,
    pub timestamp: DateTime<Utc>,
    pub json: Json<Tree>,
    pub list: Vec<i64>,
    pub names: Vec<String>,
    pub prices: Vec<Decimal>,
    pub ratios: Vec<f64>,
    pub color: Color,
    pub level: Level,
}

/// Columns that can be NULL.
#[allow(missing_docs, reason = "a column is named after its type")]
#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
pub struct Maybe {
    pub id: i64,
    pub truth: Option<bool>,
    pub tiny: Option<i8>,
    pub ubig: Option<u64>,
    pub single: Option<f32>,
    pub text: Option<String>,
    pub bytes: Option<Vec<u8>>,
    pub price: Option<Decimal>,
    pub uuid: Option<Uuid>,
    pub date: Option<NaiveDate>,
    pub time: Option<NaiveTime>,
    pub datetime: Option<NaiveDateTime>,
    pub timestamp: Option<DateTime<Utc>>,
    pub json: Option<Json<Tree>>,
    pub list: Option<Vec<i64>>,
    pub color: Option<Color>,
    pub level: Option<Level>,
}

/// The value of a JSON column.
pub type Tree = serde_json::Value;

/// Stored as text.
#[allow(missing_docs, reason = "the variants have no meaning")]
#[derive(ActiveEnum, Clone, Copy, Debug, Default, PartialEq)]
pub enum Color {
    #[default]
    Red,
    DarkBlue,
}

/// Stored as a number.
#[allow(missing_docs, reason = "the variants have no meaning")]
#[derive(ActiveEnum, Clone, Copy, Debug, Default, PartialEq)]
#[repr(i16)]
pub enum Level {
    #[default]
    Low = -1,
    High = 300,
}
