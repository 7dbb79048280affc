//! The main loop of a worker. Only this loop accesses the outbox; the handlers run concurrently in tasks.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use activerecord_core::{ConnectionHandle, Error, ErrorKind, Result};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

use super::calls::{Calls, EndedCall};
use super::handler::Outcome;
use super::lane::{Delivery, Lane};
use super::settle::{End, Ended, Unsettled};
use super::{Settings, Worker};
use crate::failpoint;
use crate::lease;
use crate::outbox::{self, Outbox, Schedule, Wake};

/// The pause after the outbox could not be accessed.
const RETRY: Duration = Duration::from_secs(1);

/// Processes messages until `shutdown` completes, then waits for the running handlers.
pub(super) async fn run(connection: ConnectionHandle, worker: Worker, shutdown: impl Future<Output = ()>) {
    lease::reserved(async {
        let mut run = Run::new(connection, worker);
        run.until(shutdown).await;
        run.shut_down().await;
    })
    .await;
}

/// Processes messages until none is due.
pub(super) async fn run_once(connection: ConnectionHandle, worker: Worker) -> Result<u64> {
    lease::reserved(async {
        let mut run = Run::new(connection, worker);
        loop {
            run.step().await?;
            if !run.calls.is_empty() {
                tokio::select! {
                    ended = run.calls.next() => run.on_call_ended(ended),
                    () = sleep_until(run.next_renewal) => {}
                }
            } else if run.unsettled.is_empty() {
                return Ok(run.completed);
            }
        }
    })
    .await
}

/// A running worker.
struct Run {
    connection: ConnectionHandle,
    settings: Settings,
    schedules: Vec<(String, Duration)>,
    lanes: Vec<Lane>,
    /// The lane that is served next, round robin.
    first: usize,
    calls: Calls,
    unsettled: Unsettled,
    wake: Arc<Wake>,
    installed: bool,
    look_for_schedules: bool,
    next_renewal: Instant,
    /// The number of completed messages.
    completed: u64,
}

impl Run {
    fn new(connection: ConnectionHandle, worker: Worker) -> Self {
        let topics = worker.handlers.iter().map(|handler| handler.topic.clone()).collect();
        Self {
            wake: Wake::register(&connection, topics),
            connection,
            settings: worker.settings,
            schedules: worker.schedules,
            lanes: worker.handlers.into_iter().map(Lane::new).collect(),
            first: 0,
            calls: Calls::default(),
            unsettled: Unsettled::new(worker.settings.lease),
            installed: false,
            look_for_schedules: true,
            next_renewal: Instant::now() + lease::interval(worker.settings.lease),
            completed: 0,
        }
    }

    async fn until(&mut self, shutdown: impl Future<Output = ()>) {
        // Dropping the set stops the listener.
        let mut listener = JoinSet::new();
        listener.spawn(outbox::listen(self.connection.clone(), Arc::clone(&self.wake)));
        let mut shutdown = pin!(shutdown);
        loop {
            let pause = match self.step().await {
                Ok(()) => self.settings.poll,
                Err(error) => {
                    tracing::warn!(target: "activerecord", connection = self.connection.name(), %error, "a worker cannot access its outbox and retries");
                    self.settings.poll.max(RETRY)
                }
            };
            let next_poll = Instant::now() + pause;
            let next_step = self.next_step().min(next_poll);
            tokio::select! {
                biased;
                () = &mut shutdown => break,
                ended = self.calls.next() => self.on_call_ended(ended),
                () = self.wake.woken() => self.look_again(),
                () = sleep_until(next_step) => {
                    if Instant::now() >= next_poll {
                        self.look_again();
                    }
                }
            }
        }
    }

    /// Does all work that is due now: renews, settles, writes scheduled messages, starts calls. Renewals come first, because
    /// they have a time limit. A part that fails does not keep the others from their work; the first error is returned.
    async fn step(&mut self) -> Result<()> {
        if !self.installed {
            Outbox::install(self.connection.name()).await?;
            self.installed = true;
        }
        while let Some(ended) = self.calls.try_next() {
            self.on_call_ended(ended);
        }
        let renewed = if Instant::now() >= self.next_renewal { self.renew().await } else { Ok(()) };
        let settled = self.settle_if_due().await;
        let scheduled = self.tick().await;
        let served = self.serve().await;
        renewed.and(settled).and(scheduled).and(served)
    }

    /// The outbox may contain new messages.
    fn look_again(&mut self) {
        self.look_for_schedules = true;
        self.lanes.iter_mut().for_each(Lane::look_again);
    }

    /// Writes the scheduled messages that are due.
    async fn tick(&mut self) -> Result<()> {
        if std::mem::take(&mut self.look_for_schedules) {
            for (topic, period) in &self.schedules {
                Schedule::tick(&self.connection, topic, *period).await?;
            }
        }
        Ok(())
    }

    /// Starts calls while there is capacity and a message. Lanes are served round robin, so a busy lane starves no
    /// other.
    async fn serve(&mut self) -> Result<()> {
        let mut idle = 0;
        while idle < self.lanes.len() {
            let lane = self.first % self.lanes.len();
            self.first = lane + 1;
            match self.next_delivery(lane).await? {
                Some(delivery) => {
                    idle = 0;
                    self.start(lane, delivery);
                }
                None => idle += 1,
            }
        }
        Ok(())
    }

    async fn next_delivery(&mut self, lane: usize) -> Result<Option<Delivery>> {
        if !self.may_start(lane) {
            return Ok(None);
        }
        let Settings { batch, lease, .. } = self.settings;
        self.lanes[lane].fill(&self.connection, batch, lease, !self.calls.is_empty()).await?;
        failpoint::reach("outbox.claimed")?;
        Ok(self.lanes[lane].next())
    }

    /// Whether a lane may start a call. It leaves one for each other lane that runs none.
    fn may_start(&self, lane: usize) -> bool {
        let own = self.calls.of(lane);
        if failpoint::is_broken("outbox.slots") {
            return self.calls.len() < self.settings.concurrency;
        }
        if let Some(slots) = self.lanes[lane].handler.slots {
            return own < slots;
        }
        let free = self.settings.concurrency.saturating_sub(self.calls.len());
        let waits = |other: &usize| *other != lane && self.calls.of(*other) == 0;
        let left = if own == 0 { 0 } else { (0..self.lanes.len()).filter(waits).count() };
        free > left
    }

    /// Starts a call with the messages that have an attempt left. The others are dead letters: the attempt that has no
    /// result may have crashed its worker.
    fn start(&mut self, lane: usize, delivery: Delivery) {
        let Delivery { leased, held, messages } = delivery;
        let is_spent = |message: &crate::outbox::Message| message.attempts > self.settings.max_attempts_of(message);
        let (spent, messages): (Vec<_>, Vec<_>) = messages.into_iter().partition(is_spent);
        let error = || crate::permanent(Error::new(ErrorKind::Custom, "the worker ended during the last attempt"));
        let end = |message| Ended { token: leased.token, message, end: Outcome::failed(error()).into() };
        self.unsettled.extend(spent.into_iter().map(end));
        if messages.is_empty() {
            return;
        }
        let handler = &self.lanes[lane].handler;
        // A relay has its own limits.
        let limit = handler.slots.is_none().then_some(self.settings.handler_timeout);
        self.calls.start(lane, handler, Delivery::of(leased.token, held, messages), limit);
    }

    /// Records the ends of a call's messages. A lane whose messages are all postponed pauses: its queue is unavailable.
    fn on_call_ended(&mut self, EndedCall { lane, mut messages }: EndedCall) {
        let is_postponed = |ended: &Ended| matches!(ended.end, End::Postponed(_));
        let outage = messages.iter().all(is_postponed);
        self.lanes[lane].note(outage, self.settings.backoff);
        let postponed = || messages.iter().filter(|ended| is_postponed(ended)).map(|ended| &ended.message);
        // One pause for all, so that one statement releases them.
        let pause = self.lanes[lane].postponed(postponed(), self.settings.backoff);
        for ended in messages.iter_mut().filter(|ended| is_postponed(ended)) {
            ended.end = End::Postponed(pause);
        }
        self.unsettled.extend(messages);
    }

    async fn settle_if_due(&mut self) -> Result<()> {
        let is_idle = !self.lanes.iter().any(Lane::is_waiting);
        if self.unsettled.must_settle(self.settings.batch, is_idle) { self.settle().await } else { Ok(()) }
    }

    /// Writes the ends of messages to the outbox.
    async fn settle(&mut self) -> Result<()> {
        let settled = self.unsettled.settle(&self.connection, &self.settings).await;
        self.completed += settled.completed;
        if settled.frees_keys {
            self.lanes.iter_mut().for_each(Lane::look_again);
        }
        settled.error.map_or_else(|| failpoint::reach("outbox.settled"), Err)
    }

    /// The time of the next step without a message: a renewal, a settlement, or the end of a lane's pause.
    fn next_step(&self) -> Instant {
        let pauses = self.lanes.iter().filter_map(Lane::paused_until);
        pauses.chain(self.unsettled.due()).fold(self.next_renewal, Instant::min)
    }

    /// Renews the leases of all claimed messages, and stops the calls whose lease is lost.
    async fn renew(&mut self) -> Result<()> {
        let length = self.settings.lease;
        let mut renewed = Ok(());
        for (leased, held, abort) in self.calls.leases() {
            match leased.renew(&self.connection, held, length).await {
                Ok(kept) if kept.len() < leased.ids.len() => {
                    tracing::warn!(target: "activerecord", connection = self.connection.name(), ids = ?leased.ids, "the lease of a message is lost");
                    abort.abort();
                }
                Ok(_) => {}
                Err(error) => renewed = Err(error),
            }
        }
        for lane in &mut self.lanes {
            if let Err(error) = lane.renew(&self.connection, length).await {
                renewed = Err(error);
            }
        }
        let pause = if renewed.is_ok() { lease::interval(length) } else { lease::retry(length) };
        self.next_renewal = Instant::now() + pause;
        renewed
    }

    /// Releases the waiting messages and waits for the running calls, for the drain time at most.
    async fn shut_down(&mut self) {
        let end = Instant::now() + self.settings.drain;
        // Also without a drain time, what was interrupted is released.
        let last = end.max(Instant::now() + RETRY);
        loop {
            let Err(error) = self.drain(end).await else { break };
            tracing::warn!(target: "activerecord", connection = self.connection.name(), %error, "a worker that shuts down cannot access its outbox and retries");
            if timeout_at(last, sleep(Duration::from_millis(100))).await.is_err() {
                break;
            }
        }
    }

    async fn drain(&mut self, end: Instant) -> Result<()> {
        for lane in &mut self.lanes {
            lane.release(&self.connection).await?;
        }
        while !self.calls.is_empty() {
            tokio::select! {
                ended = self.calls.next() => self.on_call_ended(ended),
                () = sleep_until(self.next_renewal) => self.renew().await?,
                () = sleep_until(end) => break,
            }
        }
        self.calls.abort_all();
        let stop = Instant::now() + lease::STOP;
        while !self.calls.is_empty() {
            let Ok(ended) = timeout_at(stop, self.calls.next()).await else { break };
            self.on_call_ended(ended);
        }
        self.settle().await
    }
}
