//! Many tasks at once, on one SQLite file.
//!
//! `load` runs for 5 seconds; `ACTIVERECORD_STRESS_SECONDS=60 cargo test --test facade stress` makes it a minute. `storm` cancels
//! some thousands of calls at random points.

mod load;
mod storm;
