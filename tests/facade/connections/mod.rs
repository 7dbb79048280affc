//! The registry of connections: settings, the first use, pools, and changes while connections are in use.

mod alone;
mod changed;
mod configured;
mod memory;
mod pooled;
mod secret;

use activerecord::prelude::*;

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[table = "planes"]
struct Plane {
    id: i64,
    tailnum: String,
}

const PLANES: &str = "planes (id INTEGER PRIMARY KEY, tailnum TEXT NOT NULL)";

fn plane(tailnum: &str) -> Plane {
    Plane { tailnum: tailnum.into(), ..Plane::default() }
}
