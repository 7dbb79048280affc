//! Heap allocations minus the texts that are read: per lookup, and per row.

use std::process::Command;

use protocol::{Database, Store, Workload};

use crate::Result;
use crate::build::{self, Purpose};
use crate::contestant::Contestant;
use crate::counts::{self, Counted, OPERATIONS};
use crate::options::Options;

const WORKLOADS: [Workload; 3] = [Workload::Point, Workload::Rows(100), Workload::Rows(1_000)];

/// Counts for every contestant on SQLite in memory.
pub fn all(options: &Options) -> Result<Vec<Counted>> {
    let programs = build::all(Database::Sqlite, options, Purpose::Allocations)?;
    counts::all(&programs, &WORKLOADS, |built, workload| {
        let mut contestant = Contestant::start(built.entry.name, &mut Command::new(&built.program))?;
        contestant.prepare(workload, &Store::Memory)?;
        // Fill the caches.
        contestant.run(OPERATIONS[0])?;
        let [few, many] = OPERATIONS.map(|operations| contestant.repeat(operations));
        let (few, many) = (few?, many?);
        contestant.finish()?;
        let beyond = counts::per_operation([few.0, many.0]) - counts::per_operation([few.1, many.1]);
        Ok(match workload {
            Workload::Rows(rows) => beyond / rows as f64,
            _ => beyond,
        })
    })
}
