//! Hooks: callbacks around validation, writes, reads, commit and rollback.

use std::future::Future;

use super::Model;
use crate::backend::BoxFuture;
use crate::error::{Error, Result};
use crate::schema::Named;

/// The hooks of a model with `#[hooks]`. Each hook does nothing by default; implement the ones that the model needs.
///
/// ```
/// use activerecord::prelude::*;
///
/// #[derive(ActiveRecord)]
/// #[hooks]
/// struct User {
///     id: i64,
///     email: String,
/// }
///
/// impl Hooks for User {
///     async fn before_validate(&mut self) -> Result<()> {
///         self.email = self.email.to_lowercase();
///         Ok(())
///     }
///
///     fn validate(&self) -> Result<()> {
///         if self.email.contains('@') { Ok(()) } else { Err(Error::invalid("the email has no @")) }
///     }
///
///     async fn after_commit(&self, change: &Change) -> Result<()> {
///         if change.is_insert() || change.includes(User::EMAIL) {
///             println!("send a mail to {}", self.email);
///         }
///         Ok(())
///     }
/// }
/// ```
///
/// # Order
///
/// A write runs each of its hooks once, in one transaction on the record's connection. If a transaction is open there,
/// it is a savepoint of that transaction.
///
/// - `save`, `create`, `insert`, `update`, `update_columns`, `restore`: `before_validate`, [`validate`](Self::validate),
///   `after_validate`, `before_save`, `before_create` or `before_update`, the statement, `after_create` or
///   `after_update`, `after_save`.
/// - `destroy`, `purge`: `before_destroy`, the statement, `after_destroy`.
/// - After the outermost transaction: `after_commit` or `after_rollback`.
///
/// # Errors
///
/// An error of a hook stops the write and rolls it back; the exception is `after_commit`. The verb returns the error,
/// and the record's columns have their values from before the call. Writes of a hook to *another* connection are not
/// rolled back, unless they are in a transaction there: make them in `after_commit`. Hooks that nest more than 32
/// levels deep return `Unsupported`.
///
/// The writes of many rows run no hooks: `Query::update`, `Query::delete`, `bulk_insert`, `insert_or_update` and
/// `bulk_insert_or_update`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is marked #[hooks] but does not implement `Hooks`",
    label = "write `impl Hooks for {Self} {{ .. }}`, or remove #[hooks]"
)]
pub trait Hooks<K = Marked>: HasHooks<K> + Send + Sync + Sized + 'static {
    /// Checks the record before it is written. Return [`Error::invalid`](crate::Error::invalid) to refuse it. A column
    /// that `update_columns` assigns an expression still has its old value here.
    ///
    /// # Errors
    /// Any error stops the write.
    fn validate(&self) -> Result<()> {
        Ok(())
    }

    /// Runs before `validate`. Use it to normalize values.
    fn before_validate(&mut self) -> impl Future<Output = Result<()>> + Send {
        async { Ok(()) }
    }

    /// Runs after `validate` has returned `Ok`.
    fn after_validate(&mut self) -> impl Future<Output = Result<()>> + Send {
        async { Ok(()) }
    }

    /// Runs before an INSERT or UPDATE. Changes to `self` are written; `update_columns` writes only the columns that it
    /// assigns a value.
    fn before_save(&mut self) -> impl Future<Output = Result<()>> + Send {
        async { Ok(()) }
    }

    /// Runs before an INSERT. Changes to `self` are written.
    fn before_create(&mut self) -> impl Future<Output = Result<()>> + Send {
        async { Ok(()) }
    }

    /// Runs before an UPDATE. Changes to `self` are written, as for `before_save`.
    fn before_update(&mut self) -> impl Future<Output = Result<()>> + Send {
        async { Ok(()) }
    }

    /// Runs before a record is deleted or marked as deleted.
    fn before_destroy(&mut self) -> impl Future<Output = Result<()>> + Send {
        async { Ok(()) }
    }

    /// Runs after an INSERT, in its transaction.
    fn after_create(&self) -> impl Future<Output = Result<()>> + Send {
        async { Ok(()) }
    }

    /// Runs after an UPDATE, in its transaction.
    fn after_update(&self) -> impl Future<Output = Result<()>> + Send {
        async { Ok(()) }
    }

    /// Runs after an INSERT or UPDATE, in its transaction.
    fn after_save(&self, change: &Change) -> impl Future<Output = Result<()>> + Send {
        let _ = change;
        async { Ok(()) }
    }

    /// Runs after a record is deleted or marked as deleted, in the transaction.
    fn after_destroy(&self) -> impl Future<Output = Result<()>> + Send {
        async { Ok(()) }
    }

    /// Runs after a record is read by `find`, a query, a batch, a stream or `reload`.
    fn after_find(&mut self) -> impl Future<Output = Result<()>> + Send {
        async { Ok(()) }
    }

    /// Runs after the outermost transaction of this write has committed. It runs outside all transactions, in the
    /// connection scope of the write. Use it to update other databases, caches and mail servers.
    ///
    /// `self` is a copy of the record as it was after the write. It has the `#[skip]` fields whose types are `Clone`; the
    /// others have their `Default`.
    ///
    /// It is *not* guaranteed to run: it is lost if the process ends between the commit and the hook. Work that must
    /// not be lost belongs into the transaction, such as a message in the outbox.
    ///
    /// # Errors
    /// The commit stays. The caller that commits receives the first error as `AfterCommit`, with the copy of the record
    /// ([`Error::record`](crate::Error::record)). The hooks of other records run, and their errors are logged.
    fn after_commit(&self, change: &Change) -> impl Future<Output = Result<()>> + Send {
        let _ = change;
        async { Ok(()) }
    }

    /// Runs after the outermost transaction of this write has been rolled back, explicitly or by an error. It does
    /// *not* run if the transaction is cancelled (its future is dropped).
    fn after_rollback(&self, change: &Change) -> impl Future<Output = Result<()>> + Send {
        let _ = change;
        async { Ok(()) }
    }
}

/// A model with `#[hooks]`, whose hooks the program writes.
#[doc(hidden)]
#[derive(Debug)]
pub struct Marked;

/// A model without `#[hooks]`: the derive implements [`Hooks`], which do nothing.
#[doc(hidden)]
#[derive(Debug)]
pub struct Unmarked;

/// A model whose hooks are of the kind `K`. It exists for the message of hooks without `#[hooks]`.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` implements `Hooks` but is not marked #[hooks]",
    label = "add #[hooks] below #[derive(ActiveRecord)]"
)]
pub trait HasHooks<K> {}

impl<M> HasHooks<Unmarked> for M {}

/// A change to a record, for the hooks `after_save`, `after_commit` and `after_rollback`. Example: [`Hooks`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    kind: ChangeKind,
    columns: Vec<&'static str>,
}

/// The kind of a change to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ChangeKind {
    /// The row was inserted.
    Inserted,
    /// The row was updated.
    Updated,
    /// The row was deleted or marked as deleted.
    Deleted,
}

impl Change {
    pub(crate) fn new(kind: ChangeKind, columns: Vec<&'static str>) -> Self {
        Self { kind, columns }
    }

    /// Returns the kind of change.
    pub fn kind(&self) -> ChangeKind {
        self.kind
    }

    /// Returns the columns that were written, in the order of the struct's fields. A record does not know which fields
    /// changed since it was read, so `save` and `update` write all columns that they may write.
    pub fn columns(&self) -> &[&'static str] {
        &self.columns
    }

    /// Returns true if this column was written.
    pub fn includes(&self, column: impl Named) -> bool {
        self.columns.contains(&column.name())
    }

    /// Returns true if the row was inserted.
    pub fn is_insert(&self) -> bool {
        self.kind == ChangeKind::Inserted
    }

    /// Returns true if the row was updated.
    pub fn is_update(&self) -> bool {
        self.kind == ChangeKind::Updated
    }

    /// Returns true if the row was deleted or marked as deleted.
    pub fn is_delete(&self) -> bool {
        self.kind == ChangeKind::Deleted
    }
}

/// Runs the `after_find` hook of a record.
pub(crate) async fn found<M: Model>(record: &mut M) -> Result<()> {
    if M::HOOKS { hook(record.after_find()).await } else { Ok(()) }
}

tokio::task_local! {
    /// The nesting depth of hooks in this task.
    static DEPTH: usize;
}

/// The maximum nesting depth. It turns endless recursion between hooks into an error instead of a stack overflow.
const MAX_DEPTH: usize = 32;

/// Runs a hook. The future is boxed: a hook may write a model whose hooks write this one, and an unboxed type would be
/// infinite.
pub(crate) fn hook<'a>(call: impl Future<Output = Result<()>> + Send + 'a) -> BoxFuture<'a, Result<()>> {
    let depth = DEPTH.try_with(|depth| *depth).unwrap_or_default() + 1;
    if depth > MAX_DEPTH { Box::pin(std::future::ready(Err(too_deep()))) } else { Box::pin(DEPTH.scope(depth, call)) }
}

#[cold]
fn too_deep() -> Error {
    Error::unsupported(format!(
        "hooks are nested more than {MAX_DEPTH} levels deep; check whether the hooks of two models write each other's records"
    ))
}
