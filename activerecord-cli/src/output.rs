//! Output: tables for people, JSON for programs.

use activerecord::prelude::*;
use comfy_table::{Table, presets};
use serde::Serialize;

/// The format of the output.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    pub(crate) json: bool,
}

impl Output {
    /// Prints a list as a JSON array or as a table. Prints the text `empty` instead of an empty table.
    pub(crate) fn list<T: Serialize>(
        self,
        items: &[T],
        empty: &str,
        columns: &[&str],
        row: impl Fn(&T) -> Vec<String>,
    ) -> Result<()> {
        if self.json {
            return print(&items);
        }
        if items.is_empty() {
            println!("{empty}");
            return Ok(());
        }
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_header(columns.to_vec());
        for item in items {
            table.add_row(row(item));
        }
        println!("{table}");
        Ok(())
    }

    /// Prints a value as JSON, or as the text that `text` returns.
    pub(crate) fn value<T: Serialize>(self, value: &T, text: impl FnOnce(&T) -> String) -> Result<()> {
        if self.json {
            print(value)
        } else {
            println!("{}", text(value));
            Ok(())
        }
    }
}

fn print<T: Serialize>(value: &T) -> Result<()> {
    println!("{}", serde_json::to_string_pretty(value).map_err(Error::custom)?);
    Ok(())
}

/// Formats a duration in whole seconds, for people.
pub(crate) fn age(age: Option<std::time::Duration>) -> String {
    age.map_or_else(
        || "?".into(),
        |age| humantime::format_duration(std::time::Duration::from_secs(age.as_secs())).to_string(),
    )
}
