//! Writes of many records, and upserts. No hooks run.

use std::collections::HashSet;

use super::equal;
use super::generated;
use super::key::{Left, key_is_unset};
use super::stamps::{self, Now, Stamp, stamped};
use super::{column, columns_of, of_model, refused};
use crate::connection::holds::{Cells, Held, check, held, is_strict};
use crate::connection::{Label, Route, Session, resolve, unique};
use crate::dialect::Dialect;
use crate::error::{Error, Result};
use crate::model::Model;
use crate::sql::{Operation, Sql, cached_insert, render_insert};
use crate::statement::{Conflict, Expr, Insert, Name};
use crate::transaction::Transaction;
use crate::value::Value;

/// Inserts the records. Returns the number of inserted rows.
pub(crate) async fn bulk_insert<M: Model>(records: &[M]) -> Result<u64> {
    write(records, None, "bulk insert").await
}

/// Inserts the records, and updates the rows that have the same `keys`. Returns the number of written records.
pub(crate) async fn upsert<M: Model>(records: &[M], keys: Vec<&'static str>) -> Result<u64> {
    if keys.is_empty() {
        return Err(Error::unsupported("an upsert needs the columns of a unique key").with_model(M::TABLE.model));
    }
    write(records, Some(keys), "upsert").await
}

/// Returns the update of an existing row. Every column takes the new value except the keys, the primary key and
/// `#[created_at]`; the version increments.
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

/// Removes the columns that the new rows leave to the database: an existing row keeps its values.
fn without<M: Model>(mut conflict: Conflict, left: &Left) -> Conflict {
    conflict.update.retain(|(column, _)| M::TABLE.ordinal(column).is_none_or(|ordinal| !left.has(ordinal)));
    conflict
}

async fn write<M: Model>(records: &[M], keys: Option<Vec<&'static str>>, operation: &'static str) -> Result<u64> {
    if records.is_empty() {
        return Ok(0);
    }
    let session = resolve(&Route::default(), M::TABLE)?;
    if let Some(keys) = &keys {
        unique::check(&session, M::TABLE.name, keys, Label::new(M::TABLE.model, operation)).await?;
        equal::check(records, keys, &session).await?;
    }
    let once = keys.iter().flatten().filter(|_| session.dialect().upserts_once);
    let once = once.filter_map(|key| M::TABLE.columns.iter().position(|def| def.name == *key)).collect();
    let held = held(&session, M::TABLE).await.map_err(of_model::<M>)?;
    let limits = Limits::new::<M>(session.dialect(), &held, once);
    let conflict = keys.map(|keys| conflict::<M>(&keys));
    let bulk = Bulk { held, limits, conflict, label: Label::new(M::TABLE.model, operation) };
    let first = Chunk::of(records, &bulk.limits);
    let written = match first.rows == records.len() {
        true => bulk.insert_checked::<M>(first, 0, &session).await,
        false => bulk.insert_all(records, first, &session).await,
    };
    match written {
        Ok(()) => {
            generated::follow_keys(records, &bulk.held, &session).await?;
            Ok(records.len() as u64)
        }
        Err(error) => {
            let error = refused::with_index(error, records, &bulk, &session).await;
            match error.is_unique_violation() && records.iter().all(key_is_unset) {
                true => Err(generated::explained::<M>(error, &session).await),
                false => Err(error),
            }
        }
    }
}

/// A write of many rows, and how its statements are built.
pub(super) struct Bulk {
    pub(super) limits: Limits,
    held: Held,
    conflict: Option<Conflict>,
    label: Label,
}

impl Bulk {
    /// Writes all records with several statements in one transaction.
    async fn insert_all<M: Model>(&self, records: &[M], first: Chunk, session: &Session) -> Result<()> {
        let transaction = Transaction::around_write(session).await?;
        let session = transaction.session();
        transaction
            .finish(async {
                let (mut chunk, mut written) = (first, 0);
                loop {
                    let first = written;
                    written += chunk.rows;
                    self.insert_checked::<M>(chunk, first, &session).await?;
                    if written == records.len() {
                        return Ok(());
                    }
                    chunk = Chunk::of(&records[written..], &self.limits);
                }
            })
            .await
    }

    /// Writes one statement, if the columns keep its values. `first` is the index of its first record.
    async fn insert_checked<M: Model>(&self, chunk: Chunk, first: usize, session: &Session) -> Result<()> {
        if is_strict(&self.held) {
            let columns: Vec<_> = chunk.left.written::<M>().collect();
            let cells = Cells { columns: &columns, values: &chunk.values, first: Some(first) };
            check(&self.held, session, M::TABLE, cells).await?;
        }
        self.insert::<M>(chunk, session).await
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
        let Chunk { values, rows, left } = chunk;
        let generated = left.key.map(column::<M>);
        let insert = |values| Insert {
            table: M::TABLE.name.into(),
            model: Some(M::TABLE),
            columns: columns_of::<M>(left.written::<M>()),
            values,
            forms: Vec::new(),
            conflict: self.conflict.clone().map(|conflict| without::<M>(conflict, &left)),
            returning: Vec::new(),
        };
        match (self.upsert_key::<M>(), left.bits()) {
            (Some(upsert), Some(left)) if rows <= MOST_CACHED_ROWS => {
                let operation = Operation::InsertRows { rows, left, upsert };
                let sql = cached_insert::<M>(dialect, operation, generated, || insert(values.clone()))?;
                sql.with_binds(values)
            }
            _ => render_insert(insert(values), generated, dialect),
        }
    }

    /// Returns a bit set of the columns in the upsert's key; 0 without an upsert. `None` if the text depends on more
    /// than these columns, or binds more than the rows' values.
    fn upsert_key<M: Model>(&self) -> Option<u64> {
        let Some(conflict) = &self.conflict else { return Some(0) };
        let bit = |key: &Name| M::TABLE.ordinal(key).filter(|ordinal| *ordinal < 64).map(|ordinal| 1 << ordinal);
        let bits: Option<u64> = conflict.keys.iter().try_fold(0, |bits, key| Some(bits | bit(key)?));
        bits.filter(|_| M::TABLE.version.is_none())
    }
}

/// The maximum number of rows for which the text of an INSERT is cached. For more rows, rendering is cheap compared
/// with the insert, and the texts for all numbers of rows would need much memory.
const MOST_CACHED_ROWS: usize = 128;

/// The limits of one INSERT.
pub(super) struct Limits {
    rows: usize,
    bytes: usize,
    now: Now,
    /// The columns of an upsert's key, if a statement must not contain the same key twice.
    once: Vec<usize>,
}

impl Limits {
    fn new<M: Model>(dialect: &'static Dialect, held: &Held, once: Vec<usize>) -> Self {
        // More than about 1,000 rows in a statement are not faster, and SQLite parses the whole VALUES list at once.
        const MOST_ROWS: usize = 1_000;
        // One bind is reserved: an upsert adds 1 to the version.
        let rows = ((dialect.capabilities().max_binds - 1) / M::TABLE.columns.len().max(1)).clamp(1, MOST_ROWS);
        Self { rows, bytes: dialect.bulk_bytes, now: Now::of(dialect, held), once }
    }
}

/// The values of one INSERT. All rows have the same columns.
pub(super) struct Chunk {
    values: Vec<Value>,
    pub(super) rows: usize,
    /// The columns that the rows leave to the database.
    left: Left,
}

impl Chunk {
    /// Takes as many of the first records as fit into one statement.
    pub(super) fn of<M: Model>(records: &[M], limits: &Limits) -> Self {
        let most = records.len().min(limits.rows) * M::TABLE.columns.len();
        let mut chunk = Self { values: Vec::with_capacity(most), rows: 0, left: Left::default() };
        let (mut bytes, mut seen) = (0, HashSet::new());
        for record in records {
            let stamps = stamps::of_insert(record, &limits.now);
            let left = Left::of(record, &stamps);
            // A row of values that the database supplies has no list of values, so it needs its own statement.
            let is_alone = left.ordinals().count() == M::TABLE.columns.len();
            let is_full = chunk.rows == limits.rows || is_alone || left != chunk.left;
            let is_twice = !limits.once.is_empty() && !seen.insert(fingerprint(record, &stamps, &limits.once));
            if chunk.rows > 0 && (is_full || is_twice) {
                break;
            }
            let start = chunk.values.len();
            chunk.values.extend(left.written::<M>().map(|ordinal| stamped(record, &stamps, ordinal)));
            bytes += chunk.values[start..].iter().map(size).sum::<usize>();
            if chunk.rows > 0 && bytes > limits.bytes {
                chunk.values.truncate(start);
                break;
            }
            chunk.left = left;
            chunk.rows += 1;
        }
        chunk
    }
}

/// Returns a text that is equal for rows with the same key. It is only compared, never shown.
pub(super) fn fingerprint<M: Model>(record: &M, stamps: &[Stamp], key: &[usize]) -> String {
    let values = key.iter().map(|&ordinal| match stamped(record, stamps, ordinal) {
        Value::Decimal(decimal) => Value::Decimal(decimal.normalize()),
        // Databases find the two zeros equal.
        Value::F32(0.0) => Value::F32(0.0),
        Value::F64(0.0) => Value::F64(0.0),
        value => value,
    });
    format!("{:?}", values.collect::<Vec<_>>())
}

/// Returns the approximate size of a value in bytes on the wire, with its type and length.
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
