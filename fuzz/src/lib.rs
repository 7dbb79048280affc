//! A differential fuzzer. Generated statements run on every database and on an evaluator, and all must answer alike.

pub mod evaluate;
