//! The report for a terminal.

use std::fmt::Write;

use crate::report::{Report, Table};

/// Returns the whole report.
pub fn report(report: &Report) -> String {
    let mut text = format!("\n{}\n", report.explanation());
    for table in report.tables() {
        let _ = write!(text, "\n{}\n{}\n\n{}", table.title, table.about, aligned(&table));
        for (n, note) in table.notes.iter().enumerate() {
            let _ = writeln!(text, "({}) {note}", n + 1);
        }
    }
    text
}

fn aligned(table: &Table) -> String {
    let columns = table.rows.iter().map(Vec::len).max().unwrap_or(0);
    let length = |n: usize| table.rows.iter().filter_map(|row| row.get(n)).map(|cell| cell.chars().count()).max();
    let lengths: Vec<usize> = (0..columns).map(|n| length(n).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in &table.rows {
        for (n, (cell, length)) in row.iter().zip(&lengths).enumerate() {
            let _ = if n == 0 { write!(text, "{cell:<length$}") } else { write!(text, "  {cell:>length$}") };
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["", "a"], ["long", "1.23×"], ["x", "–"]].map(|row| row.map(str::to_owned).to_vec()).to_vec();
        let table = Table { title: String::new(), about: String::new(), rows, notes: Vec::new() };
        assert_eq!(aligned(&table), "          a\nlong  1.23×\nx         –\n");
    }
}
