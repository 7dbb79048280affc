use std::fmt::Write;
use std::fs;

use serde_json::{Map, Value, json};

use crate::contestant::{Crate, PLAIN, Variant};
use crate::lines::Lines;
use crate::measure::Measured;
use crate::options::Options;
use crate::statistics::Quartiles;
use crate::{Result, cargo};

/// The results of a run.
#[derive(Debug)]
pub struct Report<'a> {
    /// The options of the run.
    pub options: &'a Options,
    /// The compiled crates.
    pub crates: &'a [Crate],
    /// The lines that the macros generated, in the order of the crates.
    pub lines: &'a [Lines],
    /// The durations.
    pub measured: &'a [Measured],
}

impl Report<'_> {
    /// Returns a table for the terminal.
    pub fn table(&self) -> String {
        let mut text = String::new();
        for row in self.rows() {
            let (name, cells) = row.split_first().map_or(("", &[][..]), |(name, cells)| (name.as_str(), cells));
            let _ = write!(text, "{name:<16}");
            for cell in cells {
                let _ = write!(text, " {cell:>32}");
            }
            text.push('\n');
        }
        format!("{text}\n{}", self.explanation())
    }

    /// Returns the same table as Markdown.
    pub fn markdown(&self) -> String {
        let mut rows = self.rows().into_iter().map(|row| format!("| {} |\n", row.join(" | ")));
        let head = rows.next().unwrap_or_default();
        let rule = format!("|---|{}\n", "---:|".repeat(head.matches(" | ").count()));
        format!("{head}{rule}{}\n{}", rows.collect::<String>(), self.explanation())
    }

    /// Writes the page of the documentation.
    pub fn publish(&self) -> Result<()> {
        let folder = cargo::root().join("docs/benchmarks");
        fs::create_dir_all(&folder)?;
        let page = format!(
            "# What models cost to compile\n\n`cargo xtask bench-compile --publish` writes this page.\n\n{}\n",
            self.markdown()
        );
        Ok(fs::write(folder.join("compile_time.md"), page)?)
    }

    /// Writes every measurement.
    pub fn write_json(&self) -> Result<()> {
        let contestants: Map<String, Value> =
            self.crates.iter().enumerate().map(|(n, of)| (of.name.to_owned(), self.contestant(n, of))).collect();
        let all = json!({
            "compiler": cargo::compiler_version()?,
            "models": self.options.models,
            "rounds": self.options.rounds,
            "contestants": contestants,
        });
        fs::write(&self.options.json, serde_json::to_string_pretty(&all)? + "\n")?;
        eprintln!("all measurements are in {}", self.options.json.display());
        Ok(())
    }

    fn contestant(&self, n: usize, of: &Crate) -> Value {
        let checks = self.measured.iter().map(|measured| {
            let (seconds, ratio) = (measured.quartiles(n), measured.ratios(n));
            json!({
                "variant": measured.variant.title(), "incremental": measured.incremental,
                "median": seconds.median, "quartiles": [seconds.low, seconds.high],
                "ratio_to_plain": ratio.median, "ratio_quartiles": [ratio.low, ratio.high],
                "rounds": measured.of(n),
            })
        });
        let lines = self.lines.get(n).map(|[models, usage]| {
            let [of_models, of_usage] = Variant::ALL.map(Variant::title);
            json!({ of_models: models, of_usage: usage })
        });
        json!({ "version": of.version(), "lines_per_model": lines, "seconds": checks.collect::<Vec<_>>() })
    }

    fn rows(&self) -> Vec<Vec<String>> {
        let lines = Variant::ALL.map(|variant| format!("lines per model, {}", variant.title()));
        let seconds = self.measured.iter().map(|measured| {
            let how = if measured.incremental { "incremental" } else { "seconds" };
            format!("{how}, {}", measured.variant.title())
        });
        let head = std::iter::once(String::new()).chain(lines).chain(seconds).collect();
        std::iter::once(head).chain(self.crates.iter().enumerate().map(|(n, of)| self.row(n, of))).collect()
    }

    fn row(&self, n: usize, of: &Crate) -> Vec<String> {
        let lines = self.lines.get(n).into_iter().flatten().map(|lines| format!("{lines:.0}"));
        let seconds = self.measured.iter().map(|measured| {
            let Quartiles { low, median, high } = measured.quartiles(n);
            let nothing = of.name == PLAIN && measured.variant == Variant::Usage;
            if nothing { "–".to_owned() } else { format!("{median:.2} ({low:.2}–{high:.2})") }
        });
        let title = of.version().map_or_else(|| "plain structs".to_owned(), |version| format!("{} {version}", of.name));
        std::iter::once(title).chain(lines).chain(seconds).collect()
    }

    fn explanation(&self) -> String {
        let Options { models, rounds, .. } = self.options;
        let compiler = cargo::compiler_version().unwrap_or_default();
        format!(
            "{compiler}. A crate of {models} models of ten columns, each in its own module. \
             `benches/compile_time/templates` has one such model per library, and the functions of a typical use: a \
             lookup by key, a filtered query, an insert. Seconds of `cargo check` after a change to a constant of the \
             crate, with all dependencies built: the median of {rounds} alternating rounds (quartiles), without \
             incremental compilation (the whole crate is checked, as in CI and in a first build) and with it. Lines \
             are those that the library's macros generate: the expanded crate, formatted by one printer, minus the \
             plain structs and the functions as they were written."
        )
    }
}
