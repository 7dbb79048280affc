//! The cache of SQL texts that depend only on the model, the operation, the dialect and the number of rows. Each is
//! rendered once.

use std::any::TypeId;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use rustc_hash::FxHashMap;

use super::{Sql, render, render_head};
use crate::dialect::Dialect;
use crate::error::Result;
use crate::statement::{Select, Statement};

/// The operation of a cached statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Operation {
    /// The beginning of a query: its text before the first join or condition.
    Head,
    /// Reads a row by its key.
    Find,
    /// Reads a row by its key, including a soft-deleted one.
    Reload,
    /// Inserts one record, with or without its key. `returning`: the statement returns a generated key.
    Insert { with_key: bool, returning: bool },
    /// Inserts several records, with or without their keys. `upsert` has one bit for the ordinal of each column of the
    /// upsert's key; 0: no upsert.
    InsertRows { rows: usize, with_key: bool, upsert: u64 },
    /// Updates a row by its key. `created_at`: the time of the insert is written too.
    Update { created_at: bool },
    /// Updates some columns of a row by its key. `columns` has one bit for the ordinal of each column.
    UpdateColumns { columns: u64 },
    /// Deletes a row by its key.
    Delete,
    /// Soft-deletes a row by its key.
    SoftDelete,
}

/// The last item is the address of the dialect.
type Key = (TypeId, Operation, usize);

static STATEMENTS: LazyLock<RwLock<FxHashMap<Key, Sql>>> = LazyLock::new(RwLock::default);

/// Returns the SQL of `operation` on `M`, without binds. `statement` is called only if the cache has no SQL. Its binds are ignored.
pub(crate) fn cached<M: 'static>(
    dialect: &'static Dialect,
    operation: Operation,
    statement: impl FnOnce() -> Statement,
) -> Result<Sql> {
    cached_sql::<M>(dialect, operation, || render(statement(), dialect))
}

/// Returns the beginning of a plain query of `S`, a model or several joined models. `query` is called only if the cache
/// has no text.
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
