//! A row of the outbox.

use std::collections::BTreeMap;

use activerecord_core::statement::CreateTable;
use activerecord_core::{Model, Result};
use activerecord_derive::{ActiveEnum, ActiveRecord};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::json;
use crate::store::Kept;

/// A message of the outbox: a row of `ar_outbox`, which goes when it has been handled. Columns that change data capture reads
/// have the names that Debezium's outbox has for them.
#[derive(ActiveRecord, Clone, Debug, Serialize)]
#[activerecord(crate = activerecord_core)]
#[table = "ar_outbox"]
pub struct Message {
    /// Its number. Numbers are given before commits: a lower one may appear after a higher one.
    pub id: i64,
    /// What it is about: which handler gets it.
    #[column = "aggregatetype"]
    pub topic: String,
    /// Messages of one key and topic are handled one after the other.
    #[column = "aggregateid"]
    pub key: Option<String>,
    /// What has happened; the topic, unless it was set.
    #[column = "type"]
    pub kind: String,
    /// The payload, as JSON.
    pub payload: String,
    /// Names and values beside the payload, as JSON.
    pub headers: Option<String>,
    /// Whether it is to be handled.
    pub state: MessageState,
    /// How often it was handed to a handler.
    pub attempts: i32,
    /// After how many attempts it is a dead letter; None: as its worker says.
    pub max_attempts: Option<i32>,
    /// When it can be taken up, by the database's clock. While a worker has it, the end of that worker's lease.
    pub available_at: DateTime<Utc>,
    /// Which worker's lease it is under.
    pub lease_token: Option<Uuid>,
    /// What the last failed attempt said.
    pub last_error: Option<String>,
    /// When it was written, by the database's clock.
    pub created_at: DateTime<Utc>,
}

/// Whether a message is to be handled.
#[derive(ActiveEnum, Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[activerecord(crate = activerecord_core)]
pub enum MessageState {
    /// It is, now or later; or it is being handled.
    #[default]
    Ready,
    /// Its attempts are used up, or it can never be handled: it waits for somebody to requeue or purge it.
    Dead,
}

impl Message {
    /// The payload.
    ///
    /// # Errors
    /// `Conversion` when it is none of `P`.
    pub fn payload<P: DeserializeOwned>(&self) -> Result<P> {
        json::read(&self.payload, || format!("the payload of message {} (topic `{}`)", self.id, self.topic))
    }

    /// What stands beside the payload.
    pub(crate) fn headers(&self) -> Result<BTreeMap<String, String>> {
        match &self.headers {
            Some(headers) => {
                json::read(headers, || format!("the headers of message {} (topic `{}`)", self.id, self.topic))
            }
            None => Ok(BTreeMap::new()),
        }
    }
}

impl Kept for Message {
    /// The first index gives a claim its order, without a sort; the second one tells whether a key has an earlier message.
    fn definition() -> CreateTable {
        CreateTable::from(Self::TABLE)
            .numbered()
            .index("ar_outbox_due", &["aggregatetype", "state", "available_at", "id"])
            .index("ar_outbox_key", &["aggregatetype", "aggregateid", "id"])
    }
}
