//! The verbs that write a value.

use activerecord::prelude::*;
use test_support::Database;

use super::{Holder, Outcome, read};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Insert,
    Save,
    Update,
    UpdateColumns,
    BulkInsert,
    InsertOrUpdate,
    UpdateRows,
    Transaction,
    Savepoint,
}

const VERBS: [Verb; 9] = [
    Verb::Insert,
    Verb::Save,
    Verb::Update,
    Verb::UpdateColumns,
    Verb::BulkInsert,
    Verb::InsertOrUpdate,
    Verb::UpdateRows,
    Verb::Transaction,
    Verb::Savepoint,
];

pub(super) fn nth(n: usize) -> Verb {
    VERBS[n % VERBS.len()]
}

/// Writes a value by a verb. Returns the outcome, and the error as text.
pub(super) async fn written<H: Holder>(
    db: &Database,
    verb: Verb,
    id: i64,
    value: &H::Field,
) -> Result<(Outcome, String)> {
    let mut record = H::of(id, value);
    if matches!(verb, Verb::Update | Verb::UpdateColumns | Verb::UpdateRows | Verb::Transaction) {
        connection(db)?.execute("INSERT INTO held (id) VALUES (?)", [id]).await?;
    }
    let written = transaction(db, async || match verb {
        Verb::Insert => record.insert().await,
        Verb::Save => record.save().await,
        Verb::Update => record.update().await,
        Verb::UpdateColumns => record.update_columns(H::assign(value)).await,
        Verb::BulkInsert => H::bulk_insert(&[record]).await.map(drop),
        Verb::InsertOrUpdate => H::bulk_insert_or_update(&[record], H::unique()).await.map(drop),
        Verb::UpdateRows => H::filter_raw("id = ?", [id]).update(H::assign(value)).await.map(drop),
        Verb::Transaction => in_transaction(db, &mut record).await,
        Verb::Savepoint => transaction(db, async || transaction(db, async || record.insert().await).await).await,
    });
    Ok(match written.await {
        Ok(()) => (read::<H>(db, id, value).await, String::new()),
        Err(error) if error.is_conversion() && error.sql().is_none() => (Outcome::Caught, error.to_string()),
        Err(error) => (Outcome::Refused, error.to_string()),
    })
}

async fn in_transaction<H: Holder>(db: &Database, record: &mut H) -> Result<()> {
    let tx = Transaction::begin(&**db).await?;
    tx.update(record).await?;
    tx.commit().await
}
