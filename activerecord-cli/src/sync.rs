//! `activerecord sync` and `activerecord verify`.

use activerecord::prelude::*;
use activerecord::sync::SyncTable;
use activerecord::{DifferenceKind, Differences, SyncReport};
use clap::Args;
use serde::Serialize;

use crate::Attention;
use crate::bar::with_bar;
use crate::output::Output;

#[derive(Args, Debug)]
pub(crate) struct Tables {
    /// The connection that is read
    #[arg(long)]
    from: String,
    /// The connection that is written
    #[arg(long)]
    to: String,
    /// A table; without any, all tables with a primary key but those of this library
    #[arg(long = "table", value_name = "TABLE")]
    tables: Vec<String>,
    /// How many rows are read and written together
    #[arg(long, default_value_t = 10_000)]
    batch: u64,
}

/// Copies tables. A table that is not there is made, with its columns, its primary key and its unique keys: not its other indexes,
/// foreign keys, defaults, checks and triggers. At the end the sequences of its generated keys are moved past the copied keys.
#[derive(Args, Debug)]
pub(crate) struct Sync {
    #[command(flatten)]
    tables: Tables,
    /// Only rows whose value in this column is not less than at the last run
    #[arg(long, value_name = "COLUMN")]
    since: Option<String>,
    /// How many ranges of a table's key are copied at once
    #[arg(long, default_value_t = 1, conflicts_with = "since")]
    ranges: usize,
    /// Delete what the source has not got, unless that is more than this share of the table
    #[arg(long, value_name = "SHARE", num_args = 0..=1, default_missing_value = "0.1")]
    delete: Option<f64>,
    /// Leave the sequences of generated keys as they are, instead of moving them past the copied keys
    #[arg(long)]
    keep_sequences: bool,
    /// Only tell what would be done
    #[arg(long)]
    dry_run: bool,
    /// Compare the tables afterwards
    #[arg(long, conflicts_with = "dry_run")]
    verify: bool,
}

/// Compares tables, row by row
#[derive(Args, Debug)]
pub(crate) struct Verify {
    #[command(flatten)]
    tables: Tables,
    /// Bring the target to what the source is
    #[arg(long)]
    repair: bool,
}

/// What there is to say of a table.
#[derive(Serialize)]
struct Said<T> {
    table: String,
    #[serde(flatten)]
    what: T,
}

impl Tables {
    async fn jobs(&self) -> Result<Vec<(String, SyncTable)>> {
        let mut names = self.tables.clone();
        if names.is_empty() {
            let from = connection(&self.from)?;
            for name in from.tables().await?.into_iter().filter(|name| !name.starts_with("ar_")) {
                if from.describe(&name).await?.is_some_and(|table| !table.key.is_empty()) {
                    names.push(name);
                }
            }
        }
        let job = |name: String| {
            let job = SyncTable::new(&name, &self.from, &self.to).batch(self.batch);
            (name, with_bar(job))
        };
        Ok(names.into_iter().map(job).collect())
    }
}

pub(crate) async fn sync(arguments: Sync, output: Output) -> Result<Attention> {
    let mut reports: Vec<Said<SyncReport>> = Vec::new();
    let mut differences = Vec::new();
    for (table, mut job) in arguments.tables.jobs().await? {
        job = job.ranges(arguments.ranges);
        if !arguments.keep_sequences {
            job = job.advance_sequences();
        }
        if let Some(column) = &arguments.since {
            job = job.since(column);
        }
        if let Some(share) = arguments.delete {
            job = job.delete_missing(share);
        }
        let what = if arguments.dry_run { job.dry_run().await? } else { job.run().await? };
        if arguments.verify {
            differences.push(Said { table: table.clone(), what: job.verify().await? });
        }
        reports.push(Said { table, what });
    }
    let columns = ["table", "read", "written", "unchanged", "deleted", "refused", "seconds"];
    output.list(&reports, "there are no tables", &columns, |Said { table, what }| {
        let counts =
            [what.read, what.written, what.unchanged, what.deleted, what.refused].map(|count| count.to_string());
        let seconds = format!("{:.1}", what.duration.as_secs_f64());
        [table.clone()].into_iter().chain(counts).chain([seconds]).collect()
    })?;
    for Said { table, what } in &reports {
        for bad in &what.bad_rows {
            eprintln!("{table}: {} is not copied: {}", bad.key, bad.why);
        }
    }
    let refused = reports.iter().any(|report| report.what.refused > 0);
    let differ = !differences.is_empty() && show(&differences, output)?;
    Ok((refused || differ).into())
}

pub(crate) async fn verify(arguments: Verify, output: Output) -> Result<Attention> {
    let mut differences = Vec::new();
    for (table, job) in arguments.tables.jobs().await? {
        if arguments.repair {
            job.repair().await?;
        }
        differences.push(Said { table, what: job.verify().await? });
    }
    Ok(show(&differences, output)?.into())
}

/// Prints them, and says whether there are any.
fn show(all: &[Said<Differences>], output: Output) -> Result<bool> {
    let columns = ["table", "source", "target", "different", "seconds"];
    output.list(all, "there are no tables", &columns, |Said { table, what }| {
        let counts = [what.source_rows, what.target_rows, what.count].map(|count| count.to_string());
        let seconds = format!("{:.1}", what.duration.as_secs_f64());
        [table.clone()].into_iter().chain(counts).chain([seconds]).collect()
    })?;
    for Said { table, what } in all {
        for row in &what.rows {
            let how = match &row.kind {
                DifferenceKind::Missing => "is missing".to_owned(),
                DifferenceKind::Extra => "is not in the source".to_owned(),
                DifferenceKind::Columns(columns) => format!("differs in {}", columns.join(", ")),
                other => format!("{other:?}"),
            };
            eprintln!("{table}: {} {how}", row.key);
        }
    }
    Ok(all.iter().any(|said| !said.what.is_empty()))
}
