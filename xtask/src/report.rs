//! Steps that run one after the other, and what became of them.

use std::fmt;
use std::time::{Duration, Instant};

use crate::Result;

/// The steps that ran so far. A failed step does not stop the next: one run shows all that is wrong.
#[derive(Debug)]
pub(crate) struct Report {
    start: Instant,
    steps: Vec<Step>,
}

/// One step, or one of several lanes that ran side by side.
#[derive(Debug)]
pub(crate) struct Step {
    name: &'static str,
    time: Duration,
    result: Result<String, String>,
}

impl Report {
    /// Nothing ran yet.
    pub(crate) fn new() -> Self {
        Self { start: Instant::now(), steps: Vec::new() }
    }

    /// Announces a step, runs it, and notes its time and what it says about itself.
    pub(crate) fn step(&mut self, name: &'static str, run: impl FnOnce() -> Result<String>) {
        println!("\n==> {name}");
        let step = Step::of(name, run);
        println!("<== {step}");
        self.steps.push(step);
    }

    /// Notes steps that have run.
    pub(crate) fn add(&mut self, steps: Vec<Step>) {
        self.steps.extend(steps);
    }

    /// # Errors
    /// The names of the steps that failed.
    pub(crate) fn finish(self) -> Result<()> {
        let failed = self.steps.iter().filter_map(|step| Some((step.name, step.result.as_ref().err()?)));
        let (failed, errors): (Vec<_>, Vec<_>) = failed.unzip();
        // The table has room for one line of each.
        failed.iter().zip(errors).for_each(|(name, error)| println!("\n{name} FAILED: {error}"));
        println!("\n{self}");
        if failed.is_empty() { Ok(()) } else { Err(format!("failed: {}", failed.join(", ")).into()) }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.steps.iter().try_for_each(|step| writeln!(f, "{step}"))?;
        write!(f, "{:>12.1} s in all", self.start.elapsed().as_secs_f64())
    }
}

impl Step {
    /// Runs it.
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
    fn a_failed_step_fails_the_report_and_the_next_one_still_runs() {
        let mut report = Report::new();
        report.step("first", || Err("broken\nin detail".into()));
        report.step("second", || Ok("3 things".into()));
        let table = report.to_string();
        assert!(table.contains("FAILED") && table.contains("broken") && !table.contains("in detail"), "{table}");
        assert!(table.contains("3 things"), "{table}");
        assert_eq!(report.finish().map_err(|error| error.to_string()), Err("failed: first".to_owned()));
    }

    #[test]
    fn a_report_of_good_steps_is_good() {
        let mut report = Report::new();
        report.step("only", || Ok(String::new()));
        assert!(report.finish().is_ok());
    }
}
