//! activerecord on SQLite beside rusqlite and Diesel: the same work on the same data, in alternating rounds.
//!
//! ```text
//! cargo run --release --manifest-path benches/peers/Cargo.toml -- --help
//! ```

mod build;
mod contestant;
mod measure;
mod options;
mod report;
mod statistics;

use std::error::Error;
use std::process::ExitCode;

use options::Options;

/// The result of everything here: an error is only ever shown.
type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    match run() {
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
    let built = build::all()?;
    let measured = measure::all(&built, &options)?;
    let versions = build::versions();
    report::write_json(&options, &versions, &measured)?;
    if options.markdown {
        println!("{}", report::markdown(&options, &versions, &measured));
    } else {
        println!("{}", report::table(&options, &versions, &measured));
    }
    Ok(())
}
