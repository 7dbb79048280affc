//! How far a job has come, kept in the target: written in the transaction of the rows that it speaks of.

use activerecord_core::{ActiveRecord, ConnectionHandle, Result, Scalar, Value, ValueType};
use activerecord_derive::ActiveRecord;
use chrono::{DateTime, Utc};

use super::range::Range;
use super::side::{Side, Values};
use crate::clock::about_now;
use crate::json;
use crate::tables::{OwnTable, install};

/// A row of `ar_checkpoints`.
#[derive(ActiveRecord, Clone, Debug, Default)]
#[activerecord(crate = activerecord_core)]
#[table = "ar_checkpoints"]
pub(crate) struct Checkpoint {
    #[primary_key]
    job: String,
    /// Of a full copy in several ranges of keys, which one this is; else 0. Below it is that of tombstones.
    #[primary_key]
    part: i32,
    /// As JSON: every row whose watermark is smaller has been copied.
    watermark: Option<String>,
    /// As JSON: the key of the source up to which a full copy that is under way has come.
    position: Option<String>,
    /// As JSON: the key of the source up to which a range goes; None: to the end.
    through: Option<String>,
    updated_at: DateTime<Utc>,
}

impl OwnTable for Checkpoint {}

impl Checkpoint {
    /// Those of a job that is under way: none before its first batch.
    pub(crate) async fn load(connection: &ConnectionHandle, job: &str) -> Result<Vec<Self>> {
        install::<Self>(connection).await?;
        Self::using(connection.name())
            .filter(Self::JOB.eq(job) & Self::PART.ge(0))
            .order_by(Self::PART.asc())
            .all()
            .await
    }

    /// Those of a job that has not begun, with a range up to each of these keys of the source, and one behind them all.
    pub(crate) fn new(job: &str, ends: &[Values]) -> Result<Vec<Self>> {
        let mut new = Vec::with_capacity(ends.len() + 1);
        let mut position = None;
        for (part, end) in (0..).zip(ends.iter().map(Some).chain([None])) {
            let through = end.map(|end| written(end.as_slice())).transpose()?;
            new.push(Self { job: job.to_owned(), part, position, through: through.clone(), ..Self::default() });
            position = through;
        }
        Ok(new)
    }

    /// How far the tombstones of a job were read.
    pub(crate) async fn of_tombstones(connection: &ConnectionHandle, job: &str) -> Result<Self> {
        const PART: i32 = -1;
        install::<Self>(connection).await?;
        let found = Self::using(connection.name()).filter(Self::JOB.eq(job) & Self::PART.eq(PART)).all().await?.pop();
        Ok(found.unwrap_or_else(|| Self { job: job.to_owned(), part: PART, ..Self::default() }))
    }

    /// Writes it, in the transaction of this task.
    pub(crate) async fn save(&mut self, connection: &ConnectionHandle) -> Result<()> {
        self.updated_at = about_now(connection).await?;
        Self::with_connection(connection.name(), async || Self::insert_or_update(self, (Self::JOB, Self::PART)).await)
            .await
    }

    /// It is not needed any more.
    pub(crate) async fn remove(&self, connection: &ConnectionHandle) -> Result<()> {
        let this = Self::JOB.eq(self.job.as_str()) & Self::PART.eq(self.part);
        Self::using(connection.name()).filter(this).delete().await.map(drop)
    }

    /// Forgets how far the job has come: its next run reads everything.
    pub(crate) async fn forget(connection: &ConnectionHandle, job: &str) -> Result<()> {
        install::<Self>(connection).await?;
        Self::using(connection.name()).filter(Self::JOB.eq(job)).delete().await.map(drop)
    }

    pub(crate) fn watermark(&self, ty: ValueType) -> Result<Option<Value>> {
        self.watermark.as_deref().map(|text| read(text, ty)).transpose()
    }

    /// It only grows.
    pub(crate) fn set_watermark(&mut self, value: &Value) -> Result<()> {
        if self.watermark(value.ty())?.is_none_or(|known| !is_behind(value, &known)) {
            self.watermark = Some(write(value)?);
        }
        Ok(())
    }

    /// What is still to be copied.
    pub(crate) fn range(&self, source: &Side) -> Result<Range> {
        let key = |text: &Option<String>| text.as_deref().map(|text| key(text, source)).transpose();
        Ok(Range { after: key(&self.position)?, through: key(&self.through)? })
    }

    pub(crate) fn set_position(&mut self, place: Option<&[Value]>) -> Result<()> {
        self.position = place.map(written).transpose()?;
        Ok(())
    }

    /// Ends where the one of the same range does.
    pub(crate) fn end_as(&mut self, others: &[Self]) {
        if let Some(other) = others.iter().find(|other| other.part == self.part) {
            self.through.clone_from(&other.through);
        }
    }

    /// As a person reads it.
    pub(crate) fn shown(&self) -> Option<String> {
        self.watermark.clone()
    }
}

/// The values of the source's key.
fn key(text: &str, source: &Side) -> Result<Values> {
    let parts: Vec<serde_json::Value> = json::read(text, || "the position of a job".to_owned())?;
    let typed = source.key.iter().zip(&parts).map(|(&key, json)| Value::from_json(json, source.columns[key].ty));
    typed.collect()
}

fn written(key: &[Value]) -> Result<String> {
    let parts: Vec<_> = key.iter().map(Value::to_json).collect();
    json::write(&parts, || "the position of a job".to_owned())
}

fn read(text: &str, ty: ValueType) -> Result<Value> {
    Value::from_json(&json::read(text, || "the watermark of a job".to_owned())?, ty)
}

fn write(value: &Value) -> Result<String> {
    json::write(&value.to_json(), || "the watermark of a job".to_owned())
}

/// Whether a watermark that was held back by the limit is behind the last run's.
fn is_behind(reached: &Value, known: &Value) -> bool {
    match (reached, known) {
        (Value::Timestamp(reached), Value::Timestamp(known)) => reached < known,
        (Value::DateTime(reached), Value::DateTime(known)) => reached < known,
        // What has no limit comes in its order.
        _ => false,
    }
}
