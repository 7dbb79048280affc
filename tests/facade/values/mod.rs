//! Stored values whose type differs from that of the column. Only SQLite stores them. The tests of every database are in
//! `tests/conformance`.

mod limits;
mod numbered;
mod stored;
mod times;
mod wrong;

use test_support::sample::{Maybe, Sample};

/// Creates tables without NOT NULL, so that every wrong value can be stored.
async fn database() -> test_support::DatabaseFile {
    test_support::DatabaseFile::new(["samples (id INTEGER PRIMARY KEY, truth INTEGER, tiny INTEGER, small INTEGER, int INTEGER, big INTEGER,
             utiny INTEGER, usmall INTEGER, uint INTEGER, ubig INTEGER, single REAL, double REAL, text TEXT, bytes BLOB,
             price TEXT, uuid TEXT, date TEXT, time TEXT, datetime TEXT, timestamp TEXT, json TEXT, list TEXT, names TEXT,
             prices TEXT, ratios TEXT, color TEXT, level INTEGER)", "maybes (id INTEGER PRIMARY KEY, truth INTEGER, tiny INTEGER, ubig INTEGER, single REAL, text TEXT,
             bytes BLOB, price TEXT, uuid TEXT, date TEXT, time TEXT, datetime TEXT, timestamp TEXT, json TEXT, list TEXT,
             color TEXT, level INTEGER)"]).await
}
