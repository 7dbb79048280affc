//! Tables for people, JSON for programs.

use activerecord::prelude::*;
use comfy_table::{Table, presets};
use serde::Serialize;

/// How to print.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    pub(crate) json: bool,
}

impl Output {
    /// Prints all of them as one JSON array, or as a table; without any, `nothing` for people.
    pub(crate) fn list<T: Serialize>(
        self,
        all: &[T],
        nothing: &str,
        columns: &[&str],
        row: impl Fn(&T) -> Vec<String>,
    ) -> Result<()> {
        if self.json {
            return print(&all);
        }
        if all.is_empty() {
            println!("{nothing}");
            return Ok(());
        }
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_header(columns.to_vec());
        for one in all {
            table.add_row(row(one));
        }
        println!("{table}");
        Ok(())
    }

    /// Prints a value as JSON, or what `text` makes of it.
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

/// A duration for people, in whole seconds.
pub(crate) fn age(age: Option<std::time::Duration>) -> String {
    age.map_or_else(
        || "?".into(),
        |age| humantime::format_duration(std::time::Duration::from_secs(age.as_secs())).to_string(),
    )
}
