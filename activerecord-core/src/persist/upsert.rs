//! Many rows at once, and rows that may be there already. No hooks run.

use std::any::TypeId;

use chrono::Utc;

use super::row::{self, Stamp};
use crate::connection::{Label, Route, Session, resolve};
use crate::error::{Error, Result};
use crate::model::Model;
use crate::sql::render;
use crate::statement::{Arithmetic, Conflict, Expr, Insert, Name, Statement};
use crate::transaction::Transaction;
use crate::value::Value;

/// Inserts the records; returns how many rows were inserted.
pub(crate) async fn bulk_insert<M: Model>(records: &[M]) -> Result<u64> {
    write(records, None, "bulk insert").await
}

/// Inserts the records, and updates those whose `keys` are taken; returns how many records were written.
pub(crate) async fn upsert<M: Model>(records: &[M], keys: Vec<&'static str>) -> Result<u64> {
    if keys.is_empty() {
        return Err(Error::unsupported("an upsert needs the columns of a unique key").with_model(M::TABLE.model));
    }
    write(records, Some(conflict::<M>(&keys)), "upsert").await
}

/// What becomes of a row that is there: every column takes the new value, save for the keys, the primary key and the time
/// of the insert; the version counts on.
fn conflict<M: Model>(keys: &[&'static str]) -> Conflict {
    let table = M::TABLE;
    let taken = |ordinal: usize| keys.contains(&table.columns[ordinal].name);
    let kept = |ordinal: &usize| !taken(*ordinal) && !table.is_key(*ordinal) && table.created_at != Some(*ordinal);
    let update = (0..table.columns.len()).filter(kept).map(|ordinal| {
        let def = &table.columns[ordinal];
        let one = || Box::new(Expr::Value(Value::I32(1)));
        let value = match table.version {
            Some(version) if version == ordinal => Expr::Arithmetic(Box::new(def.into()), Arithmetic::Add, one()),
            _ => Expr::Excluded(def.name.into()),
        };
        (Name::from(def.name), value)
    });
    Conflict { keys: keys.iter().map(|key| Name::from(*key)).collect(), update: update.collect() }
}

async fn write<M: Model>(records: &[M], conflict: Option<Conflict>, operation: &'static str) -> Result<u64> {
    if records.is_empty() {
        return Ok(0);
    }
    let session = resolve(&Route::default(), TypeId::of::<M>(), M::TABLE)?;
    let chunks = chunks(records, session.dialect().capabilities().max_binds);
    let label = Label::new(M::TABLE.model, operation);
    if let [chunk] = &chunks[..] {
        return insert(chunk, conflict.as_ref(), &session, label).await;
    }
    // More than one statement: all or none.
    let transaction = Transaction::around_write(&session).await?;
    let session = Session::Transaction(std::sync::Arc::clone(transaction.level()));
    transaction
        .finish(async {
            let mut written = 0;
            for chunk in &chunks {
                written += insert(chunk, conflict.as_ref(), &session, label).await?;
            }
            Ok(written)
        })
        .await
}

/// Records that one INSERT can take: they all have the same columns.
struct Chunk<'r, M> {
    records: Vec<(&'r M, Vec<Stamp>)>,
    /// The key's ordinal, when the database is to generate it.
    generated: Option<usize>,
}

fn chunks<M: Model>(records: &[M], max_binds: usize) -> Vec<Chunk<'_, M>> {
    // SQLite parses a long VALUES list in one go; past about a thousand rows there is nothing more to win.
    const MOST_ROWS: usize = 1_000;
    // One value is left for an upsert, which adds 1 to the version.
    let most = ((max_binds - 1) / M::TABLE.columns.len().max(1)).clamp(1, MOST_ROWS);
    let now = Utc::now();
    let mut chunks: Vec<Chunk<'_, M>> = Vec::new();
    for record in records {
        let stamps = row::insert_stamps(record, now);
        let generated = row::generated_key(record, &stamps);
        // A row of nothing but a generated key is all of its statement: there is no list of values to add to.
        let most = if generated.is_some() && M::TABLE.columns.len() == 1 { 1 } else { most };
        let open = chunks.last_mut().filter(|chunk| chunk.generated == generated && chunk.records.len() < most);
        match open {
            Some(chunk) => chunk.records.push((record, stamps)),
            None => chunks.push(Chunk { records: vec![(record, stamps)], generated }),
        }
    }
    chunks
}

async fn insert<M: Model>(
    chunk: &Chunk<'_, M>,
    conflict: Option<&Conflict>,
    session: &Session,
    label: Label,
) -> Result<u64> {
    let ordinals: Vec<_> = (0..M::TABLE.columns.len()).filter(|ordinal| Some(*ordinal) != chunk.generated).collect();
    let mut values = Vec::with_capacity(ordinals.len() * chunk.records.len());
    for (record, stamps) in &chunk.records {
        values.extend(ordinals.iter().map(|&ordinal| row::stamped(*record, stamps, ordinal)));
    }
    let statement = Insert {
        table: M::TABLE.name.into(),
        columns: ordinals.iter().map(|&ordinal| M::TABLE.columns[ordinal].name.into()).collect(),
        values,
        conflict: conflict.cloned(),
        returning: Vec::new(),
    };
    let sql = render(Statement::Insert(statement), session.dialect())?;
    session.execute(&sql, label).await?;
    Ok(chunk.records.len() as u64)
}
