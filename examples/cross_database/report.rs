//! What a reader sees.

use std::fmt::Display;
use std::sync::atomic::{AtomicU32, Ordering};

use comfy_table::{CellAlignment, Table, presets};
use indicatif::{HumanCount, ProgressBar, ProgressStyle};

use crate::models::Airport;

/// Begins a step of the story.
pub fn step(title: &str) {
    static STEP: AtomicU32 = AtomicU32::new(1);
    println!("\n{}  {title}", STEP.fetch_add(1, Ordering::Relaxed));
}

pub fn connection(name: &str, dialect: &str, place: &str) {
    println!("   {name:<10} {dialect:<10} {place}");
}

pub fn fact(what: &str, value: impl Display) {
    println!("   {what}: {value}");
}

pub fn airports(airports: &[Airport]) {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_FULL_CONDENSED).set_header(["code", "airport", "altitude, ft"]);
    for airport in airports {
        table.add_row([&airport.faa, &airport.name, &HumanCount(airport.altitude.unsigned_abs().into()).to_string()]);
    }
    if let Some(altitude) = table.column_mut(2) {
        altitude.set_cell_alignment(CellAlignment::Right);
    }
    println!("{}", indented(&table));
}

/// A bar on the terminal; when the output is not one, nothing until the step is done.
pub fn progress(what: &str, rows: u64) -> ProgressBar {
    let bar = ProgressBar::new(rows).with_message(what.to_owned());
    let style = ProgressStyle::with_template("   {msg:<10} {bar:40} {human_pos}/{human_len} rows, {per_sec}");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

pub fn loaded(bar: &ProgressBar, table: &str, rows: usize) {
    bar.finish_and_clear();
    println!("   {table:<10} {} rows loaded", HumanCount(rows as u64));
}

pub fn synced(bar: &ProgressBar, table: &str, read: usize, copied: usize) {
    bar.finish_and_clear();
    println!("   {table:<10} {} rows read, {} copied", HumanCount(read as u64), HumanCount(copied as u64));
}

/// Shell commands for the curious.
pub fn commands(commands: impl Iterator<Item = String>) {
    let commands: Vec<String> = commands.collect();
    if !commands.is_empty() {
        step("Look for yourself");
        commands.iter().for_each(|command| println!("   {command}"));
    }
}

/// The last line. `cargo xtask test` reads it.
pub fn copied(rows: usize) {
    println!("\nRows copied to analytics: {}", HumanCount(rows as u64));
}

fn indented(table: &Table) -> String {
    table.lines().map(|line| format!("   {line}")).collect::<Vec<_>>().join("\n")
}
