//! The published results: `docs/benchmarks`.

use std::fmt::Write;
use std::fs;

use crate::Result;
use crate::build;
use crate::measure::Measured;
use crate::places::Place;
use crate::report::{Report, Table};
use crate::{json, markdown, plot};

const HEAD: &str = "\
# Benchmarks

activerecord beside other libraries: the same work on the same data, with the same settings of the database, each library as
its documentation says it is fastest, one process for each, in alternating rounds. `cargo xtask bench --publish` has written
this folder; [results.json](results.json) has every measurement. The contestants are in
[benches/peers](../../benches/peers), each in a workspace of its own.

";

const WORKLOADS: &str = "
The workloads are those of Diesel's own benchmark, with its sizes, and some more:

- *Lookups*, *updates* and *saves* are of single records by key, in a table of 10,000. 32 tasks (or threads, where a library
  is synchronous) share a pool of 8 connections to a server, as many as they like to a file. In memory there is one connection,
  save for activerecord's 32 tasks; activerecord's is exclusive (`locking_mode`), as its documentation says for one task.
- *All rows*: the whole table, into a `Vec` of structs.
- *Join*: the users with black hair among so many (every second one), each with its post or none, by key, as
  `Vec<(User, Option<Post>)>`. Every second of them has a post.
- *Associations*: 100 users, their 1,000 posts and the 10,000 comments on these, in three queries, grouped.
- *Inserts* are of so many rows at once. PostgreSQL does not wait for the disk in a commit, nor does SQLite; MariaDB does.
- PostgreSQL keeps one plan for each prepared statement (`plan_cache_mode`): left to itself it changes plans in the midst of a
  measurement, for some contestants and not for others.

Raw is rusqlite on SQLite, and sqlx's connections on the servers: no pool, columns by ordinal. Below 1 is faster than raw.
What a contestant reads and writes is checked in every round.
";

/// Writes the folder.
pub fn write(report: &Report) -> Result<()> {
    let folder = build::root().join("../../docs/benchmarks");
    fs::create_dir_all(&folder)?;
    json::write(&folder.join("results.json"), report)?;
    for place in Place::ALL {
        let measured: Vec<&Measured> = report.at(place).collect();
        if !measured.is_empty() {
            plot::draw(&folder.join(file(place)), place.title(), &measured)?;
        }
    }
    fs::write(folder.join("README.md"), readme(report))?;
    eprintln!("published in docs/benchmarks");
    Ok(())
}

fn readme(report: &Report) -> String {
    let mut text = format!("{HEAD}{}\n{WORKLOADS}", report.explanation());
    for table in report.tables() {
        let _ = write!(text, "\n## {}\n\n{}{}", table.title, picture(&table), markdown::body(&table));
    }
    text
}

fn picture(table: &Table) -> String {
    let place = Place::ALL.into_iter().find(|place| place.title() == table.title);
    place.map_or(String::new(), |place| format!("![Ratios to the raw driver on {}]({})\n\n", table.title, file(place)))
}

fn file(place: Place) -> String {
    format!("{}.svg", place.name())
}
