//! The printed output.

use std::fmt::Display;
use std::sync::atomic::{AtomicU32, Ordering};

use comfy_table::{CellAlignment, Table, presets};
use indicatif::{ProgressBar, ProgressStyle};

use crate::models::Airport;

/// Prints the title of the next step.
pub fn step(title: &str) {
    static STEP: AtomicU32 = AtomicU32::new(1);
    println!("\n{}  {title}", STEP.fetch_add(1, Ordering::Relaxed));
}

pub fn connection(name: &str, dialect: &str, place: &str) {
    println!("   {name:<10} {dialect:<10} {place}");
}

/// Prints a number and what it counts.
pub fn fact(number: impl Display, what: &str) {
    println!("   {:>9}  {what}", grouped(number));
}

pub fn airports(airports: &[Airport]) {
    let row = |airport: &Airport| [airport.faa.clone(), airport.name.clone(), grouped(airport.altitude)];
    table(["code", "airport", "altitude, ft"], airports.iter().map(row));
}

/// Prints a table whose last column contains numbers.
pub fn table<const N: usize>(header: [&str; N], rows: impl Iterator<Item = [String; N]>) {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_header(header).add_rows(rows);
    if let Some(numbers) = table.column_mut(N - 1) {
        numbers.set_cell_alignment(CellAlignment::Right);
    }
    table.lines().for_each(|line| println!("   {line}"));
}

/// Returns a progress bar. It is visible only if the output is a terminal.
pub fn progress(what: &str, rows: u64) -> ProgressBar {
    let bar = ProgressBar::new(rows).with_message(what.to_owned());
    let style = ProgressStyle::with_template("   {msg:<10} {bar:40} {human_pos}/{human_len} rows");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

pub fn loaded(bar: &ProgressBar, table: &str, rows: usize) {
    bar.finish_and_clear();
    fact(rows, &format!("{table} loaded"));
}

pub fn synced(bar: &ProgressBar, table: &str, read: usize, copied: u64) {
    bar.finish_and_clear();
    fact(copied, &format!("{table} copied, of {} that may have changed", grouped(read)));
}

/// Prints shell commands that show the databases.
pub fn commands(commands: impl Iterator<Item = String>) {
    let commands: Vec<String> = commands.collect();
    if !commands.is_empty() {
        step("Commands to inspect the databases");
        commands.iter().for_each(|command| println!("   {command}"));
    }
}

/// Prints the last line, which `cargo xtask test` reads.
pub fn copied(rows: u64) {
    println!("\nRows copied to analytics: {}", grouped(rows));
}

/// Formats a number as `1,458`.
pub fn grouped(number: impl Display) -> String {
    let digits = number.to_string();
    let group = |(at, digit): (usize, char)| match digits.len() - at {
        left if at > 0 && left.is_multiple_of(3) => format!(",{digit}"),
        _ => format!("{digit}"),
    };
    digits.chars().enumerate().map(group).collect()
}
