//! What a model does around its own life.

use std::future::Future;

use super::Model;
use crate::backend::BoxFuture;
use crate::error::{Error, Result};
use crate::schema::Named;

/// The hooks of a model with `#[hooks]`. Each does nothing until it is written.
///
/// A write runs them in this order, each exactly once, inside one transaction of the record's connection (a savepoint of
/// the transaction that is open there, if one is):
///
/// - `save`, `create`, `insert`, `update`: `before_validate`, [`validate`](Self::validate), `after_validate`,
///   `before_save`, `before_create` or `before_update`, the statement, `after_create` or `after_update`, `after_save`.
/// - `destroy`: `before_destroy`, the statement, `after_destroy`.
/// - After the outermost transaction: `after_commit` or `after_rollback`.
///
/// An `Err` of a hook before the statement writes nothing; an `Err` of one after it undoes the statement. What a hook did
/// on *another* connection is undone only if it was in a transaction there: see `after_commit` for a safer place.
/// Set-based writes (`Query::update`, `Query::delete`, the `bulk_` verbs, `insert_or_update`) run no hooks.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is marked #[hooks] but does not implement `Hooks`",
    label = "write `impl Hooks for {Self} {{ .. }}`, or remove #[hooks]"
)]
pub trait Hooks: Send + Sync + Sized + 'static {
    /// Whether the record may be written. [`Error::invalid`](crate::Error::invalid) is the error to return.
    ///
    /// # Errors
    /// Any error stops the write.
    fn validate(&self) -> Result<()> {
        Ok(())
    }

    /// Before `validate`: the place to normalise.
    fn before_validate(&mut self) -> impl Future<Output = Result<()>> + Send {
        async { Ok(()) }
    }

    /// After `validate` passed.
    fn after_validate(&mut self) -> impl Future<Output = Result<()>> + Send {
        async { Ok(()) }
    }

    /// Before a row is inserted or updated. Changes to `self` are written.
    fn before_save(&mut self) -> impl Future<Output = Result<()>> + Send {
        async { Ok(()) }
    }

    /// Before a row is inserted.
    fn before_create(&mut self) -> impl Future<Output = Result<()>> + Send {
        async { Ok(()) }
    }

    /// Before a row is updated.
    fn before_update(&mut self) -> impl Future<Output = Result<()>> + Send {
        async { Ok(()) }
    }

    /// Before a row is deleted.
    fn before_destroy(&mut self) -> impl Future<Output = Result<()>> + Send {
        async { Ok(()) }
    }

    /// After a row was inserted.
    fn after_create(&self) -> impl Future<Output = Result<()>> + Send {
        async { Ok(()) }
    }

    /// After a row was updated.
    fn after_update(&self) -> impl Future<Output = Result<()>> + Send {
        async { Ok(()) }
    }

    /// After a row was inserted or updated.
    fn after_save(&self, change: &Change) -> impl Future<Output = Result<()>> + Send {
        let _ = change;
        async { Ok(()) }
    }

    /// After a row was deleted.
    fn after_destroy(&self) -> impl Future<Output = Result<()>> + Send {
        async { Ok(()) }
    }

    /// After the record was read: by `find`, a query, a batch, a stream or `reload`.
    fn after_find(&mut self) -> impl Future<Output = Result<()>> + Send {
        async { Ok(()) }
    }

    /// After the outermost transaction with this write committed; outside all transactions and in the scope of the
    /// write. The place to tell other databases, mail servers and caches.
    ///
    /// It is *not* guaranteed to run: a process that dies between the commit and the hook loses the call. What must not be
    /// lost goes into the transaction itself.
    ///
    /// # Errors
    /// An error is returned to whoever committed, but the commit stands.
    fn after_commit(&self, change: &Change) -> impl Future<Output = Result<()>> + Send {
        let _ = change;
        async { Ok(()) }
    }

    /// After the outermost transaction with this write was rolled back explicitly or by an error. A transaction that is
    /// cancelled (its future dropped) is rolled back without this call: there is nobody left to run it.
    fn after_rollback(&self, change: &Change) -> impl Future<Output = Result<()>> + Send {
        let _ = change;
        async { Ok(()) }
    }
}

/// What was done to a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    kind: ChangeKind,
    columns: Vec<&'static str>,
}

/// What kind of change was made to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChangeKind {
    /// The row is new.
    Inserted,
    /// The row was there.
    Updated,
    /// The row is gone, or marked as deleted.
    Deleted,
}

impl Change {
    pub(crate) fn new(kind: ChangeKind, columns: Vec<&'static str>) -> Self {
        Self { kind, columns }
    }

    /// What was done.
    pub fn kind(&self) -> ChangeKind {
        self.kind
    }

    /// The columns that were written, in the order of the struct's fields. A plain struct does not remember what it was loaded as: `save` writes all of them.
    pub fn columns(&self) -> &[&'static str] {
        &self.columns
    }

    /// Whether this column was written.
    pub fn includes(&self, column: impl Named) -> bool {
        self.columns.contains(&column.name())
    }

    /// The row is new.
    pub fn is_insert(&self) -> bool {
        self.kind == ChangeKind::Inserted
    }

    /// The row was there.
    pub fn is_update(&self) -> bool {
        self.kind == ChangeKind::Updated
    }

    /// The row is gone, or marked as deleted.
    pub fn is_delete(&self) -> bool {
        self.kind == ChangeKind::Deleted
    }
}

/// Tells a record that it was read.
pub(crate) async fn found<M: Model>(record: &mut M) -> Result<()> {
    if M::HOOKS { hook(record.after_find()).await } else { Ok(()) }
}

tokio::task_local! {
    /// How many hooks of this task are inside each other.
    static DEPTH: usize;
}

/// Hooks that call each other's models without an end stop here, not in a stack overflow.
const MAX_DEPTH: usize = 32;

/// Boxed, because a hook may write a model whose hooks write this one: without the box that type would be infinite.
pub(crate) fn hook<'a>(call: impl Future<Output = Result<()>> + Send + 'a) -> BoxFuture<'a, Result<()>> {
    let depth = DEPTH.try_with(|depth| *depth).unwrap_or_default() + 1;
    if depth > MAX_DEPTH { Box::pin(std::future::ready(Err(too_deep()))) } else { Box::pin(DEPTH.scope(depth, call)) }
}

#[cold]
fn too_deep() -> Error {
    Error::unsupported(format!(
        "more than {MAX_DEPTH} hooks are inside each other; do two hooks call each other's models?"
    ))
}
