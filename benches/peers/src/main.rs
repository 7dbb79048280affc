//! Compares activerecord with other libraries on SQLite, PostgreSQL and MariaDB: the same work on the same data, in
//! alternating rounds. `cargo xtask bench --help` lists the options.

mod allocations;
mod build;
mod callgrind;
mod contestant;
mod counts;
mod entries;
mod json;
mod markdown;
mod measure;
mod options;
mod places;
mod plot;
mod publish;
mod report;
mod statistics;
mod table;

use std::error::Error;
use std::process::ExitCode;

use clap::Parser;

use options::Options;
use report::Report;

/// The result type of this program: errors are only printed.
type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<()> {
    let report = Report::make(options)?;
    json::write(&options.json(), &report)?;
    eprintln!("all measurements are in {}", options.json().display());
    if options.publish {
        publish::write(&report)?;
    }
    print!("{}", if options.markdown { markdown::report(&report) } else { table::report(&report) });
    Ok(())
}
