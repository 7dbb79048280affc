//! The report as Markdown.

use std::fmt::Write;

use crate::report::{Report, Table};

/// Returns the whole report.
pub fn report(report: &Report) -> String {
    let tables: String =
        report.tables().iter().map(|table| format!("\n## {}\n\n{}", table.title, body(table))).collect();
    format!("{}\n{tables}", report.explanation())
}

/// Returns a table without its title.
pub fn body(table: &Table) -> String {
    let mut rows = table.rows.iter();
    let head = rows.next().cloned().unwrap_or_default();
    let rule: Vec<&str> = head.iter().enumerate().map(|(n, _)| if n == 0 { "---" } else { "---:" }).collect();
    let mut text = format!("{}\n\n| {} |\n| {} |\n", table.about, head.join(" | "), rule.join(" | "));
    for row in rows {
        let _ = writeln!(text, "| {} |", row.join(" | "));
    }
    for (n, note) in table.notes.iter().enumerate() {
        let _ = write!(text, "\n({}) {note}\n", n + 1);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_follow_the_table() {
        let rows = [["", "a µs"], ["point", "– (1)"]].map(|row| row.map(str::to_owned).to_vec()).to_vec();
        let table = Table { title: "T".into(), about: "About.".into(), rows, notes: vec!["a: none".into()] };
        let expected = "About.\n\n|  | a µs |\n| --- | ---: |\n| point | – (1) |\n\n(1) a: none\n";
        assert_eq!(body(&table), expected);
    }
}
