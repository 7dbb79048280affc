//! Models with a column of every type, for the value contract on every database and for SQLite's own part of it.

use activerecord::prelude::*;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};

/// The tables of these models, in the words of `tests/conformance/harness/tables.rs`.
#[allow(dead_code, reason = "SQLite's own tests have tables without NOT NULL")]
pub(crate) const TABLES: [&str; 2] = [
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
#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
pub(crate) struct Sample {
    pub(crate) id: i64,
    pub(crate) truth: bool,
    pub(crate) tiny: i8,
    pub(crate) small: i16,
    pub(crate) int: i32,
    pub(crate) big: i64,
    pub(crate) utiny: u8,
    pub(crate) usmall: u16,
    pub(crate) uint: u32,
    pub(crate) ubig: u64,
    pub(crate) single: f32,
    pub(crate) double: f64,
    pub(crate) text: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) price: Decimal,
    pub(crate) uuid: Uuid,
    pub(crate) date: NaiveDate,
    pub(crate) time: NaiveTime,
    pub(crate) datetime: NaiveDateTime,
    pub(crate) timestamp: DateTime<Utc>,
    pub(crate) json: Json<Tree>,
    pub(crate) list: Vec<i64>,
    pub(crate) names: Vec<String>,
    pub(crate) prices: Vec<Decimal>,
    pub(crate) ratios: Vec<f64>,
    pub(crate) color: Color,
    pub(crate) level: Level,
}

/// The same types, each of which may be NULL.
#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
pub(crate) struct Maybe {
    pub(crate) id: i64,
    pub(crate) truth: Option<bool>,
    pub(crate) tiny: Option<i8>,
    pub(crate) ubig: Option<u64>,
    pub(crate) single: Option<f32>,
    pub(crate) text: Option<String>,
    pub(crate) bytes: Option<Vec<u8>>,
    pub(crate) price: Option<Decimal>,
    pub(crate) uuid: Option<Uuid>,
    pub(crate) date: Option<NaiveDate>,
    pub(crate) time: Option<NaiveTime>,
    pub(crate) datetime: Option<NaiveDateTime>,
    pub(crate) timestamp: Option<DateTime<Utc>>,
    pub(crate) json: Option<Json<Tree>>,
    pub(crate) list: Option<Vec<i64>>,
    pub(crate) color: Option<Color>,
    pub(crate) level: Option<Level>,
}

pub(crate) type Tree = serde_json::Value;

#[derive(ActiveEnum, Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Color {
    #[default]
    Red,
    DarkBlue,
}

#[derive(ActiveEnum, Clone, Copy, Debug, Default, PartialEq)]
#[repr(i16)]
pub(crate) enum Level {
    #[default]
    Low = -1,
    High = 300,
}
