//! Writes the published results to `docs/benchmarks`.

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

activerecord compared with other libraries: the same work on the same data, with the same database settings, each
library used in the way that its documentation calls the fastest, one process per library, in alternating rounds.
`cargo xtask bench --publish` writes this folder; [results.json](results.json) has every measurement. The contestants
are in [benches/peers](../../benches/peers), each in its own workspace.

";

const WORKLOADS: &str = "
The workloads are those of Diesel's own benchmark, with its sizes, and some more:

- *Lookups*, *updates* and *saves* are of single records by key, in a table of 10,000. 32 tasks (or threads, if a
  library is synchronous) share a pool of 8 connections to a server, or any number of connections to a file. In memory
  there is one connection, except for activerecord with 32 tasks; with one task, activerecord's connection is
  exclusive (`locking_mode`), as its documentation recommends.
- *All rows*: the whole table, into a `Vec` of structs.
- *Join*: from a table of the given number of users, those with black hair (every second user), each with its post or
  none, by key, as `Vec<(User, Option<Post>)>`. Every second of them has a post.
- *Associations*: 100 users, their 1,000 posts and the 10,000 comments on these, in three queries, grouped.
- *Inserts* write the given number of rows at once. A commit waits for the disk on MariaDB, and not on PostgreSQL and
  SQLite.
- PostgreSQL keeps one plan for each prepared statement (`plan_cache_mode`). By default it changes plans during a
  measurement, for some contestants and not for others.

\"Raw\" is rusqlite on SQLite, and sqlx's connections on the servers: no pool, columns by ordinal. A ratio below 1 is
faster than raw. Every round checks what a contestant reads and writes.
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
