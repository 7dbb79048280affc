//! Finds the record that makes a bulk write fail. Databases do not report it, so the write is repeated in parts in a
//! transaction that is rolled back.

use super::upsert::{Bulk, Chunk};
use crate::connection::Session;
use crate::error::{Error, ErrorKind, Result};
use crate::model::Model;
use crate::transaction::Transaction;

/// Adds the index of the first refused record to the error of a bulk write. The index is missing if the error has ended
/// the transaction, or if the repeated write succeeds.
pub(super) async fn with_index<M: Model>(error: Error, records: &[M], bulk: &Bulk, session: &Session) -> Error {
    if records.len() < 2 || error.record_index().is_some() || !is_about_a_record(&error) {
        return error;
    }
    match find(records, bulk, session).await {
        Ok(Some(index)) => error.with_record_index(index),
        _ => error,
    }
}

fn is_about_a_record(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::UniqueViolation
            | ErrorKind::ForeignKeyViolation
            | ErrorKind::NotNullViolation
            | ErrorKind::CheckViolation
            | ErrorKind::Conversion
    )
}

async fn find<M: Model>(records: &[M], bulk: &Bulk, session: &Session) -> Result<Option<usize>> {
    let transaction = Transaction::around_write(session).await?;
    let found = search(records, bulk, &transaction.session()).await;
    transaction.rollback().await?;
    found
}

/// Writes statement after statement. Halves the first one that fails until one record is left.
async fn search<M: Model>(records: &[M], bulk: &Bulk, session: &Session) -> Result<Option<usize>> {
    let mut start = 0;
    while start < records.len() {
        let mut rows = Chunk::of(&records[start..], &bulk.limits).rows;
        if is_taken(&records[start..start + rows], bulk, session).await? {
            start += rows;
            continue;
        }
        while rows > 1 {
            let half = rows / 2;
            if is_taken(&records[start..start + half], bulk, session).await? {
                start += half;
                rows -= half;
            } else {
                rows = half;
            }
        }
        return Ok(Some(start));
    }
    Ok(None)
}

/// Returns true if the database accepts these records. They stay written for the rest of the search.
async fn is_taken<M: Model>(records: &[M], bulk: &Bulk, session: &Session) -> Result<bool> {
    let savepoint = Transaction::around_write(session).await?;
    match bulk.insert::<M>(Chunk::of(records, &bulk.limits), &savepoint.session()).await {
        Ok(_) => savepoint.commit().await.map(|()| true),
        Err(error) if is_about_a_record(&error) => savepoint.rollback().await.map(|()| false),
        Err(error) => Err(error),
    }
}
