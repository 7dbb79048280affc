//! A differential fuzzer: the same statements on every database and on an [evaluator](evaluate), which says what the
//! library promises. `cargo xtask fuzz` runs it; docs/design/fuzzer.md says what it covers.

pub mod broken;
mod compare;
pub mod evaluate;
mod generate;
pub mod machine;
mod metamorphic;
mod print;
mod records;
mod shrink;
mod site;
mod step;
pub mod texts;
mod tree;
mod world;
