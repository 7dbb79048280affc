//! The queues under test.

use std::sync::Arc;
use std::time::Duration;

use activerecord::prelude::Uuid;
use activerecord::{MemoryQueue, NatsQueue, Queue, RabbitQueue, RedisQueue, Result, SqlQueue};

use test_support::is_left_out;
use test_support::services::url;
use test_support::{Database, Profile};

/// The lease in cases that wait for its end. A slow machine can reach it.
pub(crate) const SHORT_LEASE: Duration = Duration::from_millis(900);

/// The lease in all other cases. Only a hang reaches it.
const LEASE: Duration = Duration::from_secs(120);

/// A queue, and topics that no other test uses.
pub(crate) struct Place {
    pub(crate) queue: Arc<dyn Queue>,
    /// The same queue with a lease of [`SHORT_LEASE`].
    pub(crate) impatient: Arc<dyn Queue>,
    /// More bytes than this are too much for an event. None: the limit is larger than a test can reach.
    pub(crate) limit: Option<usize>,
    /// Whether the queue counts the deliveries of an event.
    pub(crate) counts: bool,
    topic: Uuid,
    _database: Option<Database>,
}

impl Place {
    fn new(queue: impl Queue, impatient: impl Queue, database: Option<Database>) -> Self {
        let (queue, impatient) = (Arc::new(queue), Arc::new(impatient));
        Self { queue, impatient, limit: None, counts: true, topic: Uuid::new_v4(), _database: database }
    }

    fn limit(self, bytes: usize) -> Self {
        Self { limit: Some(bytes), ..self }
    }

    fn uncounted(self) -> Self {
        Self { counts: false, ..self }
    }

    /// A topic of this test.
    pub(crate) fn topic(&self, name: &str) -> String {
        format!("{name}-{}", self.topic)
    }
}

#[allow(clippy::unused_async, reason = "the signature of the others")]
pub(crate) async fn memory() -> Result<Option<Place>> {
    let queue = MemoryQueue::new();
    Ok(Some(Place::new(queue.clone(), queue, None).uncounted()))
}

/// None: this run excludes the database.
pub(crate) async fn sql(name: &str) -> Result<Option<Place>> {
    let known = Profile::all().into_iter().find(|profile| profile.name() == name);
    let Some(profile) = known.filter(|_| !is_left_out(name)) else { return Ok(None) };
    let database = Database::on(profile, &[]).await?;
    let queue = SqlQueue::on(&*database);
    let place = Place::new(queue.clone().lease(LEASE), queue.lease(SHORT_LEASE), Some(database));
    // The servers' default for `max_allowed_packet`.
    Ok(Some(match name {
        "mariadb" => place.limit(16 << 20),
        "mysql" => place.limit(64 << 20),
        _ => place,
    }))
}

pub(crate) async fn nats() -> Result<Option<Place>> {
    if is_left_out("nats") {
        return Ok(None);
    }
    let queue = NatsQueue::connect(url("NATS_URL")?).await?.patience(Duration::from_secs(60));
    Ok(Some(Place::new(queue.clone().lease(LEASE), queue.lease(SHORT_LEASE), None).limit(1 << 20)))
}

pub(crate) async fn rabbitmq() -> Result<Option<Place>> {
    if is_left_out("rabbitmq") {
        return Ok(None);
    }
    let queue = RabbitQueue::connect(url("AMQP_URL")?).await?;
    Ok(Some(Place::new(queue.clone(), queue, None).uncounted().limit(16 << 20)))
}

pub(crate) async fn redis() -> Result<Option<Place>> {
    if is_left_out("redis") {
        return Ok(None);
    }
    let queue = RedisQueue::connect(url("REDIS_URL")?).await?;
    Ok(Some(Place::new(queue.clone().lease(LEASE), queue.lease(SHORT_LEASE), None).limit(16 << 20)))
}
