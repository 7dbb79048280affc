use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, ValueEnum};

use crate::build;
use crate::places::{Place, feature};

/// A database that can be selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Wanted {
    Sqlite,
    Postgres,
    Mariadb,
}

/// Compares activerecord with other libraries, in alternating rounds
#[derive(Parser, Debug, Default)]
#[command(bin_name = "cargo xtask bench")]
pub struct Options {
    /// Fewer and shorter rounds
    #[arg(long)]
    quick: bool,
    /// Only the workloads whose name contains NAME (may be repeated): point, rows-100, insert-25, ...
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// Only this contestant and the raw driver (may be repeated)
    #[arg(long, value_name = "NAME", value_parser = crate::entries::ENTRIES.map(|entry| entry.name))]
    contestant: Vec<String>,
    /// Only this database (may be repeated)
    #[arg(long, value_name = "NAME")]
    database: Vec<Wanted>,
    /// Only this place of a database: SQLite in memory, or in a file
    #[arg(long, value_name = "NAME")]
    store: Option<Place>,
    /// The number of rounds [default: 31; quick: 7]
    #[arg(long, value_name = "N")]
    rounds: Option<usize>,
    /// How long one contestant's part of a round takes, in milliseconds [default: 10; quick: 5]
    #[arg(long, value_name = "N")]
    round_ms: Option<u64>,
    /// Instead of time: instructions per operation on SQLite, under valgrind
    #[arg(long)]
    instructions: bool,
    /// Instead of time: heap allocations on SQLite
    #[arg(long)]
    allocations: bool,
    /// Measure everything, and write docs/benchmarks
    #[arg(long)]
    pub publish: bool,
    /// Print Markdown instead of a table
    #[arg(long)]
    pub markdown: bool,
    /// The file for all measurements [default: benches/peers/target/peers.json]
    #[arg(long, value_name = "PATH")]
    json: Option<PathBuf>,
}

impl Options {
    /// How often each contestant is measured.
    pub fn rounds(&self) -> usize {
        self.rounds.unwrap_or(if self.quick { 7 } else { 31 }).max(1)
    }

    /// The intended duration of a measurement.
    pub fn round(&self) -> Duration {
        Duration::from_millis(self.round_ms.unwrap_or(if self.quick { 5 } else { 10 }))
    }

    /// The file for all measurements.
    pub fn json(&self) -> PathBuf {
        self.json.clone().unwrap_or_else(|| build::target().join("peers.json"))
    }

    /// Whether time is measured.
    pub fn times(&self) -> bool {
        self.publish || !(self.instructions || self.allocations)
    }

    /// Whether instructions are counted.
    pub fn instructions(&self) -> bool {
        self.publish || self.instructions
    }

    /// Whether allocations are counted.
    pub fn allocations(&self) -> bool {
        self.publish || self.allocations
    }

    /// Whether a contestant is selected.
    pub fn has(&self, contestant: &str) -> bool {
        self.contestant.is_empty() || self.contestant.iter().any(|name| name == contestant)
    }

    /// Whether a workload is selected.
    pub fn wants(&self, workload: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|name| workload.contains(name.as_str()))
    }

    /// The selected places.
    pub fn places(&self) -> impl Iterator<Item = Place> {
        let on = |place: &Place| {
            let wanted = |wanted: &Wanted| {
                wanted.to_possible_value().is_some_and(|value| value.get_name() == feature(place.database()))
            };
            self.database.is_empty() || self.database.iter().any(wanted)
        };
        Place::ALL.into_iter().filter(move |place| on(place) && self.store.is_none_or(|store| store == *place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Options {
        Options::try_parse_from(line.split(' ')).unwrap()
    }

    #[test]
    fn filters_are_by_name() {
        let options = parse("bench --only rows --only point --contestant diesel --database sqlite --store file");
        assert!(options.wants("rows-10") && options.wants("point") && !options.wants("update"));
        assert!(options.has("diesel") && !options.has("sqlx"));
        assert_eq!(options.places().collect::<Vec<_>>(), [Place::File]);
        assert!(Options::try_parse_from(["bench", "--contestant", "nobody"]).is_err());
    }

    #[test]
    fn everything_is_published() {
        let options = parse("bench --publish");
        assert!(options.times() && options.instructions() && options.allocations());
        let options = parse("bench --instructions");
        assert!(!options.times() && options.instructions() && !options.allocations());
        assert!(parse("bench").times());
    }
}
