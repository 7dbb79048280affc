use std::path::{Path, PathBuf};
use std::time::Duration;

use protocol::{Store, Workload};

use crate::Result;
use crate::contestant::Contestant;
use crate::options::Options;

/// What was measured for one workload on one kind of store.
#[derive(Debug)]
pub struct Measured {
    /// The work.
    pub workload: Workload,
    /// `memory` or `file`.
    pub store: &'static str,
    /// Each contestant's name and its nanoseconds per operation in each round, in the order of the contestants.
    pub contestants: Vec<(&'static str, Vec<f64>)>,
}

/// Measures every workload that the options want.
pub fn all(built: &[(&'static str, PathBuf)], options: &Options) -> Result<Vec<Measured>> {
    let start = |(name, program): &(&'static str, PathBuf)| Contestant::start(name, program);
    let mut contestants = built.iter().map(start).collect::<Result<Vec<_>>>()?;
    let directory = tempfile::tempdir_in(crate::build::target())?;
    let mut all = Vec::new();
    for workload in Workload::ALL {
        for store in ["memory", "file"] {
            if options.wants(&workload.to_string(), store) {
                eprintln!("measuring {workload} ({store})");
                prepare(&mut contestants, workload, store, directory.path())?;
                all.push(Measured { workload, store, contestants: measure(&mut contestants, workload, options)? });
            }
        }
    }
    Ok(all)
}

/// Opens a database for each, and refuses to compare what is not set alike.
fn prepare(contestants: &mut [Contestant], workload: Workload, store: &str, directory: &Path) -> Result<()> {
    let mut settings: Option<(&str, String)> = None;
    for contestant in contestants {
        let store = match store {
            "memory" => Store::Memory,
            _ => Store::File(directory.join(format!("{workload}-{}.db", contestant.name))),
        };
        let found = contestant.prepare(workload, &store)?;
        match &settings {
            Some((other, expected)) if *expected != found => {
                return Err(format!("settings differ:\n{other}: {expected}\n{}: {found}", contestant.name).into());
            }
            _ => settings = Some((contestant.name, found)),
        }
    }
    Ok(())
}

fn measure(
    contestants: &mut [Contestant],
    workload: Workload,
    options: &Options,
) -> Result<Vec<(&'static str, Vec<f64>)>> {
    let calibrate = |contestant| calibrate(contestant, workload, options.round);
    let operations = contestants.iter_mut().map(calibrate).collect::<Result<Vec<_>>>()?;
    let mut measured: Vec<_> = contestants.iter().map(|contestant| (contestant.name, Vec::new())).collect();
    for _ in 0..options.rounds {
        for ((contestant, operations), (_, times)) in contestants.iter_mut().zip(&operations).zip(&mut measured) {
            times.push(contestant.run(*operations)? as f64 / *operations as f64);
        }
    }
    Ok(measured)
}

/// How many operations fill a round. Warms up as well.
fn calibrate(contestant: &mut Contestant, workload: Workload, round: Duration) -> Result<u64> {
    let least = workload.least_operations();
    let mut operations = least;
    loop {
        let took = Duration::from_nanos(contestant.run(operations)?.max(1));
        if took * 4 >= round {
            return Ok(fitting(operations, took, round).next_multiple_of(least));
        }
        operations *= 2;
    }
}

/// How many operations fit into a round, if so many took this long: one at least, also when one takes longer.
fn fitting(operations: u64, took: Duration, round: Duration) -> u64 {
    let operations = operations as f64 * round.as_secs_f64() / took.as_secs_f64();
    (operations as u64).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_as_fit() {
        assert_eq!(fitting(8, Duration::from_millis(4), Duration::from_millis(10)), 20);
    }

    #[test]
    fn one_that_does_not_fit() {
        assert_eq!(fitting(1, Duration::from_millis(25), Duration::from_millis(10)), 1);
    }
}
