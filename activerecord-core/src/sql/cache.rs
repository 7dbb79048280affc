//! The SQL of statements that depend on the model and on a number of rows alone: rendered once per model, operation and
//! dialect.

use std::any::TypeId;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use rustc_hash::FxHashMap;

use super::{Sql, render, render_head};
use crate::dialect::Dialect;
use crate::error::Result;
use crate::statement::{Select, Statement};

/// What a cached statement does with one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Operation {
    /// Reads rows: what comes before the first join, or the condition.
    Head,
    /// Reads the row of a key.
    Find,
    /// Reads the row of a key, also when it is marked as deleted.
    Reload,
    /// Inserts a record; whether its key is among the columns, and whether a missing one is returned.
    Insert { with_key: bool, returning: bool },
    /// Inserts several records; whether their keys are among the columns, and the columns of the upsert's key, if it is one:
    /// the bits of their ordinals.
    InsertRows { rows: usize, with_key: bool, upsert: u64 },
    /// Updates the row of a key; whether the time of its insert is written too.
    Update { created_at: bool },
    /// Updates some columns of the row of a key; the bits of their ordinals.
    UpdateColumns { columns: u64 },
    /// Deletes the row of a key.
    Delete,
    /// Marks the row of a key as deleted.
    SoftDelete,
}

/// The dialect is known by its address.
type Key = (TypeId, Operation, usize);

static STATEMENTS: LazyLock<RwLock<FxHashMap<Key, Sql>>> = LazyLock::new(RwLock::default);

/// The SQL of `operation` on `M`, without binds. `statement` is called once per dialect, with any binds.
pub(crate) fn cached<M: 'static>(
    dialect: &'static Dialect,
    operation: Operation,
    statement: impl FnOnce() -> Statement,
) -> Result<Sql> {
    cached_sql::<M>(dialect, operation, || render(statement(), dialect))
}

/// What a plain query of `S`, a model or several that are joined, begins with. `query` is called once per dialect.
pub(crate) fn cached_head<S: 'static>(dialect: &'static Dialect, query: impl FnOnce() -> Select) -> Result<Arc<str>> {
    Ok(cached_sql::<S>(dialect, Operation::Head, || render_head(query(), dialect))?.text)
}

fn cached_sql<M: 'static>(
    dialect: &'static Dialect,
    operation: Operation,
    rendered: impl FnOnce() -> Result<Sql>,
) -> Result<Sql> {
    let key = (TypeId::of::<M>(), operation, std::ptr::from_ref(dialect).addr());
    if let Some(sql) = STATEMENTS.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
        return Ok(sql.clone());
    }
    let sql = rendered()?.with_binds(Vec::new());
    let mut statements = STATEMENTS.write().unwrap_or_else(PoisonError::into_inner);
    Ok(statements.entry(key).or_insert(sql).clone())
}
