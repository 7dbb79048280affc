//! Code that compiles.

mod attributes;
mod common_names;
mod composite_key;
mod enumeration;
mod generated;
mod names;
mod projection;
mod renamed_crate;
mod surroundings;
mod uuid_key;
