//! The running calls of a worker's handlers.

use std::collections::HashMap;
use std::future::{Future, pending};
use std::time::Duration;

use activerecord_core::{Error, ErrorKind, Result};
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};
use tokio::time::timeout;

use super::handler::{Handler, Outcome};
use super::lane::Delivery;
use super::settle::{End, Ended};
use crate::lease::Held;
use crate::outbox::Leased;
use crate::panics;

/// Calls of handlers, each in its own task.
#[derive(Default)]
pub(super) struct Calls {
    tasks: JoinSet<Option<Vec<Outcome>>>,
    running: HashMap<Id, Running>,
}

/// A call of a handler.
struct Running {
    lane: usize,
    delivery: Delivery,
    abort: AbortHandle,
}

/// A call that has ended: its lane, and its messages.
pub(super) struct EndedCall {
    pub(super) lane: usize,
    pub(super) messages: Vec<Ended>,
}

type Joined = Result<(Id, Option<Vec<Outcome>>), JoinError>;

impl Calls {
    pub(super) fn is_empty(&self) -> bool {
        self.running.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.running.len()
    }

    /// The number of running calls of a lane.
    pub(super) fn of(&self, lane: usize) -> usize {
        self.running.values().filter(|running| running.lane == lane).count()
    }

    /// Starts a call. It ends at the latest when its lease expires, or with the time limit.
    pub(super) fn start(&mut self, lane: usize, handler: &Handler, delivery: Delivery, limit: Option<Duration>) {
        let (call, count) = (handler.call(delivery.messages.clone()), delivery.messages.len());
        let abort = self.tasks.spawn(within_lease(delivery.held.clone(), within_limit(limit, count, call)));
        self.running.insert(abort.id(), Running { lane, delivery, abort });
    }

    /// The next call that ends. Without a call, it waits for ever.
    pub(super) async fn next(&mut self) -> EndedCall {
        loop {
            match self.tasks.join_next_with_id().await {
                Some(joined) => {
                    if let Some(ended) = self.ended(joined) {
                        return ended;
                    }
                }
                None => pending().await,
            }
        }
    }

    /// A call that has ended already.
    pub(super) fn try_next(&mut self) -> Option<EndedCall> {
        while let Some(joined) = self.tasks.try_join_next_with_id() {
            if let Some(ended) = self.ended(joined) {
                return Some(ended);
            }
        }
        None
    }

    fn ended(&mut self, joined: Joined) -> Option<EndedCall> {
        let (id, outcomes) = joined.map_or_else(|error| (error.id(), Err(error)), |(id, outcomes)| (id, Ok(outcomes)));
        let Running { lane, delivery, .. } = self.running.remove(&id)?;
        let Delivery { leased, messages, .. } = delivery;
        let mut ends = ends(outcomes, messages.len()).into_iter();
        let end = |message| Some(Ended { token: leased.token, message, end: ends.next()? });
        Some(EndedCall { lane, messages: messages.into_iter().map_while(end).collect() })
    }

    /// The leases of the running calls.
    pub(super) fn leases(&self) -> impl Iterator<Item = (&Leased, &Held, &AbortHandle)> {
        self.running.values().map(|Running { delivery, abort, .. }| (&delivery.leased, &delivery.held, abort))
    }

    /// Stops all calls at their next await.
    pub(super) fn abort_all(&mut self) {
        self.tasks.abort_all();
    }
}

/// None: the lease expired first.
async fn within_lease(held: Held, call: impl Future<Output = Vec<Outcome>>) -> Option<Vec<Outcome>> {
    tokio::select! {
        biased;
        outcomes = call => Some(outcomes),
        () = held.expired() => None,
    }
}

async fn within_limit(
    limit: Option<Duration>,
    messages: usize,
    call: impl Future<Output = Vec<Outcome>>,
) -> Vec<Outcome> {
    let Some(limit) = limit else { return call.await };
    timeout(limit, call).await.unwrap_or_else(|_| {
        let limit = humantime::format_duration(limit);
        let message = format!("the handler did not end within {limit}; see Worker::handler_timeout");
        vec![Outcome::failed(Error::new(ErrorKind::Custom, message)); messages]
    })
}

/// How each message of a call ended.
fn ends(outcomes: Result<Option<Vec<Outcome>>, JoinError>, messages: usize) -> Vec<End> {
    let outcomes = match outcomes {
        Ok(Some(outcomes)) => outcomes,
        // What was aborted had lost its lease, or the worker shuts down.
        Ok(None) => return vec![End::Interrupted; messages],
        Err(error) => match error.try_into_panic() {
            Ok(panic) => vec![Outcome::failed(panics::as_error(&*panic)); messages],
            Err(_) => return vec![End::Interrupted; messages],
        },
    };
    outcomes.into_iter().map(End::from).collect()
}
