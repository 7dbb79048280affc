use std::fmt::Write;

use serde_json::{Value, json};

use crate::Result;
use crate::measure::Measured;
use crate::options::Options;
use crate::statistics::Quartiles;

/// The versions of what is compared.
type Versions = [(String, String)];

/// A table for the terminal.
pub fn table(options: &Options, versions: &Versions, measured: &[Measured]) -> String {
    let mut text = format!("{}\n\n", explanation(options, versions));
    for row in rows(measured) {
        let [workload, store, time, rest @ ..] = &row[..] else { continue };
        let _ = write!(text, "{workload:<12} {store:<7} {time:>26}");
        for ratio in rest {
            let _ = write!(text, " {ratio:>24}");
        }
        text.push('\n');
    }
    text
}

/// The same as Markdown.
pub fn markdown(options: &Options, versions: &Versions, measured: &[Measured]) -> String {
    let mut rows = rows(measured).into_iter();
    let head = rows.next().unwrap_or_default();
    let rule = head.iter().enumerate().map(|(n, _)| if n < 2 { "---" } else { "---:" }).collect::<Vec<_>>();
    let mut text = format!("| {} |\n| {} |\n", head.join(" | "), rule.join(" | "));
    for row in rows {
        let _ = writeln!(text, "| {} |", row.join(" | "));
    }
    let _ = write!(text, "\n{}", explanation(options, versions));
    text
}

/// Writes every measurement.
pub fn write_json(options: &Options, versions: &Versions, measured: &[Measured]) -> Result<()> {
    let workloads: Vec<Value> = measured.iter().map(workload_json).collect();
    let versions: serde_json::Map<String, Value> =
        versions.iter().map(|(name, version)| (name.clone(), json!(version))).collect();
    let all = json!({
        "versions": versions,
        "rounds": options.rounds,
        "round_ms": options.round.as_millis() as u64,
        "unit": "nanoseconds per operation",
        "workloads": workloads,
    });
    std::fs::write(&options.json, serde_json::to_string_pretty(&all)? + "\n")?;
    eprintln!("every measurement is in {}", options.json.display());
    Ok(())
}

fn explanation(options: &Options, versions: &Versions) -> String {
    let versions: Vec<String> = versions.iter().map(|(name, version)| format!("{name} {version}")).collect();
    format!(
        "{}; one SQLite, the same pragmas (WAL, synchronous = NORMAL, foreign_keys = ON). Time per operation (wall time \
         divided by operations, also with 32 tasks), median of {} alternating rounds (quartiles); then each one's time \
         divided by that of {} in the same round.",
        versions.join(", "),
        options.rounds,
        crate::build::CONTESTANTS[0],
    )
}

fn rows(measured: &[Measured]) -> Vec<Vec<String>> {
    let Some(first) = measured.first() else { return Vec::new() };
    let names = first.contestants.iter().map(|(name, _)| *name);
    let columns = names.enumerate().map(|(n, name)| if n == 0 { format!("{name} µs") } else { name.to_owned() });
    let head = ["workload", "store"].map(str::to_owned).into_iter().chain(columns).collect();
    std::iter::once(head).chain(measured.iter().map(row)).collect()
}

fn row(measured: &Measured) -> Vec<String> {
    let mut row = vec![measured.workload.to_string(), measured.store.to_owned()];
    let Some(((_, base), others)) = measured.contestants.split_first() else { return row };
    let micros = Quartiles::of(base.iter().map(|nanos| nanos / 1_000.0));
    row.push(with_spread(micros, digits(micros.median), ""));
    row.extend(others.iter().map(|(_, times)| with_spread(Quartiles::of_ratios(times, base), 2, "×")));
    row
}

fn with_spread(quartiles: Quartiles, digits: usize, unit: &str) -> String {
    let Quartiles { low, median, high } = quartiles;
    format!("{median:.digits$}{unit} ({low:.digits$}–{high:.digits$})")
}

/// Three significant digits.
fn digits(value: f64) -> usize {
    match value {
        _ if value < 10.0 => 2,
        _ if value < 100.0 => 1,
        _ => 0,
    }
}

fn workload_json(measured: &Measured) -> Value {
    let base: &[f64] = measured.contestants.first().map_or(&[], |(_, times)| times);
    let contestants: serde_json::Map<String, Value> = measured
        .contestants
        .iter()
        .map(|(name, times)| {
            let (time, ratio) = (Quartiles::of(times.iter().copied()), Quartiles::of_ratios(times, base));
            let value = json!({
                "median": time.median, "quartiles": [time.low, time.high],
                "ratio": ratio.median, "ratio_quartiles": [ratio.low, ratio.high],
                "rounds": times,
            });
            ((*name).to_owned(), value)
        })
        .collect();
    json!({ "workload": measured.workload.to_string(), "store": measured.store, "contestants": contestants })
}
