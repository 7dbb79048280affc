//! Many rows at once, and rows that may be there already. No hooks run.

use std::collections::HashSet;

use chrono::{DateTime, Utc};

use super::refused;
use super::row;
use super::stamps::{self, Stamp, stamped};
use crate::connection::{Label, Route, Session, resolve, unique};
use crate::dialect::Dialect;
use crate::error::{Error, Result};
use crate::model::Model;
use crate::sql::{Access, Operation, Sql, cached, render};
use crate::statement::{Conflict, Expr, Insert, Name, Statement};
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
    write(records, Some(keys), "upsert").await
}

/// What becomes of a row that is there: every column takes the new value, save for the keys, the primary key and the time
/// of the insert; the version counts on.
fn conflict<M: Model>(keys: &[&'static str]) -> Conflict {
    let table = M::TABLE;
    let taken = |ordinal: usize| keys.contains(&table.columns[ordinal].name);
    let kept = |ordinal: &usize| !taken(*ordinal) && !table.is_key(*ordinal) && table.created_at != Some(*ordinal);
    let update = (0..table.columns.len()).filter(kept).map(|ordinal| {
        let def = &table.columns[ordinal];
        let value = match table.version {
            Some(version) if version == ordinal => stamps::next_version(def),
            _ => Expr::Excluded(def.name.into()),
        };
        (Name::from(def.name), value)
    });
    Conflict { keys: keys.iter().map(|key| Name::from(*key)).collect(), update: update.collect() }
}

async fn write<M: Model>(records: &[M], keys: Option<Vec<&'static str>>, operation: &'static str) -> Result<u64> {
    if records.is_empty() {
        return Ok(0);
    }
    let session = resolve(&Route::default(), M::TABLE)?;
    if let Some(keys) = &keys {
        unique::check(&session, M::TABLE.name, keys, Label::new(M::TABLE.model, operation)).await?;
    }
    let once = keys.iter().flatten().filter(|_| session.dialect().upserts_once);
    let once = once.filter_map(|key| M::TABLE.columns.iter().position(|def| def.name == *key)).collect();
    let limits = Limits::new::<M>(session.dialect(), once);
    let conflict = keys.map(|keys| conflict::<M>(&keys));
    let bulk = Bulk { limits, conflict, label: Label::new(M::TABLE.model, operation) };
    let first = Chunk::of(records, &bulk.limits);
    let written = match first.rows == records.len() {
        true => bulk.insert::<M>(first, &session).await,
        false => bulk.insert_all(records, first, &session).await,
    };
    match written {
        Ok(()) => Ok(records.len() as u64),
        Err(error) => Err(refused::with_index(error, records, &bulk, &session).await),
    }
}

/// A write of many rows: how its statements are made.
pub(super) struct Bulk {
    pub(super) limits: Limits,
    conflict: Option<Conflict>,
    label: Label,
}

impl Bulk {
    /// Writes more than one statement: all or none.
    async fn insert_all<M: Model>(&self, records: &[M], first: Chunk, session: &Session) -> Result<()> {
        let transaction = Transaction::around_write(session).await?;
        let session = transaction.session();
        transaction
            .finish(async {
                let (mut chunk, mut written) = (first, 0);
                loop {
                    written += chunk.rows;
                    self.insert::<M>(chunk, &session).await?;
                    if written == records.len() {
                        return Ok(());
                    }
                    chunk = Chunk::of(&records[written..], &self.limits);
                }
            })
            .await
    }

    /// Writes one statement.
    pub(super) async fn insert<M: Model>(&self, chunk: Chunk, session: &Session) -> Result<()> {
        let sql = self.sql::<M>(chunk, session.dialect())?;
        match session.execute(&sql, self.label).await {
            Err(error) if self.conflict.is_some() => Err(unique::settle(error, session)),
            result => result.map(drop),
        }
    }

    fn sql<M: Model>(&self, chunk: Chunk, dialect: &'static Dialect) -> Result<Sql> {
        let Chunk { values, rows, generated } = chunk;
        let statement = |values| {
            let ordinals = (0..M::TABLE.columns.len()).filter(|ordinal| Some(*ordinal) != generated);
            Statement::Insert(Insert {
                table: M::TABLE.name.into(),
                columns: ordinals.map(|ordinal| M::TABLE.columns[ordinal].name.into()).collect(),
                values,
                conflict: self.conflict.clone(),
                returning: Vec::new(),
            })
        };
        match self.upsert_key::<M>() {
            Some(upsert) if rows <= MOST_CACHED_ROWS => {
                let operation = Operation::InsertRows { rows, with_key: generated.is_none(), upsert };
                let text = cached::<M>(dialect, operation, || statement(values.clone()))?;
                Ok(Sql::new(text, values, Access::Write))
            }
            _ => render(statement(values), dialect),
        }
    }

    /// The bits of the columns of the upsert's key, 0 without one. None when the text does not depend on them alone, or
    /// binds more than the rows' values.
    fn upsert_key<M: Model>(&self) -> Option<u64> {
        let Some(conflict) = &self.conflict else { return Some(0) };
        let bit = |key: &Name| M::TABLE.ordinal(key).filter(|ordinal| *ordinal < 64).map(|ordinal| 1 << ordinal);
        let bits: Option<u64> = conflict.keys.iter().try_fold(0, |bits, key| Some(bits | bit(key)?));
        bits.filter(|_| M::TABLE.version.is_none())
    }
}

/// The text of an INSERT of more rows than this is rendered anew each time: that takes little beside the insert itself, and
/// the texts of all numbers of rows would take much memory.
const MOST_CACHED_ROWS: usize = 128;

/// How much one INSERT takes.
pub(super) struct Limits {
    rows: usize,
    bytes: usize,
    now: DateTime<Utc>,
    /// The key of an upsert that may not come twice in a statement.
    once: Vec<usize>,
}

impl Limits {
    fn new<M: Model>(dialect: &Dialect, once: Vec<usize>) -> Self {
        // SQLite parses a long VALUES list in one go; past about a thousand rows there is nothing more to win.
        const MOST_ROWS: usize = 1_000;
        // One value is left for an upsert, which adds 1 to the version.
        let rows = ((dialect.capabilities().max_binds - 1) / M::TABLE.columns.len().max(1)).clamp(1, MOST_ROWS);
        Self { rows, bytes: dialect.bulk_bytes, now: Utc::now(), once }
    }
}

/// The values of records that one INSERT can take: they all have the same columns.
pub(super) struct Chunk {
    values: Vec<Value>,
    pub(super) rows: usize,
    /// The key's ordinal, when the database is to generate it.
    generated: Option<usize>,
}

impl Chunk {
    /// As many of the first records as go into one statement.
    pub(super) fn of<M: Model>(records: &[M], limits: &Limits) -> Self {
        let most = records.len().min(limits.rows) * M::TABLE.columns.len();
        let mut chunk = Self { values: Vec::with_capacity(most), rows: 0, generated: None };
        let (mut bytes, mut seen) = (0, HashSet::new());
        for record in records {
            let stamps = stamps::of_insert(record, limits.now);
            let generated = row::generated_key(record, &stamps);
            // A row of nothing but a generated key is all of its statement: there is no list of values to add to.
            let is_alone = generated.is_some() && M::TABLE.columns.len() == 1;
            let is_full = chunk.rows == limits.rows || is_alone || generated != chunk.generated;
            let is_twice = !limits.once.is_empty() && !seen.insert(fingerprint(record, &stamps, &limits.once));
            if chunk.rows > 0 && (is_full || is_twice) {
                break;
            }
            let start = chunk.values.len();
            let ordinals = (0..M::TABLE.columns.len()).filter(|ordinal| Some(*ordinal) != generated);
            chunk.values.extend(ordinals.map(|ordinal| stamped(record, &stamps, ordinal)));
            bytes += chunk.values[start..].iter().map(size).sum::<usize>();
            if chunk.rows > 0 && bytes > limits.bytes {
                chunk.values.truncate(start);
                break;
            }
            chunk.generated = generated;
            chunk.rows += 1;
        }
        chunk
    }
}

/// The same for rows of the same key. It is only compared, never shown.
fn fingerprint<M: Model>(record: &M, stamps: &[Stamp], key: &[usize]) -> String {
    let values = key.iter().map(|&ordinal| match stamped(record, stamps, ordinal) {
        Value::Decimal(decimal) => Value::Decimal(decimal.normalize()),
        value => value,
    });
    format!("{:?}", values.collect::<Vec<_>>())
}

/// About how many bytes a value is on its way, with what says its type and its length.
fn size(value: &Value) -> usize {
    const HEAD: usize = 6;
    HEAD + match value {
        Value::Null(_) => 0,
        Value::Text(text) | Value::Json(text) => text.len(),
        Value::Bytes(bytes) => bytes.len(),
        Value::Array(_, values) => values.iter().map(size).sum(),
        Value::Decimal(_) | Value::Uuid(_) => 16,
        _ => 8,
    }
}
