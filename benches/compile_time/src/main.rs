//! The compile time of a hundred models: activerecord compared with SeaORM, Diesel and Toasty, in alternating rounds.
//!
//! ```text
//! cargo xtask bench-compile --help
//! ```

mod cargo;
mod contestant;
mod lines;
mod measure;
mod options;
mod report;
#[path = "../../peers/src/statistics.rs"]
mod statistics;

use std::error::Error;
use std::process::ExitCode;

use options::Options;

/// The result type of this program: errors are only printed.
type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

fn main() -> ExitCode {
    let done = if cargo::wraps_the_compiler() { cargo::compiler(std::env::args_os().skip(1)) } else { run() };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let Some(options) = Options::parse(std::env::args().skip(1))? else {
        println!("{}", options::HELP);
        return Ok(());
    };
    let crates = contestant::generate(&options)?;
    let lines = lines::all(&crates)?;
    let measured = measure::all(&crates, options.rounds)?;
    let report = report::Report { options: &options, crates: &crates, lines: &lines, measured: &measured };
    report.write_json()?;
    if options.publish {
        report.publish()?;
    }
    println!("{}", if options.markdown { report.markdown() } else { report.table() });
    Ok(())
}
