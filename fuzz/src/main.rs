//! `cargo xtask fuzz`.

use std::error::Error;
use std::time::{Duration, Instant};

use clap::Parser;
use fuzz::machine::{Plan, run};
use test_support::Profile;

/// Runs generated programs on every database and on an evaluator.
#[derive(Parser, Debug)]
struct Arguments {
    /// How many minutes to run
    #[arg(long, default_value_t = 2.0)]
    minutes: f64,
    /// The first seed; a random one if it is not given
    #[arg(long)]
    seed: Option<u64>,
    /// Run only on these databases: sqlite, postgres, mariadb, mysql
    #[arg(long)]
    database: Vec<String>,
    /// Stop after so many finds
    #[arg(long, default_value_t = 1)]
    finds: usize,
    /// Give hostile texts to the parsers instead. Needs no database
    #[arg(long)]
    texts: bool,
}

fn main() -> Result<(), Box<dyn Error>> {
    let Arguments { minutes, seed, database, finds, texts } = Arguments::parse();
    let seed = seed.unwrap_or_else(|| fastrand::u64(..1 << 48));
    let is_chosen = |profile: &&Profile| database.is_empty() || database.iter().any(|name| name == profile.name());
    let profiles = Profile::all().into_iter().filter(is_chosen).collect();
    println!("seed {seed}");
    let start = Instant::now();
    let time = Duration::from_secs_f64(minutes * 60.0);
    if texts {
        let report = fuzz::texts::run(seed, time)?;
        let peak = report.peak.map_or_else(|| "unknown".to_owned(), |kib| format!("{} MiB", kib / 1024));
        println!("{} texts; peak of the memory: {peak}", report.texts);
        return Ok(());
    }
    let plan = Plan { seed, time, worlds: u64::MAX, profiles, finds, tries: 3_000, broken: None };
    let report = tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(run(&plan))?;
    for find in &report.finds {
        println!("\n{find}");
    }
    println!(
        "{} programs ({:.0} per second), {} transformed queries and {} records on {} worlds; {} programs are refused \
         everywhere; {} not covered; {} finds",
        report.steps,
        report.steps as f64 / start.elapsed().as_secs_f64(),
        report.transformed,
        report.records,
        report.worlds,
        report.refused,
        report.unknown,
        report.finds.len()
    );
    if report.finds.is_empty() { Ok(()) } else { Err("the answers differ".into()) }
}
