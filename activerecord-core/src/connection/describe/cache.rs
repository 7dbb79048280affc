//! The descriptions that an endpoint knows.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::catalog::TableInfo;

/// The descriptions that an endpoint knows, by the names of the tables as they were asked for.
#[derive(Debug, Default)]
pub(crate) struct Descriptions(RwLock<Known>);

#[derive(Debug, Default)]
struct Known {
    /// The number of times that everything was forgotten.
    generation: u64,
    tables: HashMap<String, Arc<TableInfo>>,
}

impl Descriptions {
    pub(super) fn get(&self, table: &str) -> Option<Arc<TableInfo>> {
        self.known().tables.get(table).cloned()
    }

    /// The generation before a description is read, for [`keep`](Self::keep).
    pub(super) fn generation(&self) -> u64 {
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

    /// Forgets everything.
    pub(crate) fn forget(&self) {
        let mut known = self.write();
        known.generation += 1;
        known.tables.clear();
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
