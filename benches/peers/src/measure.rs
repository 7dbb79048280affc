use std::path::Path;
use std::process::Command;
use std::time::Duration;

use protocol::Workload;

use crate::Result;
use crate::build::{self, Built, Purpose};
use crate::contestant::{Contestant, Prepared};
use crate::options::Options;
use crate::places::Place;

/// The measurements of one workload at one place.
#[derive(Debug)]
pub struct Measured {
    /// The workload.
    pub workload: Workload,
    /// The place.
    pub place: Place,
    /// The database settings, which are the same for all contestants.
    pub settings: String,
    /// Each contestant's name and outcome, in the order of a round. The first is the raw driver.
    pub contestants: Vec<(&'static str, Outcome)>,
}

/// The outcome of a contestant.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The nanoseconds per operation in each round.
    Times(Vec<f64>),
    /// Why it does not support the workload.
    Unsupported(String),
}

impl Measured {
    /// The raw driver's times.
    pub fn base(&self) -> &[f64] {
        match self.contestants.first() {
            Some((_, Outcome::Times(times))) => times,
            _ => &[],
        }
    }
}

/// Measures every selected workload at every selected place.
pub fn all(options: &Options) -> Result<Vec<Measured>> {
    let mut all = Vec::new();
    // Build before the first measurement: a build would disturb it, and build errors should appear early.
    let places = options.places().map(|place| Ok((place, build::all(place.database(), options, Purpose::Time)?)));
    for (place, built) in places.collect::<Result<Vec<_>>>()? {
        all.extend(at(place, &built, options)?);
    }
    Ok(all)
}

fn at(place: Place, built: &[Built], options: &Options) -> Result<Vec<Measured>> {
    let start = |built: &Built| Contestant::start(built.entry.name, &mut Command::new(&built.program));
    let mut contestants = built.iter().map(start).collect::<Result<Vec<_>>>()?;
    let directory = tempfile::tempdir_in(build::target())?;
    let workloads = Workload::ALL.into_iter().filter(|workload| options.wants(&workload.to_string()));
    let measured = workloads.map(|workload| {
        eprintln!("measuring {workload} ({})", place.title());
        let prepared = prepare(&mut contestants, workload, place, directory.path())?;
        let settings = common(&prepared)?;
        let contestants = measure(&mut contestants, &prepared, workload, options)?;
        Ok(Measured { workload, place, settings, contestants })
    });
    let measured = measured.collect::<Result<_>>()?;
    contestants.into_iter().try_for_each(Contestant::finish)?;
    Ok(measured)
}

fn prepare(
    contestants: &mut [Contestant],
    workload: Workload,
    place: Place,
    directory: &Path,
) -> Result<Vec<(&'static str, Prepared)>> {
    let prepare = |contestant: &mut Contestant| {
        let store = place.store(directory, &format!("{workload}-{}", contestant.name))?;
        Ok((contestant.name, contestant.prepare(workload, &store)?))
    };
    contestants.iter_mut().map(prepare).collect()
}

/// Returns the common settings.
///
/// # Errors
/// If the settings differ: such contestants are not compared.
fn common(prepared: &[(&'static str, Prepared)]) -> Result<String> {
    let mut settings = prepared.iter().filter_map(|(name, prepared)| match prepared {
        Prepared::Ready(settings) => Some((name, settings)),
        Prepared::Unsupported(_) => None,
    });
    let Some((first, expected)) = settings.next() else { return Ok(String::new()) };
    match settings.find(|(_, settings)| *settings != expected) {
        Some((other, found)) => Err(format!("settings differ:\n{first}: {expected}\n{other}: {found}").into()),
        None => Ok(expected.clone()),
    }
}

fn measure(
    contestants: &mut [Contestant],
    prepared: &[(&'static str, Prepared)],
    workload: Workload,
    options: &Options,
) -> Result<Vec<(&'static str, Outcome)>> {
    let mut able: Vec<&mut Contestant> = contestants
        .iter_mut()
        .zip(prepared)
        .filter(|(_, (_, prepared))| matches!(prepared, Prepared::Ready(_)))
        .map(|(contestant, _)| contestant)
        .collect();
    let round = options.round() * workload.stretch();
    let operations =
        able.iter_mut().map(|contestant| calibrate(contestant, workload, round)).collect::<Result<Vec<_>>>()?;
    let mut times = vec![Vec::new(); able.len()];
    for _ in 0..options.rounds() {
        for ((contestant, operations), times) in able.iter_mut().zip(&operations).zip(&mut times) {
            times.push(contestant.run(*operations)? as f64 / *operations as f64);
        }
    }
    let mut times = times.into_iter();
    let outcome = |prepared: &Prepared| match prepared {
        Prepared::Ready(_) => Outcome::Times(times.next().unwrap_or_default()),
        Prepared::Unsupported(why) => Outcome::Unsupported(why.clone()),
    };
    let names = prepared.iter().map(|(name, _)| *name);
    Ok(names.zip(prepared.iter().map(|(_, prepared)| prepared).map(outcome)).collect())
}

/// Returns the number of operations that fill a round. It also warms up: the first run may open a connection or prepare
/// a statement, so the faster of two runs is used. A round with few operations would measure cold caches and sleeping
/// threads.
fn calibrate(contestant: &mut Contestant, workload: Workload, round: Duration) -> Result<u64> {
    let mut operations = workload.parts();
    loop {
        let took = contestant.run(operations)?.min(contestant.run(operations)?);
        let took = Duration::from_nanos(took.max(1));
        if took * 4 >= round {
            return Ok(fitting(operations, took, round).next_multiple_of(workload.parts()));
        }
        operations *= 2;
    }
}

/// Returns how many operations fit into a round, if `operations` took `took`. The result is at least one.
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

    #[test]
    fn settings_that_differ_are_refused() {
        let ready = |settings: &str| Prepared::Ready(settings.to_owned());
        let unable = ("c", Prepared::Unsupported("no".to_owned()));
        assert_eq!(common(&[("a", ready("x")), unable.clone(), ("b", ready("x"))]).unwrap(), "x");
        assert!(common(&[("a", ready("x")), unable, ("b", ready("y"))]).is_err());
    }
}
