//! How far a job has come, kept in the target: written in the transaction of the rows that it speaks of.

use activerecord_core::{ActiveRecord, ConnectionHandle, Result, Scalar, Value, ValueType};
use activerecord_derive::ActiveRecord;
use chrono::{DateTime, Utc};

use super::side::{Side, Values};
use crate::clock::about_now;
use crate::json;
use crate::store::{Kept, install};

/// A row of `ar_checkpoints`.
#[derive(ActiveRecord, Clone, Debug, Default)]
#[activerecord(crate = activerecord_core)]
#[table = "ar_checkpoints"]
pub(crate) struct Checkpoint {
    #[primary_key]
    pub(crate) job: String,
    /// As JSON: every row whose watermark is smaller has been copied.
    watermark: Option<String>,
    /// As JSON: the key of the source up to which a full copy that is under way has come.
    position: Option<String>,
    updated_at: DateTime<Utc>,
}

impl Kept for Checkpoint {}

impl Checkpoint {
    /// The job's, or one at the beginning.
    pub(crate) async fn load(connection: &ConnectionHandle, job: &str) -> Result<Self> {
        install::<Self>(connection).await?;
        let found = Self::using(connection.name()).filter(Self::JOB.eq(job)).all().await?.pop();
        Ok(found.unwrap_or_else(|| Self { job: job.to_owned(), ..Self::default() }))
    }

    /// Writes it, in the transaction of this task.
    pub(crate) async fn save(&mut self, connection: &ConnectionHandle) -> Result<()> {
        self.updated_at = about_now(connection).await?;
        Self::with_connection(connection.name(), async || Self::insert_or_update(self, [Self::JOB]).await).await
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
        self.watermark = Some(write(value)?);
        Ok(())
    }

    /// The values of the source's key.
    pub(crate) fn position(&self, source: &Side) -> Result<Option<Values>> {
        let Some(text) = &self.position else { return Ok(None) };
        let parts: Vec<serde_json::Value> = json::read(text, || "the position of a job".to_owned())?;
        let typed = source.key.iter().zip(&parts).map(|(&key, json)| Value::from_json(json, source.columns[key].ty));
        typed.collect::<Result<_>>().map(Some)
    }

    pub(crate) fn set_position(&mut self, place: Option<&[Value]>) -> Result<()> {
        let parts = place.map(|values| values.iter().map(Value::to_json).collect::<Vec<_>>());
        self.position = parts.map(|parts| json::write(&parts, || "the position of a job".to_owned())).transpose()?;
        Ok(())
    }

    /// Whether nothing has been copied yet.
    pub(crate) fn is_new(&self) -> bool {
        self.watermark.is_none() && self.position.is_none()
    }

    /// As a person reads it.
    pub(crate) fn shown(&self) -> Option<String> {
        self.watermark.clone()
    }
}

fn read(text: &str, ty: ValueType) -> Result<Value> {
    Value::from_json(&json::read(text, || "the watermark of a job".to_owned())?, ty)
}

fn write(value: &Value) -> Result<String> {
    json::write(&value.to_json(), || "the watermark of a job".to_owned())
}
