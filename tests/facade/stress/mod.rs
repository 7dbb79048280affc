//! Many concurrent tasks on one SQLite file.
//!
//! `load` runs for 5 seconds, or longer: `ACTIVERECORD_STRESS_SECONDS=60 cargo test --test facade stress`. A slow
//! machine only does less work in this time. `storm` cancels thousands of calls at random points.

mod load;
mod storm;
