//! The value contract, by the table at the head of core's values: what goes in comes out, in order, and what does not fit is
//! an error.

mod hostile;
mod limits;
mod round_trip;
#[path = "../../common/sample.rs"]
mod sample;
mod strategies;
mod times;

use crate::harness::Database;
use sample::{Color, Level, Maybe, Sample, Tree};

async fn database() -> Database {
    Database::new([
        "samples (id ID, truth BOOL NOT NULL, tiny I8 NOT NULL, small I16 NOT NULL, \"int\" I32 NOT NULL, big I64 NOT NULL,
             utiny U8 NOT NULL, usmall U16 NOT NULL, uint U32 NOT NULL, ubig U64 NOT NULL, single F32 NOT NULL,
             \"double\" F64 NOT NULL, text TEXT NOT NULL, bytes BYTES NOT NULL, price DECIMAL NOT NULL, uuid UUID NOT NULL,
             date DATE NOT NULL, time TIME NOT NULL, datetime DATETIME NOT NULL, timestamp TIMESTAMP NOT NULL,
             json JSON NOT NULL, list I64[] NOT NULL, names TEXT[] NOT NULL, prices DECIMAL[] NOT NULL,
             ratios F64[] NOT NULL, color STRING NOT NULL, level I16 NOT NULL)",
        "maybes (id ID, truth BOOL, tiny I8, ubig U64, single F32, text TEXT, bytes BYTES, price DECIMAL, uuid UUID, date DATE,
             time TIME, datetime DATETIME, timestamp TIMESTAMP, json JSON, list I64[], color STRING, level I16)",
    ])
    .await
}
