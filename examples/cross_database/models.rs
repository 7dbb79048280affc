//! The models, and the database of each.

use activerecord::prelude::*;
use chrono::{DateTime, Utc};
use serde::Deserialize;

use crate::load::na;
use crate::sync::Copied;

// ---- primary: the originals. They are also the rows of the CSV files, hence `Deserialize`.

/// An airport. Its key is its code from the Federal Aviation Administration.
#[derive(ActiveRecord, Clone, Debug, Default, PartialEq, Deserialize)]
#[connection = "primary"]
pub struct Airport {
    #[primary_key]
    pub faa: String,
    pub name: String,
    #[serde(rename = "lat")]
    pub latitude: f64,
    #[serde(rename = "lon")]
    pub longitude: f64,
    /// In feet above the sea.
    #[serde(rename = "alt")]
    pub altitude: i32,
    #[serde(rename = "tzone", deserialize_with = "na")]
    pub time_zone: Option<String>,
    #[updated_at]
    #[serde(skip)]
    pub updated_at: DateTime<Utc>,
}

/// A plane.
#[derive(ActiveRecord, Clone, Debug, Default, PartialEq, Deserialize)]
#[connection = "primary"]
pub struct Plane {
    #[primary_key]
    pub tailnum: String,
    #[column = "built"]
    #[serde(rename = "year", deserialize_with = "na")]
    pub year: Option<i32>,
    pub manufacturer: String,
    pub model: String,
    pub seats: i32,
    #[serde(skip)]
    pub inspections: i32,
    #[updated_at]
    #[serde(skip)]
    pub updated_at: DateTime<Utc>,
}

/// An airline. Its hooks apply every change to analytics at once.
#[derive(ActiveRecord, Clone, Debug, Default, PartialEq, Deserialize)]
#[connection = "primary"]
#[hooks]
pub struct Airline {
    #[primary_key]
    pub carrier: String,
    pub name: String,
}

impl Hooks for Airline {
    /// Runs inside the transaction of the save: if the write to analytics fails, the write to primary is rolled back.
    /// The scope sends the copy to analytics, whatever the scope of the save is.
    async fn after_save(&self, _: &Change) -> Result<()> {
        let copy = AirlineCopy { carrier: self.carrier.clone(), name: self.name.clone() };
        AirlineCopy::with_connection("analytics", async || {
            AirlineCopy::insert_or_update(&copy, [AirlineCopy::CARRIER]).await
        })
        .await
    }

    async fn after_destroy(&self) -> Result<()> {
        AirlineCopy::filter(AirlineCopy::CARRIER.eq(&self.carrier)).delete().await?;
        Ok(())
    }
}

// ---- analytics: the copies. `updated_at` is copied from the original, so it is an ordinary column here.

/// The copy of an [`Airport`]: the same table in the other database.
#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[connection = "analytics"]
#[table = "airports"]
pub struct AirportCopy {
    #[primary_key]
    pub faa: String,
    pub name: String,
    pub latitude: f64,
    pub longitude: f64,
    pub altitude: i32,
    pub time_zone: Option<String>,
    pub updated_at: DateTime<Utc>,
}

/// The columns of a [`Plane`] that analytics needs.
#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[connection = "analytics"]
pub struct PlaneFact {
    #[primary_key]
    pub tailnum: String,
    pub description: String,
    pub seats: i32,
    pub inspections: i32,
    pub updated_at: DateTime<Utc>,
}

/// The copy of an [`Airline`].
#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[connection = "analytics"]
#[table = "airlines"]
pub struct AirlineCopy {
    #[primary_key]
    pub carrier: String,
    pub name: String,
}

/// A copied batch. It is written in the same transaction as its rows, so it never claims rows that are missing.
#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[connection = "analytics"]
pub struct SyncLog {
    pub id: Uuid,
    /// The table that was read.
    pub source: String,
    /// Every change up to this time is in analytics; None if it was not the last batch.
    pub last_sync: Option<DateTime<Utc>>,
    pub rows_copied: i64,
}

impl Copied for Airport {
    type Copy = AirportCopy;
    const CHANGED: Column<Self, DateTime<Utc>> = Self::UPDATED_AT;
    const COPY_KEY: Column<AirportCopy, String> = AirportCopy::FAA;
}

impl From<Airport> for AirportCopy {
    fn from(airport: Airport) -> Self {
        let Airport { faa, name, latitude, longitude, altitude, time_zone, updated_at } = airport;
        Self { faa, name, latitude, longitude, altitude, time_zone, updated_at }
    }
}

impl Copied for Plane {
    type Copy = PlaneFact;
    const CHANGED: Column<Self, DateTime<Utc>> = Self::UPDATED_AT;
    const COPY_KEY: Column<PlaneFact, String> = PlaneFact::TAILNUM;
}

impl From<Plane> for PlaneFact {
    fn from(plane: Plane) -> Self {
        let Plane { tailnum, manufacturer, model, seats, inspections, updated_at, .. } = plane;
        Self { tailnum, description: format!("{manufacturer} {model}"), seats, inspections, updated_at }
    }
}
