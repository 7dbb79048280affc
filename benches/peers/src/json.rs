//! All measurements as JSON.

use std::path::Path;

use serde_json::{Map, Value, json};

use crate::Result;
use crate::counts::Counted;
use crate::measure::{Measured, Outcome};
use crate::report::Report;
use crate::statistics::Quartiles;

/// Writes the file.
pub fn write(path: &Path, report: &Report) -> Result<()> {
    let versions: Map<String, Value> =
        report.versions.iter().map(|(name, version)| ((*name).to_owned(), json!(version))).collect();
    let all = json!({
        "versions": versions,
        "processors": report.cores,
        "rounds": report.rounds,
        "round_ms": report.round_ms,
        "unit": "nanoseconds per operation",
        "workloads": report.measured.iter().map(workload).collect::<Vec<_>>(),
        "instructions_per_operation": report.instructions.iter().map(counted).collect::<Vec<_>>(),
        "allocations_beyond_texts": report.allocations.iter().map(counted).collect::<Vec<_>>(),
    });
    Ok(std::fs::write(path, serde_json::to_string_pretty(&all)? + "\n")?)
}

fn workload(measured: &Measured) -> Value {
    let base = measured.base();
    let contestants: Map<String, Value> =
        measured.contestants.iter().map(|(name, outcome)| ((*name).to_owned(), times(outcome, base))).collect();
    json!({
        "workload": measured.workload.to_string(),
        "store": measured.place.name(),
        "settings": measured.settings,
        "contestants": contestants,
    })
}

fn times(outcome: &Outcome, base: &[f64]) -> Value {
    match outcome {
        Outcome::Unsupported(why) => json!({ "unsupported": why }),
        Outcome::Times(times) => {
            let (time, ratio) = (Quartiles::of(times.iter().copied()), Quartiles::of_ratios(times, base));
            json!({
                "median": time.median, "quartiles": [time.low, time.high],
                "ratio": ratio.median, "ratio_quartiles": [ratio.low, ratio.high],
                "rounds": times,
            })
        }
    }
}

fn counted(counted: &Counted) -> Value {
    let contestants: Map<String, Value> =
        counted.contestants.iter().map(|(name, count)| ((*name).to_owned(), json!(count))).collect();
    json!({ "workload": counted.workload.to_string(), "contestants": contestants })
}
