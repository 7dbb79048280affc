//! Publishing with confirms.

use std::collections::HashSet;
use std::time::Duration;

use activerecord_core::{Error, ErrorKind, Result};
use activerecord_distributed::{PublishError, RawEvent};
use lapin::options::ConfirmSelectOptions;
use lapin::{Channel, Connection};
use tokio::time::{Instant, sleep, timeout};

use crate::batch::{Batch, Exchanges, Published, no_answer};
use crate::{Server, failed, open_channel, within};

/// How often a blocked connection is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// How many confirmed events are remembered that nobody has published again.
const REMEMBERED: usize = 10_000;

/// A channel with publisher confirms.
pub(crate) struct PublishChannel {
    connection: Connection,
    channel: Channel,
    exchanges: Exchanges,
    /// The batch whose outcome is not known yet. It stays when nobody waits for it any more.
    sent: Option<Batch>,
    /// The events of such a batch that were confirmed later. They are not sent again.
    confirmed: HashSet<String>,
}

/// Publishes events. A channel with an unknown outcome is not used again, unless the server blocks its connection: then a
/// new connection would only be blocked too, and the server does not see the end of the old one.
pub(crate) async fn publish(server: &Server, events: &[RawEvent]) -> Vec<Published> {
    let Ok(mut publisher) = timeout(server.patience, server.publisher.lock()).await else {
        return PublishError::Transient(no_answer()).for_all(events.len());
    };
    let open = match &mut *publisher {
        Some(open) if open.is_connected() => open,
        closed => match PublishChannel::open(server).await {
            Ok(opened) => closed.insert(opened),
            Err(error) => {
                *closed = None;
                return PublishError::Transient(error).for_all(events.len());
            }
        },
    };
    match open.publish(server.patience, events).await {
        Some(results) => results,
        None if open.connection.status().blocked() => open.blocked(events),
        None => {
            *publisher = None;
            PublishError::OutcomeUnknown(no_answer()).for_all(events.len())
        }
    }
}

impl PublishChannel {
    pub(crate) async fn open(server: &Server) -> Result<Self> {
        let connection = server.connection().await?;
        let channel = within(server.patience, confirming(&connection)).await?;
        let (exchanges, confirmed) = (Exchanges::default(), HashSet::new());
        Ok(Self { connection, channel, exchanges, sent: None, confirmed })
    }

    fn is_connected(&self) -> bool {
        self.connection.status().connected()
    }

    /// Publishes all events. None: the server has not answered in time.
    async fn publish(&mut self, patience: Duration, events: &[RawEvent]) -> Option<Vec<Published>> {
        self.finish_earlier(patience).await?;
        let is_confirmed: Vec<_> = events.iter().map(|event| self.confirmed.remove(event.id())).collect();
        let unsent = events.iter().zip(&is_confirmed).filter(|(_, confirmed)| !**confirmed).map(|(event, _)| event);
        let mut results = self.send_all(patience, unsent.cloned().collect()).await?.into_iter();
        let result = |confirmed| if confirmed { Some(Ok(())) } else { results.next() };
        is_confirmed.into_iter().map(result).collect()
    }

    /// Waits for the batch that was sent before, and until the server does not block the connection.
    async fn finish_earlier(&mut self, patience: Duration) -> Option<()> {
        if let Some(earlier) = &mut self.sent {
            let results = timeout(patience, earlier.results()).await.ok()?;
            let earlier = self.sent.take()?;
            let ids = earlier.ids.iter().zip(results).filter(|(_, result)| result.is_ok()).map(|(id, _)| id.clone());
            if self.confirmed.len() >= REMEMBERED {
                self.confirmed.clear();
            }
            self.confirmed.extend(ids);
        }
        let end = Instant::now() + patience;
        while self.connection.status().blocked() {
            if Instant::now() >= end {
                return None;
            }
            sleep(LOOK).await;
        }
        Some(())
    }

    /// Sends all events. When the server refuses one by closing the channel, the others are sent again, each alone: only so
    /// it is certain which event is refused.
    async fn send_all(&mut self, patience: Duration, events: Vec<RawEvent>) -> Option<Vec<Published>> {
        if events.is_empty() {
            return Some(Vec::new());
        }
        let results = self.send(patience, events.clone()).await?;
        let is_refused = results.iter().any(|result| matches!(result, Err(PublishError::Rejected(_))));
        if events.len() == 1 || !is_refused {
            return Some(results);
        }
        let mut alone = Vec::with_capacity(events.len());
        for (event, result) in events.into_iter().zip(results) {
            alone.push(match result {
                Ok(()) => Ok(()),
                Err(_) => self.send(patience, vec![event]).await?.pop()?,
            });
        }
        Some(alone)
    }

    /// Sends events and waits for their confirms.
    async fn send(&mut self, patience: Duration, events: Vec<RawEvent>) -> Option<Vec<Published>> {
        if !self.channel.status().connected() {
            // The server may have closed it because an exchange was deleted.
            self.exchanges = Exchanges::default();
            match within(patience, confirming(&self.connection)).await {
                Ok(channel) => self.channel = channel,
                Err(error) => return Some(PublishError::Transient(error).for_all(events.len())),
            }
        }
        let sent = self.sent.insert(Batch::send(self.channel.clone(), self.exchanges.clone(), events));
        let results = timeout(patience, sent.results()).await.ok()?;
        self.sent = None;
        Some(results)
    }

    /// The results while the server blocks the connection: what is sent may be published later, the rest is not sent.
    fn blocked(&self, events: &[RawEvent]) -> Vec<Published> {
        let sent: HashSet<_> = self.sent.iter().flat_map(|batch| &batch.ids).collect();
        let result = |event: &RawEvent| match sent.contains(&event.id().to_owned()) {
            true => Err(PublishError::OutcomeUnknown(is_blocked())),
            false => Err(PublishError::Transient(is_blocked())),
        };
        events.iter().map(result).collect()
    }
}

#[cold]
fn is_blocked() -> Error {
    Error::new(
        ErrorKind::ConnectionLost,
        "RabbitMQ: the server accepts no events: it has an alarm for its memory or disk",
    )
}

/// Opens a channel with confirms.
async fn confirming(connection: &Connection) -> Result<Channel> {
    let channel = open_channel(connection).await?;
    let confirming = channel.confirm_select(ConfirmSelectOptions::default()).await;
    confirming.map_err(|error| failed("cannot open a channel", &error))?;
    Ok(channel)
}
