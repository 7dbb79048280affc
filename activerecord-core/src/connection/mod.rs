//! Connections by name: their settings, their pools, and which one a statement uses.

mod config;
mod nearest;
mod url;

pub use config::{Config, IntoConfig, Pool};
