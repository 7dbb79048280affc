//! The checkpoints of a job, in the target: each is written in the transaction of the rows that it describes.

use activerecord_core::statement::CreateTable;
use activerecord_core::{ActiveRecord, ConnectionHandle, Result, Scalar, Value, ValueType};
use activerecord_derive::ActiveRecord;
use activerecord_distributed::support::{OwnTable, about_now, install, json};
use chrono::{DateTime, Utc};

use super::order::{Order, Place};
use super::range::Range;
use super::side::Side;

/// A row of `ar_checkpoints`.
#[derive(ActiveRecord, Clone, Debug, Default)]
#[activerecord(crate = activerecord_core)]
#[table = "ar_checkpoints"]
pub(crate) struct Checkpoint {
    #[primary_key]
    job: String,
    /// The number of the range, in a full copy of several ranges; otherwise 0. The tombstones have -1.
    #[primary_key]
    part: i32,
    /// As JSON: all rows with a smaller watermark have been copied.
    watermark: Option<String>,
    /// As JSON: the last key of the source that an unfinished full copy has copied.
    position: Option<String>,
    /// As JSON: the last key of the range; None is the end of the table.
    through: Option<String>,
    updated_at: DateTime<Utc>,
    /// The identity of the target's table: a table that was dropped and made again has another one.
    target: Option<String>,
}

impl OwnTable for Checkpoint {}

impl Checkpoint {
    /// The checkpoints of a job. None before its first batch.
    pub(crate) async fn load(connection: &ConnectionHandle, job: &str) -> Result<Vec<Self>> {
        install::<Self>(connection).await?;
        Self::using(connection.name())
            .filter(Self::JOB.eq(job) & Self::PART.ge(0))
            .order_by(Self::PART.asc())
            .all()
            .await
    }

    /// New checkpoints: one for the range up to each of these keys of the source, and one for the rest.
    pub(crate) fn new(job: &str, ends: &[Place], order: &Order) -> Result<Vec<Self>> {
        let mut new = Vec::with_capacity(ends.len() + 1);
        let mut position = None;
        for (part, end) in (0..).zip(ends.iter().map(Some).chain([None])) {
            let through = end.map(|end| written(end, order)).transpose()?;
            new.push(Self { job: job.to_owned(), part, position, through: through.clone(), ..Self::default() });
            position = through;
        }
        Ok(new)
    }

    /// The checkpoint of the tombstones of a job.
    pub(crate) async fn of_tombstones(connection: &ConnectionHandle, job: &str) -> Result<Self> {
        Self::of_part(connection, job, -1).await
    }

    /// The checkpoint of a job that replaces its table as a whole.
    pub(crate) async fn of_whole(connection: &ConnectionHandle, job: &str) -> Result<Self> {
        Self::of_part(connection, job, -2).await
    }

    async fn of_part(connection: &ConnectionHandle, job: &str, part: i32) -> Result<Self> {
        install::<Self>(connection).await?;
        let found = Self::using(connection.name()).filter(Self::JOB.eq(job) & Self::PART.eq(part)).all().await?.pop();
        Ok(found.unwrap_or_else(|| Self { job: job.to_owned(), part, ..Self::default() }))
    }

    /// Whether it can speak of the table with this identity. A checkpoint of a former release does not say it.
    pub(crate) fn can_be_of(&self, table: Option<&str>) -> bool {
        self.target.is_none() || self.target.as_deref() == table
    }

    pub(crate) fn belongs_to(&mut self, table: Option<String>) {
        self.target = table;
    }

    /// Whether the table is the one that this job has written to. A checkpoint of a former release does not say it.
    pub(crate) async fn is_of(&self, target: &Side) -> Result<bool> {
        Ok(self.target.is_some() && self.target == identity(target).await?)
    }

    /// Remembers the table.
    pub(crate) async fn mark(&mut self, target: &Side) -> Result<()> {
        self.target = identity(target).await?;
        Ok(())
    }

    /// Writes it in the current transaction.
    pub(crate) async fn save(&mut self, connection: &ConnectionHandle) -> Result<()> {
        self.updated_at = about_now(connection).await?;
        Self::with_connection(connection.name(), async || Self::insert_or_update(self, (Self::JOB, Self::PART)).await)
            .await
    }

    /// Deletes it.
    pub(crate) async fn remove(&self, connection: &ConnectionHandle) -> Result<()> {
        let this = Self::JOB.eq(self.job.as_str()) & Self::PART.eq(self.part);
        Self::using(connection.name()).filter(this).delete().await.map(drop)
    }

    /// Deletes all checkpoints of a job: its next run reads everything.
    pub(crate) async fn delete_all(connection: &ConnectionHandle, job: &str) -> Result<()> {
        install::<Self>(connection).await?;
        Self::using(connection.name()).filter(Self::JOB.eq(job)).delete().await.map(drop)
    }

    pub(crate) fn watermark(&self, ty: ValueType) -> Result<Option<Value>> {
        self.watermark.as_deref().map(|text| read(text, ty)).transpose()
    }

    /// Sets the watermark, unless the known one is greater.
    pub(crate) fn set_watermark(&mut self, value: &Value) -> Result<()> {
        if self.watermark(value.ty())?.is_none_or(|known| !is_behind(value, &known)) {
            self.watermark = Some(write(value)?);
        }
        Ok(())
    }

    /// The range that remains to be copied. A position of a former release that says nothing of the order is forgotten: the
    /// range is then copied from its beginning.
    pub(crate) fn range(&self, source: &Side) -> Result<Range> {
        let place = |text: &Option<String>| text.as_deref().map_or(Ok(None), |text| place(text, source));
        Ok(Range { after: place(&self.position)?, through: place(&self.through)? })
    }

    /// Whether its places can be read.
    pub(crate) fn is_readable(&self, source: &Side) -> bool {
        self.range(source).is_ok_and(|range| {
            range.after.is_some() == self.position.is_some() && range.through.is_some() == self.through.is_some()
        })
    }

    pub(crate) fn set_position(&mut self, place: Option<&[Value]>, order: &Order) -> Result<()> {
        self.position = place.map(|place| written(place, order)).transpose()?;
        Ok(())
    }

    /// Takes the end of the checkpoint of the same part.
    pub(crate) fn end_as(&mut self, others: &[Self]) {
        if let Some(other) = others.iter().find(|other| other.part == self.part) {
            self.through.clone_from(&other.through);
        }
    }

    pub(crate) fn watermark_as_json(&self) -> Option<String> {
        self.watermark.clone()
    }
}

/// What tells a table from one of the same name that is made later. None: the database does not say it.
pub(super) async fn identity(side: &Side) -> Result<Option<String>> {
    let query = side.connection.dialect().table_identity();
    let name = side.connection.dialect().quoted_name(&side.table);
    let binds = vec![Value::Text(name); query.matches('?').count()];
    let rows = side.connection.query(query, binds).await?;
    rows.first().map_or(Ok(None), |row| row.get(0))
}

/// Reads a place in the order of the source's key. None: it has another form.
fn place(text: &str, source: &Side) -> Result<Option<Place>> {
    let parts: Vec<serde_json::Value> = json::read(text, || "the position of a job".to_owned())?;
    let order = source.key_order();
    let typed = order.types().zip(&parts).map(|(ty, json)| match ty {
        Some(ty) => Value::from_json(json, ty).map(Some),
        None => tagged(json),
    });
    typed.collect()
}

fn written(place: &[Value], order: &Order) -> Result<String> {
    let part = |(ty, value): (Option<ValueType>, &Value)| ty.map_or_else(|| tag(value), |_| value.to_json());
    let parts: Vec<_> = order.types().zip(place).map(part).collect();
    json::write(&parts, || "the position of a job".to_owned())
}

/// A value with its type, where the column does not say it.
fn tag(value: &Value) -> serde_json::Value {
    match value {
        Value::F64(number) => serde_json::json!({ value.ty().name(): format!("{number:?}") }),
        value => serde_json::json!({ value.ty().name(): value.to_json() }),
    }
}

fn tagged(json: &serde_json::Value) -> Result<Option<Value>> {
    const TYPES: [ValueType; 6] =
        [ValueType::I64, ValueType::U64, ValueType::F64, ValueType::Text, ValueType::Bytes, ValueType::Decimal];
    let Some((name, value)) = json.as_object().and_then(|object| object.iter().next()) else { return Ok(None) };
    match TYPES.iter().find(|ty| ty.name() == *name) {
        Some(ty) => Value::from_json(value, *ty).map(Some),
        None => Ok(None),
    }
}

fn read(text: &str, ty: ValueType) -> Result<Value> {
    Value::from_json(&json::read(text, || "the watermark of a job".to_owned())?, ty)
}

fn write(value: &Value) -> Result<String> {
    json::write(&value.to_json(), || "the watermark of a job".to_owned())
}

/// Whether a watermark, which the limit can hold back, is less than the one of the last run.
fn is_behind(reached: &Value, known: &Value) -> bool {
    match (reached, known) {
        (Value::Timestamp(reached), Value::Timestamp(known)) => reached < known,
        (Value::DateTime(reached), Value::DateTime(known)) => reached < known,
        // Watermarks of other types have no limit, and arrive in their order.
        _ => false,
    }
}

pub(crate) fn definition() -> CreateTable {
    Checkpoint::definition()
}
