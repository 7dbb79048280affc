//! The table of the outbox.

use std::collections::BTreeMap;

use activerecord_core::statement::CreateTable;
use activerecord_core::{Model, Result};
use activerecord_derive::{ActiveEnum, ActiveRecord};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::json;
use crate::tables::OwnTable;

/// A message of the outbox: a row of `ar_outbox`. It is deleted when its handler succeeds. The column names follow the
/// outbox event router of Debezium. All times are by the database's clock.
#[derive(ActiveRecord, Clone, Debug, Serialize)]
#[activerecord(crate = activerecord_core)]
#[table = "ar_outbox"]
#[non_exhaustive]
pub struct Message {
    /// The number of the message in its outbox. Numbers are assigned before the commit, so a lower one can become visible
    /// after a higher one. The first number of a new outbox is the time of its creation in microseconds since 1970, so a
    /// recreated outbox continues after the former one.
    pub id: i64,
    /// The topic: it selects the handler.
    #[column = "aggregatetype"]
    pub topic: String,
    /// Messages of one topic and key are processed one after the other.
    #[column = "aggregateid"]
    pub key: Option<String>,
    /// The kind of event. Default: the topic.
    #[column = "type"]
    pub kind: String,
    /// The payload, as JSON.
    pub payload: String,
    /// The headers, as a JSON object.
    pub headers: Option<String>,
    /// Whether it waits for a worker or is a dead letter.
    pub state: MessageState,
    /// The number of started attempts.
    pub attempts: i32,
    /// The number of attempts after which it becomes a dead letter. None: the worker's setting.
    pub max_attempts: Option<i32>,
    /// When it can be claimed. While it is claimed, this is the end of the worker's lease.
    pub available_at: DateTime<Utc>,
    /// The fencing token of the worker's lease.
    pub lease_token: Option<Uuid>,
    /// The error of the last failed attempt.
    pub last_error: Option<String>,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// The identity of the message among those of all outboxes. None: it was written by a version of this library, or by
    /// a trigger, that assigned no identity.
    pub uuid: Option<Uuid>,
}

/// The state of a message.
#[derive(ActiveEnum, Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[activerecord(crate = activerecord_core)]
#[non_exhaustive]
pub enum MessageState {
    /// It waits for a worker, or a worker is processing it.
    #[default]
    Ready,
    /// A dead letter: its attempts are used up, or its error is permanent. An operator can requeue or purge it.
    Dead,
}

impl Message {
    /// Reads the payload.
    ///
    /// ```
    /// # use activerecord::prelude::*;
    /// use activerecord::outbox::Message;
    ///
    /// fn user_id(message: &Message) -> Result<i64> {
    ///     message.payload()
    /// }
    /// ```
    ///
    /// # Errors
    /// `Conversion` when it cannot be read as a `P`.
    pub fn payload<P: DeserializeOwned>(&self) -> Result<P> {
        json::read(&self.payload, || format!("the payload of message {} (topic `{}`)", self.id, self.topic))
    }

    /// The identity of the message for [`Inbox`](crate::Inbox): its UUID, or its number if it has none.
    pub(crate) fn identity(&self) -> String {
        self.uuid.map_or_else(|| self.id.to_string(), |uuid| uuid.to_string())
    }

    /// Reads the headers.
    pub(crate) fn headers(&self) -> Result<BTreeMap<String, String>> {
        match &self.headers {
            Some(headers) => {
                json::read(headers, || format!("the headers of message {} (topic `{}`)", self.id, self.topic))
            }
            None => Ok(BTreeMap::new()),
        }
    }
}

impl OwnTable for Message {
    /// The numbers begin at the time of the creation, because mirrors compare those of a recreated outbox with those of the
    /// former one. The first index provides the order of a claim without a sort. The second finds an earlier message of the same
    /// key.
    fn definition() -> CreateTable {
        CreateTable::from(Self::TABLE)
            .numbered_from(Utc::now().timestamp_micros())
            .index("ar_outbox_due", &["aggregatetype", "state", "available_at", "id"])
            .index("ar_outbox_key", &["aggregatetype", "aggregateid", "id"])
    }
}
