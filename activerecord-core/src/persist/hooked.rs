//! Writes with hooks, in one transaction. A model without hooks needs no transaction.

use std::sync::Arc;

use super::columns::Columns;
use super::key::key_values;
use super::missing::{exists, no_row, require_new, require_unstored};
use super::{insert as of_insert, update as of_update};
use crate::backend::BoxFuture;
use crate::connection::{Session, in_transaction};
use crate::error::{Error, Result};
use crate::model::{Change, ChangeKind, Model, hook};
use crate::sql::Operation;
use crate::transaction::{AfterEnd, Level, Transaction};
use crate::value::{Row, Value};

/// A write of one record.
enum Write {
    Insert,
    Update,
    /// Updates; inserts if no row has the key.
    Save,
    Columns(Columns),
    Delete(Operation),
}

pub(super) async fn insert<M: Model>(record: &mut M, session: &Session) -> Result<()> {
    if M::HOOKS { around(record, session, Write::Insert).await } else { of_insert::insert(record, session).await }
}

pub(super) async fn update<M: Model>(record: &mut M, session: &Session) -> Result<()> {
    if M::HOOKS {
        return around(record, session, Write::Update).await;
    }
    match of_update::update(record, session).await? {
        true => Ok(()),
        false => Err(no_row::<M>(&key_values(record), session).await),
    }
}

pub(super) async fn save<M: Model>(record: &mut M, session: &Session) -> Result<()> {
    if M::HOOKS {
        return around(record, session, Write::Save).await;
    }
    if of_update::update(record, session).await? {
        return Ok(());
    }
    require_new(record, session).await?;
    of_insert::insert(record, session).await
}

pub(super) async fn update_columns<M: Model>(record: &mut M, session: &Session, columns: Columns) -> Result<()> {
    if M::HOOKS {
        return around(record, session, Write::Columns(columns)).await;
    }
    match of_update::update_columns(record, session, columns).await? {
        Some(_) => Ok(()),
        None => Err(no_row::<M>(&key_values(record), session).await),
    }
}

pub(super) async fn destroy<M: Model>(record: &mut M, session: &Session, operation: Operation) -> Result<()> {
    if M::HOOKS {
        return around(record, session, Write::Delete(operation)).await;
    }
    match of_update::delete(record, session, operation).await? {
        true => Ok(()),
        false => Err(no_row::<M>(&key_values(record), session).await),
    }
}

async fn around<M: Model>(record: &mut M, session: &Session, write: Write) -> Result<()> {
    let mut record = Written::new(record);
    let transaction = Transaction::around_write(session).await?;
    let level = Arc::clone(transaction.level());
    let steps: BoxFuture<'_, Result<()>> = Box::pin(steps(record.record, Arc::clone(&level), write));
    if let Err(error) = in_transaction(&level, steps).await? {
        // The caller needs the error of the write. A rollback that fails closes the connection.
        let _ = transaction.rollback().await;
        return Err(error);
    }
    // From here on, the write may be committed even if its caller no longer waits.
    record.is_kept = true;
    let committed = transaction.commit().await;
    let is_uncertain = |error: &Error| error.is_after_commit() || error.is_commit_outcome_unknown();
    record.is_kept = committed.as_ref().err().is_none_or(is_uncertain);
    committed
}

/// A record that is being written. Unless it is kept, its columns get their values from before the write when this is
/// dropped, also when the write is cancelled: otherwise its version would differ from the row's for ever.
struct Written<'r, M: Model> {
    record: &'r mut M,
    before: Vec<Value>,
    is_kept: bool,
}

impl<'r, M: Model> Written<'r, M> {
    fn new(record: &'r mut M) -> Self {
        Self { before: values(record), record, is_kept: false }
    }
}

impl<M: Model> Drop for Written<'_, M> {
    fn drop(&mut self) {
        if self.is_kept {
            return;
        }
        for (ordinal, value) in self.before.iter().enumerate() {
            if self.record.value(ordinal) != *value {
                // The field had this value before.
                let _ = self.record.set_value(ordinal, value.as_cell());
            }
        }
    }
}

fn values<M: Model>(record: &M) -> Vec<Value> {
    (0..M::TABLE.columns.len()).map(|ordinal| record.value(ordinal)).collect()
}

async fn steps<M: Model>(record: &mut M, level: Arc<Level>, write: Write) -> Result<()> {
    let session = Session::Transaction(Arc::clone(&level));
    match write {
        Write::Delete(operation) => return delete(record, &session, &level, operation).await,
        // The hooks see the assigned values, because they validate what will be written.
        Write::Columns(ref columns) => columns.show(record)?,
        _ => {}
    }
    hook(record.before_validate()).await?;
    record.validate().map_err(|error| error.with_model(M::TABLE.model))?;
    hook(record.after_validate()).await?;
    hook(record.before_save()).await?;
    let change = match write {
        Write::Insert => create(record, &session, &level).await?,
        Write::Save => create_or_change(record, &session, &level).await?,
        write => require_row(record, &session, &level, write).await?,
    };
    hook(record.after_save(&change)).await
}

/// Saves a record whose key is set. A query first finds out whether the row exists, because that decides which hooks
/// run before the statement. Then it is the same as without hooks: an UPDATE, and an INSERT if no row has the key.
async fn create_or_change<M: Model>(record: &mut M, session: &Session, level: &Level) -> Result<Change> {
    if exists::<M>(&key_values(record), session).await? {
        if let Some(change) = change(record, session, level, Write::Update).await? {
            return Ok(change);
        }
        require_new(record, session).await?;
    } else {
        require_unstored(record, session)?;
    }
    create(record, session, level).await
}

async fn create<M: Model>(record: &mut M, session: &Session, level: &Level) -> Result<Change> {
    hook(record.before_create()).await?;
    of_insert::insert(record, session).await?;
    let change = announce(record, level, ChangeKind::Inserted, 0..M::TABLE.columns.len())?;
    hook(record.after_create()).await?;
    Ok(change)
}

async fn require_row<M: Model>(record: &mut M, session: &Session, level: &Level, write: Write) -> Result<Change> {
    let key = if let Write::Columns(columns) = &write { Some(columns.guard.clone()) } else { None };
    match change(record, session, level, write).await? {
        Some(change) => Ok(change),
        None => Err(no_row::<M>(&key.unwrap_or_else(|| key_values(record)), session).await),
    }
}

/// Returns `None` if no row has the record's key and version.
async fn change<M: Model>(record: &mut M, session: &Session, level: &Level, write: Write) -> Result<Option<Change>> {
    hook(record.before_update()).await?;
    let columns = match write {
        Write::Columns(columns) => of_update::update_columns(record, session, columns.take(record)).await?,
        _ => of_update::update(record, session).await?.then(|| of_update::written::<M>().collect()),
    };
    let Some(columns) = columns else { return Ok(None) };
    let change = announce(record, level, ChangeKind::Updated, columns)?;
    hook(record.after_update()).await?;
    Ok(Some(change))
}

async fn delete<M: Model>(record: &mut M, session: &Session, level: &Level, operation: Operation) -> Result<()> {
    hook(record.before_destroy()).await?;
    if !of_update::delete(record, session, operation).await? {
        return Err(no_row::<M>(&key_values(record), session).await);
    }
    announce(record, level, ChangeKind::Deleted, 0..M::TABLE.columns.len())?;
    hook(record.after_destroy()).await
}

/// Registers the commit and rollback hooks with a copy of the record.
fn announce<M: Model>(
    record: &M,
    level: &Level,
    kind: ChangeKind,
    columns: impl IntoIterator<Item = usize>,
) -> Result<Change> {
    let columns = columns.into_iter().map(|ordinal| M::TABLE.columns[ordinal].name);
    let change = Change::new(kind, columns.collect());
    let (copy, copied) = (copy(record)?, change.clone());
    level.after_end(AfterEnd::new(move |committed| {
        Box::pin(async move {
            let call = if committed { hook(copy.after_commit(&copied)) } else { hook(copy.after_rollback(&copied)) };
            call.await.map_err(|error| error.with_record(copy))
        })
    }));
    Ok(change)
}

/// Copies the record: the columns by their values, because a model need not be `Clone`, and the `#[skip]` fields whose
/// types are `Clone`.
fn copy<M: Model>(record: &M) -> Result<M> {
    let mut copy = M::from_row(&Row::new([].into(), values(record)), 0)
        .map_err(|error: Error| error.context("cannot copy the record for its after_commit hook"))?;
    record.carry(&mut copy);
    Ok(copy)
}
