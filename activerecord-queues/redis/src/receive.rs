//! Receiving: new entries, and entries whose lease has expired.

use std::time::Duration;

use activerecord_core::backend::BoxFuture;
use activerecord_core::{Error, Result};
use activerecord_distributed::{Delivery, LEASE_LOST, Subscriber};
use redis::aio::{ConnectionManager, MultiplexedConnection};
use redis::streams::{
    StreamAutoClaimOptions, StreamAutoClaimReply, StreamClaimOptions, StreamId, StreamReadOptions, StreamReadReply,
};
use redis::{AsyncCommands, AsyncConnectionConfig, RedisResult, Value};

use crate::{EVENT, RedisQueue, failed, stream};

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
                return Ok(received.into_iter().map(|entry| self.delivery(entry)).collect());
            }
        }
    }

    /// Takes entries whose lease has expired, or waits for new ones.
    async fn take(&mut self, limit: usize) -> RedisResult<Vec<StreamId>> {
        let lease = milliseconds(self.queue.lease);
        let mut connection = self.queue.connection.clone();
        let expired: StreamAutoClaimReply = connection
            .xautoclaim_options(
                &self.stream,
                &self.group,
                CONSUMER,
                lease,
                "0-0",
                StreamAutoClaimOptions::default().count(limit),
            )
            .await?;
        if !expired.claimed.is_empty() {
            return Ok(expired.claimed);
        }
        let wait = (self.queue.lease / 3).min(MAX_WAIT);
        let options = StreamReadOptions::default().group(&self.group, CONSUMER).count(limit).block(milliseconds(wait));
        let blocking = match &mut self.blocking {
            Some(blocking) => blocking,
            none => {
                let settings = AsyncConnectionConfig::new()
                    .set_connection_timeout(Some(Duration::from_secs(5)))
                    .set_response_timeout(Some(wait + Duration::from_secs(5)));
                none.insert(self.queue.client.get_multiplexed_async_connection_with_config(&settings).await?)
            }
        };
        let new: Option<StreamReadReply> = blocking.xread_options(&[&self.stream], &[">"], &options).await?;
        Ok(new.into_iter().flat_map(|reply| reply.keys).flat_map(|key| key.ids).collect())
    }

    /// An entry of another program is delivered with an empty body, which the consumer handles as an invalid event.
    fn delivery(&self, mut entry: StreamId) -> Box<dyn Delivery> {
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
    body: Vec<u8>,
}

impl RedisDelivery {
    /// Sets how long the entry has been idle. An entry whose idle time exceeds the lease is delivered again.
    async fn set_idle(&self, idle: Duration) -> Result<()> {
        let options = StreamClaimOptions::default().idle(milliseconds(idle)).with_justid();
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
        Box::pin(async move { self.set_idle(self.lease.saturating_sub(pause)).await })
    }

    fn extend(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.set_idle(Duration::ZERO))
    }

    fn extend_every(&self) -> Option<Duration> {
        Some(self.lease / 3)
    }
}

fn milliseconds(duration: Duration) -> usize {
    usize::try_from(duration.as_millis()).unwrap_or(usize::MAX)
}
