//! Instructions per operation, counted by valgrind. A contestant runs twice, with few operations and with many, so the
//! cost of its start, its tables and its input cancels out. All threads are counted; valgrind runs one at a time.

use std::path::Path;
use std::process::{Command, Stdio};

use protocol::{Database, Store, Workload};

use crate::Result;
use crate::build::{self, Purpose};
use crate::contestant::Contestant;
use crate::counts::{self, Counted, OPERATIONS};
use crate::options::Options;

const WORKLOADS: [Workload; 3] = [Workload::Point, Workload::Insert(1), Workload::Rows(100)];

/// Counts for every contestant on SQLite in memory.
pub fn all(options: &Options) -> Result<Vec<Counted>> {
    let found = Command::new("valgrind").arg("--version").stdout(Stdio::null()).status();
    if !found.is_ok_and(|status| status.success()) {
        return Err("valgrind is not installed; install Debian's package valgrind".into());
    }
    let directory = tempfile::tempdir_in(build::target())?;
    let output = directory.path().join("callgrind.out");
    let programs = build::all(Database::Sqlite, options, Purpose::Time)?;
    counts::all(&programs, &WORKLOADS, |built, workload| {
        let [few, many] =
            OPERATIONS.map(|operations| total(built.entry.name, &built.program, workload, operations, &output));
        Ok(counts::per_operation([few?, many?]))
    })
}

/// Returns all instructions of a process that runs the given number of operations.
fn total(name: &'static str, program: &Path, workload: Workload, operations: u64, output: &Path) -> Result<u64> {
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--quiet", "--tool=callgrind"]).arg(format!("--callgrind-out-file={}", output.display()));
    let mut contestant = Contestant::start(name, valgrind.arg(program))?;
    contestant.prepare(workload, &Store::Memory)?;
    contestant.repeat(operations)?;
    contestant.finish()?;
    instructions(&std::fs::read_to_string(output)?).ok_or_else(|| "callgrind has written no total".into())
}

fn instructions(output: &str) -> Option<u64> {
    output.lines().find_map(|line| line.strip_prefix("totals: "))?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::instructions;

    #[test]
    fn the_total_is_found() {
        assert_eq!(instructions("events: Ir\nfn=(1) main\n1 2\n\ntotals: 123456\n"), Some(123_456));
        assert_eq!(instructions("events: Ir\n"), None);
    }
}
