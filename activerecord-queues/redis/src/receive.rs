//! Receiving: new entries, and entries whose lease has expired.

use std::collections::HashMap;
use std::time::Duration;

use activerecord_core::backend::BoxFuture;
use activerecord_core::{Error, Result};
use activerecord_distributed::{Delivery, LEASE_LOST, Subscriber};
use redis::aio::{ConnectionManager, MultiplexedConnection};
use redis::streams::{
    StreamClaimOptions, StreamClaimReply, StreamId, StreamPendingCountReply, StreamReadOptions, StreamReadReply,
};
use redis::{AsyncCommands, AsyncConnectionConfig, RedisResult, Value};

use crate::{EVENT, PATIENCE, RedisQueue, failed, stream};

/// All processes share one consumer name; idle time decides which process owns an entry.
const CONSUMER: &str = "activerecord";

/// How long to wait for new entries before the next look for expired leases.
const MAX_WAIT: Duration = Duration::from_secs(1);

pub(crate) struct RedisSubscriber {
    queue: RedisQueue,
    stream: String,
    group: String,
    /// A separate connection: a blocking XREADGROUP would stall a shared one. `None` before the first wait, and after an outage.
    blocking: Option<MultiplexedConnection>,
}

impl RedisSubscriber {
    pub(crate) async fn open(queue: RedisQueue, topic: &str, group: &str) -> Result<Self> {
        let (stream, group) = (stream(topic), group.to_owned());
        let mut connection = queue.connection.clone();
        let made: RedisResult<()> = connection.xgroup_create_mkstream(&stream, &group, "0").await;
        match made {
            Err(error) if error.code() != Some("BUSYGROUP") => {
                Err(failed(&format!("cannot create the group `{group}` of the topic `{topic}`"), &error))
            }
            _ => Ok(Self { queue, stream, group, blocking: None }),
        }
    }

    async fn next(&mut self, limit: usize) -> Result<Vec<Box<dyn Delivery>>> {
        loop {
            let received = self.take(limit).await;
            if received.is_err() {
                self.blocking = None;
            }
            let received = received.map_err(|error| failed("cannot receive", &error))?;
            if !received.is_empty() {
                return Ok(received.into_iter().map(|(entry, attempt)| self.delivery(entry, attempt)).collect());
            }
        }
    }

    /// Takes entries whose lease has expired, or waits for new ones. Each is returned with the number of its delivery.
    async fn take(&mut self, limit: usize) -> RedisResult<Vec<(StreamId, usize)>> {
        let expired = self.expired(limit).await?;
        if expired.is_empty() { self.new_entries(limit).await } else { Ok(expired) }
    }

    /// Takes the oldest entries whose lease has expired, behind any number of entries whose lease has not.
    async fn expired(&self, limit: usize) -> RedisResult<Vec<(StreamId, usize)>> {
        let (stream, group, lease) = (&self.stream, &self.group, milliseconds(self.queue.lease));
        let mut connection = self.queue.connection.clone();
        let mut pending = redis::cmd("XPENDING");
        pending.arg(stream).arg(group).arg("IDLE").arg(lease).arg("-").arg("+").arg(limit);
        let pending: StreamPendingCountReply = pending.query_async(&mut connection).await?;
        if pending.ids.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<_> = pending.ids.iter().map(|entry| &entry.id).collect();
        // Of several consumers, one gets an entry: for the others it is no longer idle.
        let claimed: StreamClaimReply = connection.xclaim(stream, group, CONSUMER, lease, &ids).await?;
        let delivered: HashMap<_, _> = pending.ids.iter().map(|entry| (&entry.id, entry.times_delivered)).collect();
        let numbered = |entry: StreamId| {
            let attempt = delivered.get(&entry.id).map_or(1, |times| times + 1);
            (entry, attempt)
        };
        Ok(claimed.ids.into_iter().map(numbered).collect())
    }

    async fn new_entries(&mut self, limit: usize) -> RedisResult<Vec<(StreamId, usize)>> {
        let wait = (self.queue.lease / 3).min(MAX_WAIT);
        let options = StreamReadOptions::default().group(&self.group, CONSUMER).count(limit).block(milliseconds(wait));
        let blocking = match &mut self.blocking {
            Some(blocking) => blocking,
            none => {
                let settings = AsyncConnectionConfig::new()
                    .set_connection_timeout(Some(PATIENCE))
                    .set_response_timeout(Some(wait + PATIENCE));
                none.insert(self.queue.client.get_multiplexed_async_connection_with_config(&settings).await?)
            }
        };
        let new: Option<StreamReadReply> = blocking.xread_options(&[&self.stream], &[">"], &options).await?;
        let entries = new.into_iter().flat_map(|reply| reply.keys).flat_map(|key| key.ids);
        Ok(entries.map(|entry| (entry, 1)).collect())
    }

    /// An entry of another program is delivered with an empty body, which the consumer handles as an invalid event.
    fn delivery(&self, mut entry: StreamId, attempt: usize) -> Box<dyn Delivery> {
        let body = match entry.map.remove(EVENT) {
            Some(Value::BulkString(body)) => body,
            Some(Value::SimpleString(body)) => body.into_bytes(),
            _ => Vec::new(),
        };
        Box::new(RedisDelivery {
            connection: self.queue.connection.clone(),
            stream: self.stream.clone(),
            group: self.group.clone(),
            id: entry.id,
            lease: self.queue.lease,
            attempt,
            body,
        })
    }
}

impl Subscriber for RedisSubscriber {
    fn receive(&mut self, limit: usize) -> BoxFuture<'_, Result<Vec<Box<dyn Delivery>>>> {
        Box::pin(self.next(limit.max(1)))
    }
}

struct RedisDelivery {
    connection: ConnectionManager,
    stream: String,
    group: String,
    id: String,
    lease: Duration,
    attempt: usize,
    body: Vec<u8>,
}

impl RedisDelivery {
    /// Sets how long the entry has been idle. An entry whose idle time exceeds the lease is delivered again.
    async fn set_idle(&self, idle: Duration, options: StreamClaimOptions) -> Result<()> {
        let options = options.idle(milliseconds(idle)).with_justid();
        let mut connection = self.connection.clone();
        let claimed: RedisResult<Vec<String>> =
            connection.xclaim_options(&self.stream, &self.group, CONSUMER, 0, &[&self.id], options).await;
        match claimed.map_err(|error| failed("cannot claim an event", &error))?.is_empty() {
            true => Err(Error::new(LEASE_LOST, "Redis: the event was acknowledged or deleted")),
            false => Ok(()),
        }
    }
}

impl Delivery for RedisDelivery {
    fn body(&self) -> &[u8] {
        &self.body
    }

    fn ack(self: Box<Self>) -> BoxFuture<'static, Result<()>> {
        Box::pin(async move {
            let mut connection = self.connection.clone();
            let done: RedisResult<()> = connection.xack(&self.stream, &self.group, &[&self.id]).await;
            done.map_err(|error| failed("cannot acknowledge an event", &error))
        })
    }

    fn nack(self: Box<Self>, pause: Duration) -> BoxFuture<'static, Result<()>> {
        // The lease expires when the pause is over.
        Box::pin(async move { self.set_idle(self.lease.saturating_sub(pause), StreamClaimOptions::default()).await })
    }

    fn extend(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.set_idle(Duration::ZERO, StreamClaimOptions::default()))
    }

    fn extend_every(&self) -> Option<Duration> {
        Some(self.lease / 3)
    }

    fn attempt(&self) -> Option<u32> {
        u32::try_from(self.attempt).ok()
    }

    fn release(self: Box<Self>) -> BoxFuture<'static, Result<()>> {
        let uncounted = StreamClaimOptions::default().retry(self.attempt.saturating_sub(1));
        Box::pin(async move { self.set_idle(self.lease, uncounted).await })
    }
}

fn milliseconds(duration: Duration) -> usize {
    usize::try_from(duration.as_millis()).unwrap_or(usize::MAX)
}
