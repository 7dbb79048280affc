//! The descriptions that an endpoint knows.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use rustc_hash::FxHashMap;

use crate::catalog::TableInfo;
use crate::connection::holds::Held;
use crate::schema::TableDef;

/// The descriptions that an endpoint knows, by the names of the tables as they were asked for.
#[derive(Debug, Default)]
pub(crate) struct Descriptions(RwLock<Known>);

#[derive(Debug, Default)]
struct Known {
    /// The number of times that everything was forgotten.
    generation: u64,
    tables: HashMap<String, Arc<TableInfo>>,
    /// What the columns of the models' tables keep, by the addresses of the models' definitions.
    held: FxHashMap<usize, Held>,
}

impl Descriptions {
    pub(super) fn get(&self, table: &str) -> Option<Arc<TableInfo>> {
        self.known().tables.get(table).cloned()
    }

    /// The generation before a description is read, for [`keep`](Self::keep).
    pub(in crate::connection) fn generation(&self) -> u64 {
        self.known().generation
    }

    /// Keeps a description, unless everything was forgotten since its generation: the table may have changed while it was
    /// read.
    pub(super) fn keep(&self, generation: u64, info: &Arc<TableInfo>) {
        let mut known = self.write();
        if known.generation == generation {
            known.tables.insert(info.name.clone(), Arc::clone(info));
        }
    }

    /// What the columns of a model's table keep. None: it is not known.
    #[inline]
    pub(in crate::connection) fn held(&self, table: &'static TableDef) -> Option<Held> {
        self.known().held.get(&std::ptr::from_ref(table).addr()).cloned()
    }

    /// Keeps what the columns of a model's table keep, as [`keep`](Self::keep).
    pub(in crate::connection) fn keep_held(&self, generation: u64, table: &'static TableDef, held: &Held) {
        let mut known = self.write();
        if known.generation == generation {
            known.held.insert(std::ptr::from_ref(table).addr(), held.clone());
        }
    }

    /// Forgets everything.
    pub(crate) fn forget(&self) {
        let mut known = self.write();
        known.generation += 1;
        known.tables.clear();
        known.held.clear();
    }

    fn known(&self) -> RwLockReadGuard<'_, Known> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Known> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::SQLITE;

    #[test]
    fn a_description_that_was_read_before_a_change_is_not_kept() {
        let (descriptions, info) =
            (Descriptions::default(), Arc::new(TableInfo::new("primary".into(), "users", &SQLITE)));
        let generation = descriptions.generation();
        descriptions.forget();
        descriptions.keep(generation, &info);
        assert_eq!(descriptions.get("users"), None);
        descriptions.keep(descriptions.generation(), &info);
        assert_eq!(descriptions.get("users"), Some(info));
        descriptions.forget();
        assert_eq!(descriptions.get("users"), None);
    }
}
