//! `cargo xtask test`: everything that CI checks.

use clap::Args;

use crate::Result;
use crate::cargo::Cargo;
use crate::lanes::{self, Lane, Run};
use crate::programs::{Program, Programs};
use crate::report::Report;
use crate::services::{Lease, Options, Service};
use crate::tally::Tally;
use crate::{example, tidy};

/// The databases of `tests/conformance`.
pub(crate) const DATABASES: &[&str] = &["sqlite", "postgres", "mariadb", "mysql"];

/// The lanes, in two rounds. The lanes of a round run at the same time. Programs of the second round read the state of
/// a whole server, or need the processor more than they wait.
const ROUNDS: [&[&str]; 2] =
    [&["programs", "sqlite", "postgres", "mariadb", "mysql"], &["servers", "faults", "compiled"]];

/// The arguments of the command.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Run only these lanes of the tests: programs, sqlite, postgres, mariadb, mysql, servers, faults, compiled
    #[arg(value_parser = ROUNDS.concat())]
    lanes: Vec<String>,
    #[command(flatten)]
    services: Options,
}

/// Runs every step, and then shows the summary. Its last line has the number of tests in a form that CI reads. A server
/// that this run started does not outlive it.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let lease = Lease::new(&arguments.services, &Service::ALL)?;
    let (mut tally, mut report) = (Tally::default(), Report::new());
    let is_whole = arguments.lanes.is_empty();
    if is_whole {
        report.step("format", || cargo(&["fmt", "--all", "--check"]));
        report.step("lints", || {
            cargo(&["clippy", "--workspace", "--all-features", "--all-targets", "--", "-D", "warnings"])
        });
    }
    let mut programs = None;
    report.step("build", || {
        let built = programs.insert(Programs::build(&[])?);
        Ok(format!("{} test programs", built.tests().count()))
    });
    if let Some(programs) = &programs {
        report.step("servers", || lease.start());
        for round in ROUNDS {
            let chosen = |name: &&&str| is_whole || arguments.lanes.iter().any(|lane| lane == **name);
            let lanes = round.iter().filter(chosen).filter(|name| !lease.leaves_out(name));
            match lanes.map(|name| lane(name, programs, &lease)).collect::<Result<Vec<_>>>() {
                Ok(lanes) => report.add(lanes::run(lanes, &mut tally)),
                Err(error) => report.step("lanes", || Err(error)),
            }
            report.step("alive", || lease.revive().map(|()| String::new()));
        }
    }
    drop(lease);
    if is_whole {
        report.step("tidy", tidy::run);
        report.step("example", || match &programs {
            Some(programs) => example::run(programs.example("cross_database")?),
            None => Err("the example was not built".into()),
        });
    }
    let finished = report.finish();
    println!("\n{tally}");
    finished
}

/// Returns the programs of a lane.
fn lane(name: &'static str, programs: &Programs, lease: &Lease<'_>) -> Result<Lane> {
    let run = |program: &Program| -> Result<Run> {
        let mut command = program.command();
        command.envs(lease.variables()?);
        Ok(Run { title: program.title.clone(), command })
    };
    let named =
        |titles: &[&str]| -> Result<Vec<Run>> { titles.iter().map(|title| run(programs.test(title)?)).collect() };
    let runs = match name {
        "programs" => programs.tests().filter(|program| is_plain(program, lease)).map(run).collect::<Result<_>>()?,
        "servers" => named(&["servers", "two_phase"])?,
        // One after the other: both kill servers.
        "faults" => named(&["faults", "faults matrix"])?,
        "compiled" => [vec![doctests(lease)?], named(&["ui-tests ui"])?, vec![docs()]].into_iter().flatten().collect(),
        database => named(&["conformance"])?.into_iter().map(|run| run.on(database)).collect(),
    };
    Ok(Lane { name, runs })
}

/// Whether the lane `programs` runs a program: no other lane does, and its server is not left out.
fn is_plain(program: &Program, lease: &Lease<'_>) -> bool {
    let elsewhere = ["conformance", "servers", "two_phase", "faults", "faults matrix", "ui-tests ui"];
    let left_out = program.title == "activerecord-postgres suite" && lease.leaves_out("postgres");
    !left_out && !elsewhere.contains(&&*program.title)
}

fn doctests(lease: &Lease<'_>) -> Result<Run> {
    let mut command = Cargo::new(["test", "--doc", "--workspace", "--all-features", "--no-fail-fast"]).into_command();
    command.envs(lease.variables()?);
    Ok(Run { title: "doctests".to_owned(), command })
}

/// Builds the documentation, beside tests that wait for servers.
fn docs() -> Run {
    let docs = Cargo::new(["doc", "--workspace", "--all-features", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings");
    Run { title: "docs".to_owned(), command: docs.into_command() }
}

fn cargo(args: &[&str]) -> Result<String> {
    Cargo::new(args.iter().copied()).run().map(|()| String::new())
}

impl Run {
    /// Sets the database of the conformance cases.
    pub(crate) fn on(mut self, database: &str) -> Self {
        self.title = format!("{} on {database}", self.title);
        self.command.env("ACTIVERECORD_TEST_DATABASE", database);
        self
    }
}
