//! `cargo xtask test`: all that CI checks.

use std::fmt;

use crate::Result;
use crate::cargo::Cargo;
use crate::report::Report;
use crate::services::{Lease, Options, Service};
use crate::{example, tidy};

/// What `tests/conformance` runs on, besides SQLite, which is among the tests of the workspace.
pub(crate) const DATABASES: &[&str] = &["postgres", "mariadb", "mysql"];

/// Runs every step, then shows the summary. Its last line counts the tests in a form that CI reads. No server outlives
/// this that was not up before.
pub(crate) fn run(options: &Options) -> Result<()> {
    let lease = Lease::new(options, &Service::ALL)?;
    let mut tally = Tally::default();
    let mut report = Report::default();
    report.step("format", || cargo(["fmt", "--all", "--check"]));
    report
        .step("lints", || cargo(["clippy", "--workspace", "--all-features", "--all-targets", "--", "-D", "warnings"]));
    report.step("servers", || lease.start());
    let mut all = vec!["test", "--workspace", "--all-features", "--no-fail-fast"];
    if lease.leaves_out("postgres") {
        // All of its own tests need the server.
        all.extend(["--exclude", "activerecord-postgres"]);
    }
    report.step("tests", || counted(&all, &lease, None, &mut tally));
    for &database in DATABASES {
        let cases = ["test", "--package", "activerecord", "--all-features", "--test", "conformance"];
        let variable = Some(("ACTIVERECORD_TEST_DATABASE", database));
        report.step(database, || match lease.leaves_out(database) {
            true => Ok("left out".to_owned()),
            false => counted(&cases, &lease, variable, &mut tally),
        });
    }
    drop(lease);
    report.step("docs", || {
        Cargo::new(["doc", "--workspace", "--all-features", "--no-deps"])
            .env("RUSTDOCFLAGS", "-D warnings")
            .run()
            .map(|()| String::new())
    });
    report.step("tidy", tidy::run);
    report.step("example", example::run);
    let finished = report.finish();
    println!("\n{tally}");
    finished
}

/// Runs tests, and says how many.
fn counted(args: &[&str], lease: &Lease<'_>, variable: Option<(&str, &str)>, tally: &mut Tally) -> Result<String> {
    let mut cargo = Cargo::new(args.iter().copied()).envs(lease.variables()?);
    if let Some((name, value)) = variable {
        cargo = cargo.env(name, value);
    }
    let mut here = Tally::default();
    let done = cargo.run_seeing(|line| here.count(line));
    tally.add(&here);
    let errors: Vec<_> = [done, lease.revive()].into_iter().filter_map(Result::err).map(|e| e.to_string()).collect();
    if !errors.is_empty() {
        return Err(format!("{here}: {}", errors.join("\n")).into());
    }
    if here.passed == 0 { Err("no test ran".into()) } else { Ok(here.to_string()) }
}

fn cargo<const N: usize>(args: [&str; N]) -> Result<String> {
    Cargo::new(args).run().map(|()| String::new())
}

/// How many tests passed and failed, by the closing lines of cargo's test binaries.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    passed: u64,
    failed: u64,
}

impl Tally {
    fn add(&mut self, other: &Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }

    fn count(&mut self, line: &str) {
        let Some(result) = line.strip_prefix("test result: ") else { return };
        self.passed += number_before(result, " passed");
        self.failed += number_before(result, " failed");
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

fn number_before(text: &str, word: &str) -> u64 {
    let before = text.split_once(word).map_or("", |(before, _)| before);
    before.rsplit(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tally_adds_up_the_closing_lines_only() {
        let mut tally = Tally::default();
        for line in [
            "test passes ... ok",
            "test result: ok. 41 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.02s",
            "",
            "test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s",
        ] {
            tally.count(line);
        }
        assert_eq!(tally, Tally { passed: 42, failed: 2 });
        assert_eq!(tally.to_string(), "42 passed, 2 failed");
    }
}
