//! What a database contains, and in which order its tables are copied.

use std::collections::{HashMap, HashSet};

use activerecord_core::{ConnectionHandle, Result, TableInfo};
use serde::Serialize;

/// Something that was not copied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct NotCopied {
    /// What it is: `view`, `table`, ..
    pub what: String,
    /// Its name.
    pub name: String,
    /// Why it was not copied.
    pub why: String,
}

/// The tables of a connection without this library's own.
pub(super) async fn tables(connection: &ConnectionHandle) -> Result<Vec<String>> {
    let own = activerecord_distributed::support::definitions().into_iter().chain(crate::support::definitions());
    let own: HashSet<_> = own.map(|table| table.table.into_owned()).collect();
    Ok(connection.tables().await?.into_iter().filter(|name| !own.contains(name)).collect())
}

/// What a copy of all tables leaves out: views, and tables of other schemas.
pub(super) async fn left_out(connection: &ConnectionHandle) -> Result<Vec<NotCopied>> {
    let rows = connection.query(connection.dialect().others(), []).await?;
    let left_out = rows.iter().map(|row| {
        let (what, name, is_here): (String, String, bool) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let why = match is_here {
            true => format!("a {what} has no rows of its own"),
            false => "it is in another schema; only those of the connection's own schema are copied".to_owned(),
        };
        Ok(NotCopied { what, name, why })
    });
    left_out.collect()
}

/// Orders tables so that each comes after those that its foreign keys refer to. Tables of a cycle keep their order.
pub(super) fn in_order(tables: Vec<TableInfo>) -> Vec<TableInfo> {
    let places: HashMap<String, usize> =
        tables.iter().zip(0..).map(|(table, place)| (table.name.clone(), place)).collect();
    let (mut order, mut seen) = (Vec::with_capacity(tables.len()), vec![false; tables.len()]);
    for first in 0..tables.len() {
        // A walk with its own stack: a chain of tables can be long.
        let mut open = vec![(first, 0)];
        while let Some((table, next)) = open.pop() {
            if next == 0 && std::mem::replace(&mut seen[table], true) {
                continue;
            }
            let target = tables[table].foreign_keys.get(next).map(|key| places.get(&key.table).copied());
            match target {
                Some(target) => {
                    open.push((table, next + 1));
                    open.extend(target.filter(|target| !seen[*target]).map(|target| (target, 0)));
                }
                None => order.push(table),
            }
        }
    }
    let mut tables: Vec<_> = tables.into_iter().map(Some).collect();
    order.into_iter().filter_map(|place| tables[place].take()).collect()
}

/// The tables whose names another table has too, in a database that ignores their case. The first of each name stays.
pub(super) async fn folded(names: &[String], to: &ConnectionHandle) -> Result<HashMap<String, String>> {
    let ignores_case = match to.dialect().ignores_case() {
        Some(query) => to.query(query, []).await?.first().map_or(Ok(0_i64), |row| row.get(0))? > 0,
        None => false,
    };
    let mut first: HashMap<String, &String> = HashMap::new();
    let mut folded = HashMap::new();
    // A catalog that ignores case returns such names in any order.
    let mut names: Vec<_> = names.iter().filter(|_| ignores_case).collect();
    names.sort();
    for name in names {
        match first.get(&name.to_lowercase()) {
            Some(other) => drop(folded.insert(name.clone(), (*other).clone())),
            None => drop(first.insert(name.to_lowercase(), name)),
        }
    }
    Ok(folded)
}
