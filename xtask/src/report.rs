//! The steps of a run, and their results.

use std::fmt;
use std::time::{Duration, Instant};

use crate::Result;

/// The steps that have run. The run continues after a failed step, so that it shows all failures.
#[derive(Debug)]
pub(crate) struct Report {
    start: Instant,
    steps: Vec<Step>,
}

/// A step, or a lane.
#[derive(Debug)]
pub(crate) struct Step {
    name: &'static str,
    time: Duration,
    result: Result<String, String>,
}

impl Report {
    /// Returns a report without steps.
    pub(crate) fn new() -> Self {
        Self { start: Instant::now(), steps: Vec::new() }
    }

    /// Announces a step, runs it, and records its time and its result.
    pub(crate) fn step(&mut self, name: &'static str, run: impl FnOnce() -> Result<String>) {
        println!("\n==> {name}");
        let step = Step::of(name, run);
        println!("<== {step}");
        self.steps.push(step);
    }

    /// Adds steps that have run.
    pub(crate) fn add(&mut self, steps: Vec<Step>) {
        self.steps.extend(steps);
    }

    /// Shows the summary, and the errors of the failed steps.
    ///
    /// # Errors
    /// The names of the failed steps.
    pub(crate) fn finish(self) -> Result<()> {
        let failed = self.steps.iter().filter_map(|step| Some((step.name, step.result.as_ref().err()?)));
        let (failed, errors): (Vec<_>, Vec<_>) = failed.unzip();
        // The table shows only the first line of each error.
        failed.iter().zip(errors).for_each(|(name, error)| println!("\n{name} FAILED: {error}"));
        println!("\n{self}");
        if failed.is_empty() { Ok(()) } else { Err(format!("failed: {}", failed.join(", ")).into()) }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.steps.iter().try_for_each(|step| writeln!(f, "{step}"))?;
        write!(f, "{:>12.1} s in total", self.start.elapsed().as_secs_f64())
    }
}

impl Step {
    /// Runs a step.
    pub(crate) fn of(name: &'static str, run: impl FnOnce() -> Result<String>) -> Self {
        let start = Instant::now();
        let result = run().map_err(|error| error.to_string());
        Self { name, time: start.elapsed(), result }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, note) = match &self.result {
            Ok(note) => ("ok", note),
            Err(error) => ("FAILED", error),
        };
        let note = note.lines().next().unwrap_or_default();
        let line = format!("{word:<6}{:>6.1} s  {:<9}  {note}", self.time.as_secs_f64(), self.name);
        f.write_str(line.trim_end())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_step_fails_the_report_and_the_next_step_still_runs() {
        let mut report = Report::new();
        report.step("first", || Err("broken\nin detail".into()));
        report.step("second", || Ok("3 things".into()));
        let table = report.to_string();
        assert!(table.contains("FAILED") && table.contains("broken") && !table.contains("in detail"), "{table}");
        assert!(table.contains("3 things"), "{table}");
        assert_eq!(report.finish().map_err(|error| error.to_string()), Err("failed: first".to_owned()));
    }

    #[test]
    fn a_report_without_failed_steps_is_ok() {
        let mut report = Report::new();
        report.step("only", || Ok(String::new()));
        assert!(report.finish().is_ok());
    }
}
