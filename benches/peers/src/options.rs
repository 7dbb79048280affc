use std::path::PathBuf;
use std::time::Duration;

use crate::{Result, build};

/// What `--help` says.
pub const HELP: &str = "\
activerecord on SQLite beside rusqlite and Diesel, in alternating rounds

  --quick          fewer and shorter rounds
  --only NAME      only the workloads whose name contains NAME (may be repeated): point, rows-100, insert-25, ...
  --store NAME     only `memory` or only `file`
  --rounds N       the number of rounds [31; quick: 7]
  --round-ms N     how long one contestant's part of a round takes, in milliseconds [10; quick: 5]
  --markdown       print Markdown instead of a table
  --json PATH      where every measurement is written [benches/peers/target/peers.json]";

/// What to measure and how to show it.
#[derive(Debug)]
pub struct Options {
    only: Vec<String>,
    store: Option<String>,
    /// How often each contestant is measured.
    pub rounds: usize,
    /// How long a measurement is meant to take.
    pub round: Duration,
    /// Whether to print Markdown.
    pub markdown: bool,
    /// The file for every measurement.
    pub json: PathBuf,
}

impl Options {
    /// Reads the arguments; None when help is asked for.
    pub fn parse(arguments: impl Iterator<Item = String>) -> Result<Option<Self>> {
        let mut arguments = arguments;
        let (mut quick, mut rounds, mut round_ms) = (false, None, None);
        let (mut only, mut store, mut markdown) = (Vec::new(), None, false);
        let mut json = build::target().join("peers.json");
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
            match &argument[..] {
                "--help" | "-h" => return Ok(None),
                "--quick" => quick = true,
                "--markdown" => markdown = true,
                "--only" => only.push(value()?),
                "--store" => store = Some(value()?),
                "--rounds" => rounds = Some(value()?.parse()?),
                "--round-ms" => round_ms = Some(value()?.parse()?),
                "--json" => json = value()?.into(),
                _ => return Err(format!("unknown option {argument}; see --help").into()),
            }
        }
        let rounds = rounds.unwrap_or(if quick { 7 } else { 31 }).max(1);
        let round = Duration::from_millis(round_ms.unwrap_or(if quick { 5 } else { 10 }));
        Ok(Some(Self { only, store, rounds, round, markdown, json }))
    }

    /// Whether a workload is measured on a kind of store.
    pub fn wants(&self, workload: &str, store: &str) -> bool {
        let only = self.only.is_empty() || self.only.iter().any(|name| workload.contains(name.as_str()));
        only && self.store.as_deref().is_none_or(|wanted| wanted == store)
    }
}
