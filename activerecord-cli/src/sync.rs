//! `activerecord sync` and `activerecord verify`.

use activerecord::prelude::*;
use activerecord::sync::{
    DatabaseDifferences, DatabasePlan, DatabaseReport, DifferenceKind, NotCopied, Outcome, PlannedTable, SyncDatabase,
    TableDifferences, TableReport,
};
use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::Attention;
use crate::bar::Bar;
use crate::output::Output;

#[derive(Args, Debug)]
pub(crate) struct Tables {
    /// The connection that is read
    #[arg(long)]
    from: String,
    /// The connection that is written
    #[arg(long)]
    to: String,
    /// A table. Default: all tables but those of this library
    #[arg(long = "table", value_name = "TABLE")]
    tables: Vec<String>,
    /// How many rows are read and written together
    #[arg(long, default_value_t = 10_000)]
    batch: u64,
}

/// What a created table gets besides its columns and keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum With {
    Indexes,
    ForeignKeys,
    Defaults,
    Sequences,
    None,
}

/// What becomes of JSON columns in tables that are created on MySQL and MariaDB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum JsonAs {
    #[default]
    Json,
    Text,
}

/// Copies a database: the tables in the order of their foreign keys. Tables that are missing are created. A table or a row
/// that fails does not stop the others. Exit code 3: the report names what was not copied.
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
    /// Delete rows that the source does not have, unless they are more than this share of the table
    #[arg(long, value_name = "SHARE", num_args = 0..=1, default_missing_value = "0.1")]
    delete: Option<f64>,
    /// What created tables get besides columns and keys
    #[arg(long, value_delimiter = ',', default_value = "indexes,foreign-keys,defaults,sequences")]
    with: Vec<With>,
    /// Leave the sequences of generated keys as they are, instead of moving them past the copied keys
    #[arg(long)]
    keep_sequences: bool,
    /// What JSON columns become in tables that are created on MySQL and MariaDB. MySQL changes numbers beyond 64 bits
    #[arg(long, value_enum, default_value_t)]
    json_as: JsonAs,
    /// Only print what would be done
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
    /// Make the target equal to the source
    #[arg(long)]
    repair: bool,
}

impl Tables {
    fn job(&self) -> SyncDatabase {
        SyncDatabase::new(&self.from, &self.to).tables(&self.tables).each(|table| table.batch(self.batch))
    }
}

impl Sync {
    fn job(&self) -> SyncDatabase {
        let has = |part| self.with.contains(&part);
        let job = self.tables.job().indexes(has(With::Indexes)).foreign_keys(has(With::ForeignKeys));
        let job = job.defaults(has(With::Defaults)).json_as_text(self.json_as == JsonAs::Text);
        job.each(|mut table| {
            table = table.ranges(self.ranges).move_sequences(has(With::Sequences) && !self.keep_sequences);
            if let Some(column) = &self.since {
                table = table.since(column);
            }
            match self.delete {
                Some(share) => table.delete_missing(share),
                None => table,
            }
        })
    }
}

pub(crate) async fn sync(arguments: Sync, output: Output) -> Result<Attention> {
    let job = arguments.job();
    let report = if arguments.dry_run {
        job.dry_run().await?
    } else {
        let plan = job.plan().await?;
        if !output.json {
            show_plan(&plan);
        }
        let bar = Bar::new(&plan);
        let report = bar.follow(job.clone()).run().await?;
        bar.end();
        report
    };
    let differences = if arguments.verify { Some(job.verify().await?) } else { None };
    if output.json {
        #[derive(Serialize)]
        struct Said<'r> {
            #[serde(flatten)]
            report: &'r DatabaseReport,
            #[serde(skip_serializing_if = "Option::is_none")]
            verified: Option<&'r DatabaseDifferences>,
        }
        output.value(&Said { report: &report, verified: differences.as_ref() }, |_| String::new())?;
    } else {
        show_report(&report, arguments.dry_run, output)?;
        if let Some(differences) = &differences {
            show_differences(differences, output)?;
        }
    }
    Ok((!report.is_complete() || differences.is_some_and(|all| !all.is_empty())).into())
}

pub(crate) async fn verify(arguments: Verify, output: Output) -> Result<Attention> {
    let job = arguments.tables.job();
    if arguments.repair {
        for (_, table) in job.jobs().await? {
            table.repair().await?;
        }
    }
    let differences = job.verify().await?;
    if output.json {
        output.value(&differences, |_| String::new())?;
    } else {
        show_differences(&differences, output)?;
    }
    Ok((!differences.is_empty()).into())
}

/// Prints what will be done, to stderr: the report goes to stdout.
fn show_plan(plan: &DatabasePlan) {
    let rows: u64 = plan.tables.iter().map(|table| table.rows).sum();
    eprintln!("{} tables with {rows} rows:", plan.tables.len());
    for PlannedTable { table, rows, is_new, has_key, .. } in &plan.tables {
        let new = if *is_new { ", the table is created" } else { "" };
        let whole = if *has_key { "" } else { ", it has no key and is replaced as a whole" };
        eprintln!("  {table}: {rows} rows{new}{whole}");
    }
}

fn show_report(report: &DatabaseReport, dry: bool, output: Output) -> Result<()> {
    let written = if dry { "to write" } else { "written" };
    let columns = ["table", "outcome", "read", written, "unchanged", "deleted", "refused", "seconds"];
    output.list(&report.tables, "there are no tables", &columns, |TableReport { table, outcome, report, .. }| {
        let outcome = match (outcome, dry) {
            (Outcome::Failed, _) => "failed",
            (Outcome::Replaced, false) => "replaced",
            (Outcome::Copied, false) => "copied",
            _ => "planned",
        };
        let counts =
            [report.read, report.written, report.unchanged, report.deleted, report.refused].map(|count| count.to_string());
        let seconds = format!("{:.1}", report.duration.as_secs_f64());
        [table.clone(), outcome.to_owned()].into_iter().chain(counts).chain([seconds]).collect()
    })?;
    for TableReport { table, why, report, .. } in &report.tables {
        if let Some(why) = why {
            eprintln!("{table}: not copied: {why}");
        }
        for bad in &report.bad_rows {
            eprintln!("{table}: row {} is not copied: {}", bad.key, bad.why);
        }
        let unlisted = report.refused.saturating_sub(report.bad_rows.len() as u64);
        if unlisted > 0 && !report.bad_rows.is_empty() {
            eprintln!("{table}: {unlisted} more rows are not copied");
        }
        for note in &report.notes {
            eprintln!("{table}: note: {note}");
        }
    }
    show_left_out(&report.left_out);
    Ok(())
}

fn show_left_out(left_out: &[NotCopied]) {
    for NotCopied { what, name, why, .. } in left_out {
        eprintln!("{what} {name} is left out: {why}");
    }
}

fn show_differences(differences: &DatabaseDifferences, output: Output) -> Result<()> {
    let columns = ["table", "source", "target", "different", "seconds"];
    output.list(&differences.tables, "there are no tables", &columns, |TableDifferences { table, differences: what, .. }| {
        let counts = [what.source_rows, what.target_rows, what.count].map(|count| count.to_string());
        let seconds = format!("{:.1}", what.duration.as_secs_f64());
        [table.clone()].into_iter().chain(counts).chain([seconds]).collect()
    })?;
    for TableDifferences { table, why, differences: what, .. } in &differences.tables {
        if let Some(why) = why {
            eprintln!("{table}: not compared: {why}");
        }
        for row in &what.rows {
            let how = match &row.kind {
                DifferenceKind::Missing => "is missing".to_owned(),
                DifferenceKind::Extra => "is not in the source".to_owned(),
                DifferenceKind::Columns(columns) => format!("differs in {}", columns.join(", ")),
                DifferenceKind::Unreadable(why) => format!("cannot be compared: {why}"),
                _ => "differs".to_owned(),
            };
            eprintln!("{table}: row {} {how}", row.key);
        }
    }
    show_left_out(&differences.left_out);
    Ok(())
}
