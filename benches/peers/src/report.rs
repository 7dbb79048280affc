use std::collections::HashSet;

use crate::Result;
use crate::build;
use crate::counts::Counted;
use crate::measure::{self, Measured, Outcome};
use crate::options::Options;
use crate::places::Place;
use crate::statistics::Quartiles;
use crate::{allocations, callgrind};

/// The results of a run.
#[derive(Debug)]
pub struct Report {
    /// The versions of the contestants.
    pub versions: Vec<(&'static str, String)>,
    /// How often each contestant was measured.
    pub rounds: usize,
    /// The intended duration of a measurement, in milliseconds.
    pub round_ms: u64,
    /// The machine's processors.
    pub cores: usize,
    /// The measured times.
    pub measured: Vec<Measured>,
    /// Instructions per operation.
    pub instructions: Vec<Counted>,
    /// Allocations minus the texts that are read, per lookup or row.
    pub allocations: Vec<Counted>,
}

/// A table of the report, as text.
#[derive(Debug)]
pub struct Table {
    /// The title.
    pub title: String,
    /// How to read it.
    pub about: String,
    /// The rows; the first one has the names of the columns.
    pub rows: Vec<Vec<String>>,
    /// The reasons for missing values, numbered from 1 as in the cells.
    pub notes: Vec<String>,
}

impl Report {
    /// Measures everything that the options select.
    pub fn make(options: &Options) -> Result<Self> {
        let counted = |wanted: bool, count: fn(&Options) -> Result<Vec<Counted>>| match wanted {
            true => count(options),
            false => Ok(Vec::new()),
        };
        let mut report = Self {
            versions: build::versions(),
            rounds: options.rounds(),
            round_ms: options.round().as_millis() as u64,
            cores: std::thread::available_parallelism()?.get(),
            measured: if options.times() { measure::all(options)? } else { Vec::new() },
            instructions: counted(options.instructions(), callgrind::all)?,
            allocations: counted(options.allocations(), allocations::all)?,
        };
        let took_part = report.names();
        report.versions.retain(|(name, _)| took_part.contains(name));
        Ok(report)
    }

    /// The measurements of a place.
    pub fn at(&self, place: Place) -> impl Iterator<Item = &Measured> {
        self.measured.iter().filter(move |measured| measured.place == place)
    }

    /// The tables of the report.
    pub fn tables(&self) -> Vec<Table> {
        let times = Place::ALL.into_iter().filter_map(|place| self.times(place));
        let instructions = counts("Instructions per operation", INSTRUCTIONS, &self.instructions, 0);
        let allocations = counts("Allocations", ALLOCATIONS, &self.allocations, 2);
        times.chain(instructions).chain(allocations).collect()
    }

    /// Describes the comparison.
    pub fn explanation(&self) -> String {
        let versions: Vec<String> = self.versions.iter().map(|(name, version)| format!("{name} {version}")).collect();
        let what = format!("{}; {} processors.", versions.join(", "), self.cores);
        if self.measured.is_empty() {
            return what;
        }
        format!(
            "{what} Time per operation (wall time divided by operations, also with 32 tasks): for the raw driver in \
             microseconds, for the others as multiples of it in the same round. Medians of {} alternating rounds of \
             {} ms (quartiles).",
            self.rounds, self.round_ms,
        )
    }

    /// The names of all contestants that were measured or counted.
    fn names(&self) -> HashSet<&'static str> {
        let timed = self.measured.iter().flat_map(|measured| measured.contestants.iter().map(|(name, _)| *name));
        let counted = self.instructions.iter().chain(&self.allocations);
        timed.chain(counted.flat_map(|counted| counted.contestants.iter().map(|(name, _)| *name))).collect()
    }

    fn times(&self, place: Place) -> Option<Table> {
        let first = self.at(place).next()?;
        let (raw, others) = first.contestants.split_first()?;
        let others = others.iter().map(|(name, _)| (*name).to_owned());
        let head = ["".to_owned(), format!("{} µs", raw.0)].into_iter().chain(others).collect();
        let mut notes = Vec::new();
        let rows: Vec<_> = self.at(place).map(|measured| time_row(measured, &mut notes)).collect();
        let about = summary(&first.settings);
        Some(Table { title: place.title().to_owned(), about, rows: [vec![head], rows].concat(), notes })
    }
}

/// How to read the counts of instructions.
const INSTRUCTIONS: &str = "Counted by callgrind on SQLite in memory, as the difference between 600 and 100 \
                            operations. All threads count: a contestant that runs SQLite on a separate thread, or \
                            on tokio (two worker threads), pays here for passing work between threads, but not for \
                            waiting.";

/// How to read the counts of allocations.
const ALLOCATIONS: &str = "Heap allocations of all threads, minus one for every text that is read: per lookup, and \
                           per row of the whole-table reads. SQLite in memory, without SQLite's own allocations, as \
                           the difference between 600 and 100 operations.";

fn counts(title: &str, about: &str, counted: &[Counted], digits: usize) -> Option<Table> {
    let first = counted.first()?;
    let names = first.contestants.iter().map(|(name, _)| (*name).to_owned());
    let head = std::iter::once(String::new()).chain(names).collect();
    let row = |counted: &Counted| {
        let counts = counted.contestants.iter().map(|(_, count)| grouped(*count, digits));
        std::iter::once(counted.workload.title()).chain(counts).collect()
    };
    let rows = std::iter::once(head).chain(counted.iter().map(row)).collect();
    Some(Table { title: title.to_owned(), about: about.to_owned(), rows, notes: Vec::new() })
}

fn time_row(measured: &Measured, notes: &mut Vec<String>) -> Vec<String> {
    let base = measured.base();
    let cell = |(n, (name, outcome)): (usize, &(&'static str, Outcome))| match outcome {
        Outcome::Unsupported(why) => format!("– ({})", note(notes, format!("{name}: {why}"))),
        Outcome::Times(times) if n == 0 => {
            let micros = Quartiles::of(times.iter().map(|nanos| nanos / 1_000.0));
            with_spread(micros, digits(micros.median), "")
        }
        Outcome::Times(times) => with_spread(Quartiles::of_ratios(times, base), 2, "×"),
    };
    let cells = measured.contestants.iter().enumerate().map(cell).collect();
    [vec![measured.workload.title()], cells].concat()
}

/// Returns the number of a note, and adds the note if it is new.
fn note(notes: &mut Vec<String>, text: String) -> usize {
    let found = notes.iter().position(|note| *note == text);
    found.unwrap_or_else(|| {
        notes.push(text);
        notes.len() - 1
    }) + 1
}

/// The settings without SQLite's compile options, which are only in the JSON.
fn summary(settings: &str) -> String {
    let shown: Vec<&str> = settings.split(' ').filter(|setting| !setting.starts_with("options=")).collect();
    shown.join(", ").replace('_', " ")
}

fn with_spread(quartiles: Quartiles, digits: usize, unit: &str) -> String {
    let Quartiles { low, median, high } = quartiles;
    format!("{median:.digits$}{unit} ({low:.digits$}–{high:.digits$})")
}

/// The number of decimal places for three significant digits.
fn digits(value: f64) -> usize {
    match value {
        _ if value < 10.0 => 2,
        _ if value < 100.0 => 1,
        _ => 0,
    }
}

/// Formats a number with commas between thousands.
fn grouped(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    let (whole, rest) =
        text.split_once('.').map_or((text.as_str(), String::new()), |(whole, rest)| (whole, format!(".{rest}")));
    let (sign, whole) = whole.strip_prefix('-').map_or(("", whole), |whole| ("-", whole));
    let places = whole.char_indices().map(|(n, digit)| match whole.len() - n {
        left if n > 0 && left % 3 == 0 => format!(",{digit}"),
        _ => digit.to_string(),
    });
    format!("{sign}{}{rest}", places.collect::<String>())
}

#[cfg(test)]
mod tests {
    use protocol::Workload;

    use super::*;

    fn measured() -> Measured {
        let contestants = vec![
            ("raw", Outcome::Times(vec![1_000.0, 2_000.0, 1_000.0])),
            ("other", Outcome::Times(vec![1_500.0, 3_000.0, 1_500.0])),
            ("unable", Outcome::Unsupported("no joins".to_owned())),
        ];
        let settings = "version=1 options=A,B".to_owned();
        Measured { workload: Workload::Join(10), place: Place::Memory, settings, contestants }
    }

    fn report() -> Report {
        let counted = Counted { workload: Workload::Point, contestants: vec![("raw", 12_345.4), ("other", 99.0)] };
        Report {
            versions: vec![("raw", "1.0".to_owned())],
            rounds: 3,
            round_ms: 10,
            cores: 2,
            measured: vec![measured(), measured()],
            instructions: vec![counted],
            allocations: Vec::new(),
        }
    }

    #[test]
    fn a_table_of_times_has_ratios_and_says_why_something_is_missing() {
        let tables = report().tables();
        assert_eq!(tables.len(), 2);
        assert_eq!(tables[0].rows[0], ["", "raw µs", "other", "unable"]);
        assert_eq!(tables[0].rows[2][1..], ["1.00 (1.00–1.50)", "1.50× (1.50–1.50)", "– (1)"]);
        assert_eq!(tables[0].notes, ["unable: no joins"]);
        assert_eq!(tables[0].about, "version=1");
        assert_eq!(tables[1].rows[1], ["point lookup", "12,345", "99"]);
    }

    #[test]
    fn only_what_was_timed_is_explained() {
        assert!(report().explanation().contains("3 alternating rounds of 10 ms"));
        let counted = Report { measured: Vec::new(), ..report() };
        assert_eq!(counted.explanation(), "raw 1.0; 2 processors.");
        assert_eq!(counted.names(), HashSet::from(["raw", "other"]));
    }

    #[test]
    fn thousands_are_grouped() {
        assert_eq!(grouped(1_234_567.0, 0), "1,234,567");
        assert_eq!(grouped(-0.5, 2), "-0.50");
        assert_eq!(grouped(1_000.25, 2), "1,000.25");
    }
}
