use std::error::Error;
use std::io::{BufRead, Write};
use std::time::Duration;

use crate::check::check;
use crate::data::{SCHEMA, fill};
use crate::{Job, Store, Tally, Workload};

/// The result of everything here: a contestant's error is only ever shown.
pub type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// What every connection of every contestant begins with. `journal_mode` has no effect in memory.
pub const PRAGMAS: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; \
                           PRAGMA busy_timeout = 5000;";

/// One way to use SQLite.
pub trait Contestant: Sized {
    /// Opens an empty database with [`PRAGMAS`], and what connections the workload needs.
    fn open(store: &Store, workload: Workload) -> Result<Self>;

    /// Runs a statement.
    fn execute(&mut self, sql: &str) -> Result<()>;

    /// Reads one text.
    fn text(&mut self, sql: &str) -> Result<String>;

    /// Does the job, and says how long it took and what it read or wrote.
    fn run(&mut self, job: &Job) -> Result<(Duration, Tally)>;
}

/// Answers the driver until it hangs up.
pub fn serve<C: Contestant>() -> Result<()> {
    let mut session: Option<Session<C>> = None;
    for line in std::io::stdin().lock().lines() {
        let answer = match answer(&mut session, &line?) {
            Ok(answer) => answer,
            Err(error) => format!("error {}", error.to_string().replace('\n', " ")),
        };
        let mut out = std::io::stdout().lock();
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}

fn answer<C: Contestant>(session: &mut Option<Session<C>>, line: &str) -> Result<String> {
    let words: Vec<&str> = line.splitn(3, ' ').collect();
    match (&words[..], session) {
        (["prepare", workload, store], session) => {
            *session = None;
            let mut new = Session::<C>::open(workload.parse()?, &Store::from(*store))?;
            let settings = new.settings()?;
            *session = Some(new);
            Ok(format!("ready {settings}"))
        }
        (["run", operations], Some(session)) => {
            let took = session.run(operations.parse()?)?;
            Ok(format!("took {}", took.as_nanos()))
        }
        _ => Err(format!("cannot `{line}` now").into()),
    }
}

struct Session<C> {
    contestant: C,
    workload: Workload,
    in_memory: bool,
    runs: u64,
}

impl<C: Contestant> Session<C> {
    fn open(workload: Workload, store: &Store) -> Result<Self> {
        let in_memory = matches!(store, Store::Memory);
        let mut contestant = C::open(store, workload)?;
        contestant.execute(SCHEMA)?;
        if workload.table_rows() > 0 {
            contestant.execute(&fill(workload.table_rows()))?;
        }
        Ok(Self { contestant, workload, in_memory, runs: 0 })
    }

    /// What must be the same for every contestant.
    fn settings(&mut self) -> Result<String> {
        let mut settings = format!("sqlite={}", self.contestant.text("SELECT sqlite_version()")?);
        for pragma in ["journal_mode", "synchronous", "foreign_keys", "page_size", "cache_size"] {
            // In memory there is nothing to synchronize, and activerecord leaves the pragma alone.
            if pragma == "synchronous" && self.in_memory {
                continue;
            }
            let value = self.contestant.text(&format!("SELECT {pragma} || '' FROM pragma_{pragma}"))?;
            settings += &format!(" {pragma}={value}");
        }
        let options =
            self.contestant.text("SELECT group_concat(compile_options) FROM pragma_compile_options")?.replace(' ', "_");
        Ok(format!("{settings} {options}"))
    }

    fn run(&mut self, operations: u64) -> Result<Duration> {
        self.runs += 1;
        let job = Job::new(self.workload, operations, self.runs);
        self.clear()?;
        let (took, tally) = self.contestant.run(&job)?;
        check(&job, tally, &mut self.contestant)?;
        Ok(took)
    }

    /// Begins a run of writes with an empty log, and one of inserts with an empty table.
    fn clear(&mut self) -> Result<()> {
        if let Workload::Insert(_) = self.workload {
            self.contestant.execute("DELETE FROM users")?;
        }
        if self.workload.writes() {
            self.contestant.execute("PRAGMA wal_checkpoint(TRUNCATE)")?;
        }
        Ok(())
    }
}
