//! Where the queues are.

use std::sync::Arc;
use std::time::Duration;

use activerecord::prelude::Uuid;
use activerecord::{MemoryQueue, NatsQueue, Queue, RabbitQueue, RedisQueue, Result, SqlQueue};

use test_support::is_left_out;
use test_support::services::url;
use test_support::{Database, Profile};

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

pub(crate) async fn nats() -> Result<Option<Place>> {
    if is_left_out("nats") {
        return Ok(None);
    }
    Ok(Some(Place::new(NatsQueue::connect(url("NATS_URL")?).await?.lease(LEASE), None)))
}

pub(crate) async fn rabbitmq() -> Result<Option<Place>> {
    if is_left_out("rabbitmq") {
        return Ok(None);
    }
    Ok(Some(Place::new(RabbitQueue::connect(url("AMQP_URL")?).await?, None)))
}

pub(crate) async fn redis() -> Result<Option<Place>> {
    if is_left_out("redis") {
        return Ok(None);
    }
    Ok(Some(Place::new(RedisQueue::connect(url("REDIS_URL")?).await?.lease(LEASE), None)))
}
