//! The keys that must not be generated again.
//!
//! SQLite generates the greatest rowid plus one, so the next insert after a rollback gets a key that the undone one had.
//! A record that was written in the undone transaction still has that key, and would then overwrite the row of another
//! record. The sequences of servers skip such keys, and so does this process.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustc_hash::{FxHashMap, FxHashSet};

/// The greatest key of each table that must not be generated again.
#[derive(Debug, Default)]
pub(crate) struct Floors {
    /// Whether a table has a floor. Only the session with the turn to write reads and writes it.
    any: AtomicBool,
    tables: Mutex<Tables>,
}

/// All names are those of [`place`].
#[derive(Debug, Default)]
struct Tables {
    floors: FxHashMap<String, Floor>,
    /// The tables that were searched for negative keys.
    searched: FxHashSet<String>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Floor {
    key: i64,
    /// Whether the table has negative keys. SQLite would generate 0 after -1, which means that a key is not set.
    has_negative: bool,
}

impl Floors {
    /// Whether a table has a floor.
    pub(crate) fn any(&self) -> bool {
        self.any.load(Ordering::Relaxed)
    }

    /// The floor of a table.
    pub(crate) fn of(&self, table: &str) -> Option<i64> {
        self.tables().floors.get(table).map(|floor| floor.key)
    }

    /// Raises the floor of a table to a key that was used.
    pub(crate) fn raise(&self, table: String, key: i64) {
        let mut tables = self.tables();
        let floor = tables.floors.entry(table).or_default();
        floor.key = floor.key.max(key);
        self.any.store(true, Ordering::Relaxed);
    }

    /// Records that a table has, or had, a negative key.
    pub(crate) fn has_negative(&self, table: String) {
        self.tables().floors.entry(table).or_default().has_negative = true;
        self.any.store(true, Ordering::Relaxed);
    }

    /// Removes a floor, because a committed row has a key that is not less.
    pub(crate) fn settle(&self, table: &str) {
        let mut tables = self.tables();
        match tables.floors.get_mut(table) {
            Some(floor) if floor.has_negative => floor.key = 0,
            _ => drop(tables.floors.remove(table)),
        }
        self.any.store(!tables.floors.is_empty(), Ordering::Relaxed);
    }

    /// Whether the table was searched for negative keys before.
    pub(crate) fn is_searched(&self, table: &str) -> bool {
        self.tables().searched.contains(table)
    }

    /// Records that a table was searched for negative keys. From now on this process sees them being inserted.
    pub(crate) fn searched(&self, table: String) {
        self.tables().searched.insert(table);
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A table's name with its schema, as SQLite compares names. `name`: as a model names it.
pub(crate) fn place(name: &str) -> String {
    let (schema, table) = name.split_once('.').unwrap_or(("main", name));
    format!("{schema}.{table}").to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_floor_stays_until_it_is_settled() {
        let floors = Floors::default();
        assert!(!floors.any() && floors.of("main.t").is_none());
        floors.raise(place("T"), 7);
        floors.raise(place("main.t"), 5);
        assert_eq!((floors.any(), floors.of("main.t"), floors.of("other.t")), (true, Some(7), None));
        floors.settle("main.t");
        assert!(!floors.any() && floors.of("main.t").is_none());
    }

    #[test]
    fn negative_keys_are_never_forgotten() {
        let floors = Floors::default();
        floors.has_negative(place("t"));
        assert_eq!(floors.of("main.t"), Some(0));
        floors.raise(place("t"), 7);
        floors.settle("main.t");
        assert_eq!((floors.any(), floors.of("main.t")), (true, Some(0)));
    }
}
