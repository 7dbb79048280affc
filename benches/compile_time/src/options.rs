use std::path::PathBuf;

use crate::{Result, cargo};

/// The text of `--help`.
pub const HELP: &str = "\
Compares the compile time of a hundred models: activerecord, SeaORM, Diesel and Toasty, in alternating rounds

  --quick          fewer rounds
  --rounds N       how often each crate is checked [5; quick: 1]
  --models N       how many models a crate has [100]
  --only NAME      only this contestant (may be repeated): activerecord, sea-orm, diesel, toasty
  --markdown       print Markdown instead of a table
  --publish        write docs/benchmarks/compile_time.md
  --json PATH      the file for all measurements [benches/compile_time/target/compile_time.json]";

/// What to measure and how to show it.
#[derive(Debug)]
pub struct Options {
    only: Vec<String>,
    /// How often each crate is checked.
    pub rounds: usize,
    /// How many models a crate has.
    pub models: usize,
    /// Whether to print Markdown.
    pub markdown: bool,
    /// Whether to write the page of the documentation.
    pub publish: bool,
    /// The file for every measurement.
    pub json: PathBuf,
}

impl Options {
    /// Reads the arguments; returns None for `--help`.
    pub fn parse(arguments: impl Iterator<Item = String>) -> Result<Option<Self>> {
        let mut arguments = arguments;
        let (mut quick, mut rounds, mut models) = (false, None, 100);
        let (mut only, mut markdown, mut publish) = (Vec::new(), false, false);
        let mut json = cargo::target().join("compile_time.json");
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
            match &argument[..] {
                "--help" | "-h" => return Ok(None),
                "--quick" => quick = true,
                "--markdown" => markdown = true,
                "--publish" => publish = true,
                "--only" => only.push(value()?),
                "--rounds" => rounds = Some(value()?.parse()?),
                "--models" => models = value()?.parse()?,
                "--json" => json = value()?.into(),
                _ => return Err(format!("unknown option {argument}; see --help").into()),
            }
        }
        let rounds = rounds.unwrap_or(if quick { 1 } else { 5 }).max(1);
        Ok(Some(Self { only, rounds, models: models.max(1), markdown, publish, json }))
    }

    /// Whether a contestant takes part.
    pub fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|wanted| wanted == name)
    }
}
