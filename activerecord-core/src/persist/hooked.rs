//! Writes with hooks, in one transaction. A model without hooks needs no transaction.

use std::sync::Arc;

use super::row;
use crate::backend::BoxFuture;
use crate::connection::Session;
use crate::error::{Error, Result};
use crate::model::{Change, ChangeKind, Model, hook};
use crate::sql::Operation;
use crate::statement::Expr;
use crate::transaction::{AfterEnd, Level, Transaction};
use crate::value::{Row, Value};

/// A write of one record.
enum Write {
    Insert,
    Update,
    /// Updates; inserts if no row has the key.
    Save,
    Columns(Vec<(&'static str, Expr)>),
    Delete(Operation),
}

pub(super) async fn insert<M: Model>(record: &mut M, session: &Session) -> Result<()> {
    if M::HOOKS { around(record, session, Write::Insert).await } else { row::insert(record, session).await }
}

pub(super) async fn update<M: Model>(record: &mut M, session: &Session) -> Result<()> {
    if M::HOOKS {
        return around(record, session, Write::Update).await;
    }
    if row::update(record, session).await? { Ok(()) } else { Err(row::no_row(record, session).await) }
}

pub(super) async fn save<M: Model>(record: &mut M, session: &Session) -> Result<()> {
    if M::HOOKS {
        return around(record, session, Write::Save).await;
    }
    if row::update(record, session).await? {
        return Ok(());
    }
    row::require_absent(record, session).await?;
    row::insert(record, session).await
}

pub(super) async fn update_columns<M: Model>(
    record: &mut M,
    session: &Session,
    set: Vec<(&'static str, Expr)>,
) -> Result<()> {
    if M::HOOKS {
        return around(record, session, Write::Columns(set)).await;
    }
    match row::update_columns(record, session, set).await? {
        Some(_) => Ok(()),
        None => Err(row::no_row(record, session).await),
    }
}

pub(super) async fn destroy<M: Model>(record: &mut M, session: &Session, operation: Operation) -> Result<()> {
    if M::HOOKS {
        return around(record, session, Write::Delete(operation)).await;
    }
    if row::delete(record, session, operation).await? { Ok(()) } else { Err(row::no_row(record, session).await) }
}

async fn around<M: Model>(record: &mut M, session: &Session, write: Write) -> Result<()> {
    let before = values(record);
    let transaction = Transaction::around_write(session).await?;
    let level = Arc::clone(transaction.level());
    let steps: BoxFuture<'_, Result<()>> = Box::pin(steps(record, level, write));
    let result = transaction.finish(steps).await;
    match &result {
        Err(error) if !error.is_after_commit() && !error.is_commit_outcome_unknown() => restore(record, &before)?,
        _ => {}
    }
    result
}

fn values<M: Model>(record: &M) -> Vec<Value> {
    (0..M::TABLE.columns.len()).map(|ordinal| record.value(ordinal)).collect()
}

/// Restores the columns of the record after a rollback. Otherwise its version would differ from the row's for ever.
fn restore<M: Model>(record: &mut M, before: &[Value]) -> Result<()> {
    let changed: Vec<_> = before.iter().enumerate().filter(|(n, value)| record.value(*n) != **value).collect();
    changed.into_iter().try_for_each(|(ordinal, value)| record.set_value(ordinal, value.as_cell()))
}

async fn steps<M: Model>(record: &mut M, level: Arc<Level>, write: Write) -> Result<()> {
    let session = Session::Transaction(Arc::clone(&level));
    match write {
        Write::Delete(operation) => delete(record, &session, &level, operation).await,
        write => {
            hook(record.before_validate()).await?;
            record.validate().map_err(|error| error.with_model(M::TABLE.model))?;
            hook(record.after_validate()).await?;
            hook(record.before_save()).await?;
            let change = match write {
                Write::Insert => create(record, &session, &level).await?,
                Write::Save => create_or_change(record, &session, &level).await?,
                write => match change(record, &session, &level, write).await? {
                    Some(change) => change,
                    None => return Err(row::no_row(record, &session).await),
                },
            };
            hook(record.after_save(&change)).await
        }
    }
}

/// Saves a record whose key is set. A query first finds out whether the row exists, because that decides which hooks
/// run before the statement. Then it is the same as without hooks: an UPDATE, and an INSERT if no row has the key.
async fn create_or_change<M: Model>(record: &mut M, session: &Session, level: &Level) -> Result<Change> {
    if row::exists(record, session).await? {
        if let Some(change) = change(record, session, level, Write::Update).await? {
            return Ok(change);
        }
        row::require_absent(record, session).await?;
    }
    create(record, session, level).await
}

async fn create<M: Model>(record: &mut M, session: &Session, level: &Level) -> Result<Change> {
    hook(record.before_create()).await?;
    row::insert(record, session).await?;
    let change = announce(record, level, ChangeKind::Inserted, (0..M::TABLE.columns.len()).collect())?;
    hook(record.after_create()).await?;
    Ok(change)
}

/// Returns `None` if no row has the record's key and version.
async fn change<M: Model>(record: &mut M, session: &Session, level: &Level, write: Write) -> Result<Option<Change>> {
    hook(record.before_update()).await?;
    let written = match write {
        Write::Columns(set) => row::update_columns(record, session, set).await?,
        _ => row::update(record, session)
            .await?
            .then(|| (0..M::TABLE.columns.len()).filter(|&n| !M::TABLE.is_key(n)).collect()),
    };
    let Some(ordinals) = written else { return Ok(None) };
    let change = announce(record, level, ChangeKind::Updated, ordinals)?;
    hook(record.after_update()).await?;
    Ok(Some(change))
}

async fn delete<M: Model>(record: &mut M, session: &Session, level: &Level, operation: Operation) -> Result<()> {
    hook(record.before_destroy()).await?;
    if !row::delete(record, session, operation).await? {
        return Err(row::no_row(record, session).await);
    }
    announce(record, level, ChangeKind::Deleted, (0..M::TABLE.columns.len()).collect())?;
    hook(record.after_destroy()).await
}

/// Registers the commit and rollback hooks with a copy of the record. The copy has the columns, not the `#[skip]`
/// fields.
fn announce<M: Model>(record: &M, level: &Level, kind: ChangeKind, ordinals: Vec<usize>) -> Result<Change> {
    let change = Change::new(kind, ordinals.into_iter().map(|ordinal| M::TABLE.columns[ordinal].name).collect());
    let (copy, copied) = (copy(record)?, change.clone());
    level.after_end(AfterEnd::new(move |committed| {
        Box::pin(async move {
            let call = if committed { hook(copy.after_commit(&copied)) } else { hook(copy.after_rollback(&copied)) };
            call.await
        })
    }));
    Ok(change)
}

/// Copies the record by the values of its columns, because a model need not be `Clone`.
fn copy<M: Model>(record: &M) -> Result<M> {
    M::from_row(&Row::new([].into(), values(record)), 0)
        .map_err(|error: Error| error.context("cannot copy the record for its after_commit hook"))
}
