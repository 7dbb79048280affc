//! The cache of SQL texts that depend only on the model, the operation, the dialect and the number of rows. Each is
//! rendered once.

use std::any::TypeId;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use rustc_hash::FxHashMap;

use super::render::render_template;
use super::{Access, Details, Sql, render_head, render_insert};
use crate::dialect::Dialect;
use crate::error::Result;
use crate::statement::{Insert, Name, Select, Statement};
use crate::value::Value;

/// The operation of a cached statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Operation {
    /// The beginning of a query: its text before the first join or condition.
    Head,
    /// Reads a row by its key.
    Find,
    /// Reads a row by its key, including a soft-deleted one.
    Reload,
    /// Inserts one record. `left` has one bit for the ordinal of each column that it leaves to the database.
    /// `returning`: the statement returns these columns.
    Insert { left: u64, returning: bool },
    /// Inserts several records. `left` is that of `Insert`. `upsert` has one bit for the ordinal of each column of the
    /// upsert's key; 0: no upsert.
    InsertRows { rows: usize, left: u64, upsert: u64 },
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

static TEMPLATES: LazyLock<RwLock<FxHashMap<Key, Template>>> = LazyLock::new(RwLock::default);

/// A statement without its binds.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    text: Arc<str>,
    access: Access,
    details: Option<Arc<Details>>,
}

impl Template {
    /// The statement with these values.
    ///
    /// # Errors
    /// `Conversion` when a column cannot hold its value in its spelling.
    #[inline]
    pub(crate) fn with_binds(self, mut binds: Vec<Value>) -> Result<Sql> {
        let Self { text, access, details } = self;
        for (index, met) in details.iter().flat_map(|details| &details.met) {
            if let Some(bind) = binds.get_mut(*index) {
                *bind = met.bind(std::mem::replace(bind, Value::Bool(false)))?;
            }
        }
        Ok(Sql { details, ..Sql::new(text, binds, access) })
    }
}

impl From<Sql> for Template {
    fn from(Sql { text, access, details, .. }: Sql) -> Self {
        Self { text, access, details }
    }
}

/// Returns the template of `operation` on `M`. `statement` is called only if the cache has none. Its binds are ignored.
pub(crate) fn cached<M: 'static>(
    dialect: &'static Dialect,
    operation: Operation,
    statement: impl FnOnce() -> Statement,
) -> Result<Template> {
    template::<M>(dialect, operation, || render_template(statement(), dialect))
}

/// Returns the template of an INSERT for `M` whose rows get the `generated` key from the database. `insert` is called
/// only if the cache has none.
pub(crate) fn cached_insert<M: 'static>(
    dialect: &'static Dialect,
    operation: Operation,
    generated: Option<Name>,
    insert: impl FnOnce() -> Insert,
) -> Result<Template> {
    template::<M>(dialect, operation, || render_insert(insert(), generated, dialect))
}

/// Returns the beginning of a plain query of `S`, a model or several joined models, without binds. `query` is called
/// only if the cache has no text.
pub(crate) fn cached_head<S: 'static>(dialect: &'static Dialect, query: impl FnOnce() -> Select) -> Result<Sql> {
    template::<S>(dialect, Operation::Head, || render_head(query(), dialect))?.with_binds(Vec::new())
}

fn template<M: 'static>(
    dialect: &'static Dialect,
    operation: Operation,
    rendered: impl FnOnce() -> Result<Sql>,
) -> Result<Template> {
    let key = (TypeId::of::<M>(), operation, std::ptr::from_ref(dialect).addr());
    if let Some(template) = TEMPLATES.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
        return Ok(template.clone());
    }
    let template = Template::from(rendered()?);
    let mut templates = TEMPLATES.write().unwrap_or_else(PoisonError::into_inner);
    Ok(templates.entry(key).or_insert(template).clone())
}
