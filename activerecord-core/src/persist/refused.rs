//! Which record of a bulk write the database refuses. It does not say, so the write is made again in parts, and undone.

use super::upsert::{Bulk, Chunk};
use crate::connection::Session;
use crate::error::{Error, ErrorKind, Result};
use crate::model::Model;
use crate::transaction::Transaction;

/// The error of a write of several records, with the index of the first one that is refused. Without it where that cannot be
/// found out: in a transaction that the error has ended, or when the record is not refused again.
pub(super) async fn with_index<M: Model>(error: Error, records: &[M], bulk: &Bulk, session: &Session) -> Error {
    if records.len() < 2 || !is_about_a_record(&error) {
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

/// Writes statement after statement; the first one that is refused is halved until one record is left.
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

/// Whether the database takes these records, which then stay for the search.
async fn is_taken<M: Model>(records: &[M], bulk: &Bulk, session: &Session) -> Result<bool> {
    let savepoint = Transaction::around_write(session).await?;
    match bulk.insert::<M>(Chunk::of(records, &bulk.limits), &savepoint.session()).await {
        Ok(_) => savepoint.commit().await.map(|()| true),
        Err(error) if is_about_a_record(&error) => savepoint.rollback().await.map(|()| false),
        Err(error) => Err(error),
    }
}
