//! The main loop of a worker. Only this loop accesses the outbox; the handlers run concurrently in tasks.

use std::collections::HashMap;
use std::future::{Future, pending};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use activerecord_core::{ConnectionHandle, Error, ErrorKind, Result};
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

use super::handler::Failed;
use super::lane::{Delivery, Lane};
use super::{Settings, Worker};
use crate::failpoint;
use crate::lease;
use crate::outbox::{self, Leased, Message, Outbox, Schedule, Wake};
use crate::panics;
use crate::verdict::Verdict;

/// How long an ended call may wait before its result is written to the outbox.
const SETTLE_DELAY: Duration = Duration::from_millis(20);

/// Processes messages until `shutdown` completes, then waits for the running handlers.
pub(super) async fn run(connection: ConnectionHandle, worker: Worker, shutdown: impl Future<Output = ()>) {
    let mut run = Run::new(connection, worker);
    // Dropping the set stops the listener.
    let mut listener = JoinSet::new();
    listener.spawn(outbox::listen(run.connection.clone(), Arc::clone(&run.wake)));
    let mut shutdown = pin!(shutdown);
    loop {
        let pause = match run.step().await {
            Ok(()) => run.settings.poll,
            Err(error) => {
                tracing::warn!(target: "activerecord", connection = run.connection.name(), %error, "a worker cannot access its outbox and retries");
                run.settings.poll.max(Duration::from_secs(1))
            }
        };
        let next_poll = Instant::now() + pause;
        let next_step = run.next_write().min(next_poll);
        tokio::select! {
            biased;
            () = &mut shutdown => break,
            ended = next(&mut run.calls) => run.on_call_ended(ended),
            () = run.wake.woken() => run.look_again(),
            () = sleep_until(next_step) => {
                if Instant::now() >= next_poll {
                    run.look_again();
                }
            }
        }
    }
    drop(listener);
    run.shut_down().await;
}

/// Processes messages until none is due.
pub(super) async fn run_once(connection: ConnectionHandle, worker: Worker) -> Result<u64> {
    let mut run = Run::new(connection, worker);
    loop {
        run.step().await?;
        if run.calls.is_empty() {
            if run.ended.is_empty() {
                return Ok(run.completed);
            }
            continue;
        }
        tokio::select! {
            ended = next(&mut run.calls) => run.on_call_ended(ended),
            () = sleep_until(run.next_renewal) => {}
        }
    }
}

type Ended = (Id, Result<Failed>);

/// The next call that ends.
async fn next(calls: &mut JoinSet<Result<Failed>>) -> Ended {
    match calls.join_next_with_id().await {
        Some(joined) => ended(joined),
        None => pending().await,
    }
}

/// A call that panicked or was aborted has failed.
fn ended(joined: Result<Ended, JoinError>) -> Ended {
    joined.unwrap_or_else(|error| (error.id(), Err(join_error(error))))
}

fn join_error(error: JoinError) -> Error {
    match error.try_into_panic() {
        Ok(panic) => panics::as_error(&*panic),
        Err(_) => Error::new(ErrorKind::Custom, "the handler was dropped"),
    }
}

/// A running worker.
struct Run {
    connection: ConnectionHandle,
    settings: Settings,
    schedules: Vec<(String, Duration)>,
    lanes: Vec<Lane>,
    /// The lane that is served next, round robin.
    first: usize,
    calls: JoinSet<Result<Failed>>,
    running: HashMap<Id, Running>,
    /// Ended calls whose results are not written to the outbox yet.
    ended: Vec<(Running, Result<()>)>,
    /// When the first of them ended.
    first_ended: Option<Instant>,
    wake: Arc<Wake>,
    installed: bool,
    look_for_schedules: bool,
    next_renewal: Instant,
    /// The number of completed messages.
    completed: u64,
}

/// A call of a handler.
struct Running {
    leased: Leased,
    messages: Vec<Message>,
    abort: Option<AbortHandle>,
}

impl Running {
    /// Removes the message at this position, as a call of its own.
    fn split_off(&mut self, position: usize) -> Self {
        let message = self.messages.remove(position);
        let leased = Leased { token: self.leased.token, ids: vec![message.id] };
        self.leased.ids.retain(|id| *id != message.id);
        Self { leased, messages: vec![message], abort: None }
    }
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
            calls: JoinSet::new(),
            running: HashMap::new(),
            ended: Vec::new(),
            first_ended: None,
            installed: false,
            look_for_schedules: true,
            next_renewal: Instant::now() + lease::interval(worker.settings.lease),
            completed: 0,
        }
    }

    /// Does all work that is due now: settles, renews, writes scheduled messages, starts calls.
    async fn step(&mut self) -> Result<()> {
        if !self.installed {
            Outbox::install(self.connection.name()).await?;
            self.installed = true;
        }
        while let Some(joined) = self.calls.try_join_next_with_id() {
            self.on_call_ended(ended(joined));
        }
        if self.must_settle() {
            self.settle().await?;
        }
        if Instant::now() >= self.next_renewal {
            self.renew().await?;
        }
        if std::mem::take(&mut self.look_for_schedules) {
            for (topic, period) in &self.schedules {
                Schedule::tick(&self.connection, topic, *period).await?;
            }
        }
        self.serve().await
    }

    /// The outbox may contain new messages.
    fn look_again(&mut self) {
        self.look_for_schedules = true;
        self.lanes.iter_mut().for_each(Lane::look_again);
    }

    /// Starts calls while there is capacity and a message. Lanes are served round robin, so a busy lane starves no
    /// other.
    async fn serve(&mut self) -> Result<()> {
        let mut idle = 0;
        while self.running.len() < self.settings.concurrency && idle < self.lanes.len() {
            let lane = self.first % self.lanes.len();
            self.first = lane + 1;
            let Settings { batch, lease, .. } = self.settings;
            self.lanes[lane].fill(&self.connection, batch, lease, !self.running.is_empty()).await?;
            failpoint::reach("outbox.claimed")?;
            match self.lanes[lane].next() {
                Some(delivery) => {
                    idle = 0;
                    self.start(lane, delivery);
                }
                None => idle += 1,
            }
        }
        Ok(())
    }

    fn start(&mut self, lane: usize, delivery: Delivery) {
        let Delivery { leased, messages } = delivery;
        let is_spent = messages.iter().any(|message| message.attempts > self.max_attempts(message));
        if is_spent {
            // The last attempt has no result: the message may have crashed its worker.
            let error = Error::new(ErrorKind::Custom, "the worker ended during the last attempt");
            self.settle_later(Running { leased, messages, abort: None }, Err(crate::permanent(error)));
            return;
        }
        let abort = self.calls.spawn(self.lanes[lane].handler.call(messages.clone()));
        self.running.insert(abort.id(), Running { leased, messages, abort: Some(abort) });
    }

    fn max_attempts(&self, message: &Message) -> i32 {
        message.max_attempts.unwrap_or(i32::try_from(self.settings.max_attempts).unwrap_or(i32::MAX))
    }

    /// Records the result of a call. The messages that failed by themselves are separated from the others.
    fn on_call_ended(&mut self, (id, result): Ended) {
        let Some(mut running) = self.running.remove(&id) else { return };
        let failed = match result {
            Ok(failed) => failed,
            Err(error) => return self.settle_later(running, Err(error)),
        };
        // In descending order, so that a removal does not change the positions of the others.
        let mut failed: Vec<_> =
            failed.into_iter().filter(|(position, _)| *position < running.messages.len()).collect();
        failed.sort_by_key(|(position, _)| std::cmp::Reverse(*position));
        for (position, error) in failed {
            let one = running.split_off(position);
            self.settle_later(one, Err(error));
        }
        self.settle_later(running, Ok(()));
    }

    /// Queues a result, which [`settle`](Self::settle) writes to the outbox.
    fn settle_later(&mut self, running: Running, result: Result<()>) {
        self.first_ended.get_or_insert_with(Instant::now);
        self.ended.push((running, result));
    }

    /// The time of the next write to the outbox: a renewal, or the results of ended calls.
    fn next_write(&self) -> Instant {
        self.first_ended.map_or(self.next_renewal, |since| self.next_renewal.min(since + SETTLE_DELAY))
    }

    /// Each write of results costs a commit. So it waits for a full batch, or until no message waits for a call, or for
    /// the settle delay.
    fn must_settle(&self) -> bool {
        let Some(since) = self.first_ended else { return false };
        self.ended.len() >= self.settings.batch
            || !self.lanes.iter().any(Lane::is_waiting)
            || since.elapsed() >= SETTLE_DELAY
    }

    /// Writes the results of ended calls to the outbox. The completed messages of a lease are deleted in one statement.
    async fn settle(&mut self) -> Result<()> {
        if self.ended.is_empty() {
            return Ok(());
        }
        failpoint::reach("outbox.handled")?;
        let mut done: HashMap<uuid::Uuid, Vec<i64>> = HashMap::new();
        for (running, _) in self.ended.iter().filter(|(_, result)| result.is_ok()) {
            done.entry(running.leased.token).or_default().extend(&running.leased.ids);
        }
        for (token, ids) in done {
            self.completed += Leased { token, ids }.complete(&self.connection).await?;
        }
        // After an error above, the next settle deletes the same messages again, which is harmless.
        let done = self.ended.extract_if(.., |(_, result)| result.is_ok());
        let mut unblocked = false;
        for (running, _) in done {
            count(&self.connection, &running.messages, "done");
            unblocked |= running.messages.iter().any(|message| message.key.is_some());
        }
        if unblocked {
            self.lanes.iter_mut().for_each(Lane::look_again);
        }
        while let Some((running, result)) = self.ended.pop() {
            let Err(error) = &result else { continue };
            if let Err(unsettled) = self.fail(&running, error).await {
                self.ended.push((running, result));
                return Err(unsettled);
            }
        }
        self.first_ended = None;
        failpoint::reach("outbox.settled")
    }

    /// Schedules a retry of each message of a failed call, or makes it a dead letter.
    async fn fail(&self, running: &Running, error: &Error) -> Result<()> {
        for message in &running.messages {
            let leased = Leased { token: running.leased.token, ids: vec![message.id] };
            let is_permanent = Verdict::marked(error) == Some(Verdict::Permanent);
            let attempt = u32::try_from(message.attempts).unwrap_or(u32::MAX);
            let is_dead = is_permanent || message.attempts >= self.max_attempts(message);
            if is_dead && !failpoint::is_broken("outbox.poison") {
                leased.mark_dead(&self.connection, &error.to_string()).await?;
                count(&self.connection, std::slice::from_ref(message), "dead");
                tracing::error!(target: "activerecord", connection = self.connection.name(), topic = message.topic, id = message.id, attempt, %error, "a message became a dead letter");
            } else {
                leased.retry(&self.connection, self.settings.backoff.pause(attempt), error).await?;
                count(&self.connection, std::slice::from_ref(message), "retried");
                tracing::warn!(target: "activerecord", connection = self.connection.name(), topic = message.topic, id = message.id, attempt, %error, "a message is retried");
            }
        }
        Ok(())
    }

    /// Renews the leases of all claimed messages, and aborts the calls whose lease is lost.
    async fn renew(&mut self) -> Result<()> {
        for running in self.running.values() {
            let kept = running.leased.extend(&self.connection, self.settings.lease).await?;
            if kept.len() < running.leased.ids.len() {
                tracing::warn!(target: "activerecord", connection = self.connection.name(), ids = ?running.leased.ids, "the lease of a message is lost");
                if let Some(abort) = &running.abort {
                    abort.abort();
                }
            }
        }
        for lane in &mut self.lanes {
            if let Some(leased) = lane.leased() {
                let kept = leased.extend(&self.connection, self.settings.lease).await?;
                lane.retain(&kept);
            }
        }
        self.next_renewal = Instant::now() + lease::interval(self.settings.lease);
        Ok(())
    }

    /// Releases the waiting messages and waits for the running calls, for the drain time at most.
    async fn shut_down(mut self) {
        let end = Instant::now() + self.settings.drain;
        loop {
            let drained = self.drain(end).await;
            let Err(error) = drained else { break };
            tracing::warn!(target: "activerecord", connection = self.connection.name(), %error, "a worker that shuts down cannot access its outbox and retries");
            if timeout_at(end, sleep(Duration::from_millis(100))).await.is_err() {
                break;
            }
        }
    }

    async fn drain(&mut self, end: Instant) -> Result<()> {
        for lane in &mut self.lanes {
            if let Some(leased) = lane.leased() {
                leased.release(&self.connection).await?;
                lane.clear();
            }
        }
        while !self.running.is_empty() {
            tokio::select! {
                ended = next(&mut self.calls) => self.on_call_ended(ended),
                () = sleep_until(self.next_renewal) => self.renew().await?,
                () = sleep_until(end) => break,
            }
        }
        self.settle().await?;
        self.calls.abort_all();
        let error = Error::new(ErrorKind::Custom, "the worker was shut down before the handler ended");
        for (_, running) in self.running.drain() {
            running.leased.retry(&self.connection, Duration::ZERO, &error).await?;
        }
        Ok(())
    }
}

fn count(connection: &ConnectionHandle, messages: &[Message], outcome: &'static str) {
    for message in messages {
        metrics::counter!(
            "activerecord_tasks_total",
            "connection" => connection.name().to_owned(), "topic" => message.topic.clone(), "outcome" => outcome
        )
        .increment(1);
    }
}
