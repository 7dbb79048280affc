//! Where the queues are.

use std::sync::Arc;
use std::time::Duration;

use activerecord::prelude::Uuid;
use activerecord::{MemoryQueue, Queue, Result, SqlQueue};

use crate::harness::{Database, Profile};
use crate::left_out::is_left_out;

/// How long an event stays with a consumer that is silent.
const LEASE: Duration = Duration::from_millis(900);

/// A queue, and names that no other test has.
pub(crate) struct Place {
    pub(crate) queue: Arc<dyn Queue>,
    topic: Uuid,
    _database: Option<Database>,
}

impl Place {
    fn new(queue: impl Queue, database: Option<Database>) -> Self {
        Self { queue: Arc::new(queue), topic: Uuid::new_v4(), _database: database }
    }

    /// A topic of this test.
    pub(crate) fn topic(&self, name: &str) -> String {
        format!("{name}-{}", self.topic)
    }
}

#[allow(clippy::unused_async, reason = "as the others")]
pub(crate) async fn memory() -> Result<Option<Place>> {
    Ok(Some(Place::new(MemoryQueue::new(), None)))
}

/// None: this run leaves the database out.
pub(crate) async fn sql(name: &str) -> Result<Option<Place>> {
    let known = Profile::all().into_iter().find(|profile| profile.name() == name);
    let Some(profile) = known.filter(|_| !is_left_out(name)) else { return Ok(None) };
    let database = Database::on(profile, &[]).await?;
    Ok(Some(Place::new(SqlQueue::on(&*database).lease(LEASE), Some(database))))
}
