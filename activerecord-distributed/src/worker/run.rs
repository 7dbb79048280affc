//! The life of a worker: one loop, which alone speaks to the outbox, and the calls of handlers beside it.

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
use crate::outbox::{self, Held, Message, Outbox, Schedule, Wake};
use crate::panics;
use crate::verdict::Verdict;

/// How long the end of a call may wait to be told.
const UNTOLD: Duration = Duration::from_millis(20);

/// Works until `shutdown` is done, and lets the handlers finish.
pub(super) async fn run(connection: ConnectionHandle, worker: Worker, shutdown: impl Future<Output = ()>) {
    let mut run = Run::new(connection, worker);
    let mut beside = JoinSet::new();
    beside.spawn(outbox::listen(run.connection.clone(), Arc::clone(&run.wake)));
    let mut shutdown = pin!(shutdown);
    loop {
        let waits = match run.step().await {
            Ok(()) => run.settings.poll,
            Err(error) => {
                tracing::warn!(target: "activerecord", connection = run.connection.name(), %error, "a worker waits for its outbox");
                run.settings.poll.max(Duration::from_secs(1))
            }
        };
        let next_poll = Instant::now() + waits;
        let next_step = run.next_word().min(next_poll);
        tokio::select! {
            biased;
            () = &mut shutdown => break,
            ended = next(&mut run.calls) => run.note(ended),
            () = run.wake.woken() => run.look_again(),
            () = sleep_until(next_step) => {
                if Instant::now() >= next_poll {
                    run.look_again();
                }
            }
        }
    }
    drop(beside);
    run.leave().await;
}

/// Works off what is due.
pub(super) async fn run_once(connection: ConnectionHandle, worker: Worker) -> Result<u64> {
    let mut run = Run::new(connection, worker);
    loop {
        run.step().await?;
        if run.calls.is_empty() {
            if run.ended.is_empty() {
                return Ok(run.gone);
            }
            continue;
        }
        tokio::select! {
            ended = next(&mut run.calls) => run.note(ended),
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

/// What panics has failed.
fn ended(joined: Result<Ended, JoinError>) -> Ended {
    joined.unwrap_or_else(|error| (error.id(), Err(ended_badly(error))))
}

fn ended_badly(error: JoinError) -> Error {
    match error.try_into_panic() {
        Ok(panic) => panics::as_error(&*panic),
        Err(_) => Error::new(ErrorKind::Custom, "the handler was dropped"),
    }
}

/// A worker at work.
struct Run {
    connection: ConnectionHandle,
    settings: Settings,
    schedules: Vec<(String, Duration)>,
    lanes: Vec<Lane>,
    /// The lane that is served first: each in its turn.
    first: usize,
    calls: JoinSet<Result<Failed>>,
    running: HashMap<Id, Running>,
    /// Calls that have ended, and whose messages have not been let go.
    ended: Vec<(Running, Result<()>)>,
    /// Since when the first of them waits.
    first_ended: Option<Instant>,
    wake: Arc<Wake>,
    installed: bool,
    look_for_schedules: bool,
    next_renewal: Instant,
    /// How many messages are done.
    gone: u64,
}

/// A call of a handler.
struct Running {
    held: Held,
    messages: Vec<Message>,
    abort: Option<AbortHandle>,
}

impl Running {
    /// The message at this place, by itself.
    fn split_off(&mut self, place: usize) -> Self {
        let message = self.messages.remove(place);
        let held = Held { token: self.held.token, ids: vec![message.id] };
        self.held.ids.retain(|id| *id != message.id);
        Self { held, messages: vec![message], abort: None }
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
            gone: 0,
        }
    }

    /// Everything that there is to do now.
    async fn step(&mut self) -> Result<()> {
        if !self.installed {
            Outbox::install(self.connection.name()).await?;
            self.installed = true;
        }
        while let Some(joined) = self.calls.try_join_next_with_id() {
            self.note(ended(joined));
        }
        if self.is_time_to_settle() {
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

    fn look_again(&mut self) {
        self.look_for_schedules = true;
        self.lanes.iter_mut().for_each(Lane::look_again);
    }

    /// Starts calls while there is room and something to do. Lanes take turns, so that a busy one starves none.
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
        let Delivery { held, messages } = delivery;
        let spent = messages.iter().any(|message| message.attempts > self.limit(message));
        if spent {
            // Its last attempt never came to its end: it may have ended its worker.
            let error = Error::new(ErrorKind::Custom, "its last attempt never came to an end");
            self.end(Running { held, messages, abort: None }, Err(crate::permanent(error)));
            return;
        }
        let abort = self.calls.spawn(self.lanes[lane].handler.call(messages.clone()));
        self.running.insert(abort.id(), Running { held, messages, abort: Some(abort) });
    }

    fn limit(&self, message: &Message) -> i32 {
        message.max_attempts.unwrap_or(i32::try_from(self.settings.max_attempts).unwrap_or(i32::MAX))
    }

    fn note(&mut self, (id, result): Ended) {
        let Some(mut running) = self.running.remove(&id) else { return };
        let failed = match result {
            Ok(failed) => failed,
            Err(error) => return self.end(running, Err(error)),
        };
        // From the last one on, so that the places of the others stay what they are.
        let mut failed: Vec<_> = failed.into_iter().filter(|(place, _)| *place < running.messages.len()).collect();
        failed.sort_by_key(|(place, _)| std::cmp::Reverse(*place));
        for (place, error) in failed {
            let one = running.split_off(place);
            self.end(one, Err(error));
        }
        self.end(running, Ok(()));
    }

    /// The outbox is to be told.
    fn end(&mut self, running: Running, result: Result<()>) {
        self.first_ended.get_or_insert_with(Instant::now);
        self.ended.push((running, result));
    }

    /// When the outbox has to hear of what is in hand.
    fn next_word(&self) -> Instant {
        self.first_ended.map_or(self.next_renewal, |since| self.next_renewal.min(since + UNTOLD))
    }

    /// A word to the outbox costs a commit. So it waits until there is a batch to tell of, nothing to start meanwhile, or
    /// somebody who may wait for it.
    fn is_time_to_settle(&self) -> bool {
        let Some(since) = self.first_ended else { return false };
        self.ended.len() >= self.settings.batch || !self.lanes.iter().any(Lane::is_waiting) || since.elapsed() >= UNTOLD
    }

    /// Lets go of the messages of calls that have ended: those that are done all at once, by their lease.
    async fn settle(&mut self) -> Result<()> {
        if self.ended.is_empty() {
            return Ok(());
        }
        failpoint::reach("outbox.handled")?;
        let mut done: HashMap<uuid::Uuid, Vec<i64>> = HashMap::new();
        for (running, _) in self.ended.iter().filter(|(_, result)| result.is_ok()) {
            done.entry(running.held.token).or_default().extend(&running.held.ids);
        }
        for (token, ids) in done {
            self.gone += Held { token, ids }.complete(&self.connection).await?;
        }
        // What is still in the list after an error is let go of again, which finds nothing to do.
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

    async fn fail(&self, running: &Running, error: &Error) -> Result<()> {
        for message in &running.messages {
            let held = Held { token: running.held.token, ids: vec![message.id] };
            let permanent = Verdict::said(error) == Some(Verdict::Permanent);
            let attempt = u32::try_from(message.attempts).unwrap_or(u32::MAX);
            let spent = permanent || message.attempts >= self.limit(message);
            if spent && !failpoint::is_broken("outbox.poison") {
                held.bury(&self.connection, &error.to_string()).await?;
                count(&self.connection, std::slice::from_ref(message), "dead");
                tracing::error!(target: "activerecord", connection = self.connection.name(), topic = message.topic, id = message.id, attempt, %error, "a message is a dead letter");
            } else {
                held.retry(&self.connection, self.settings.backoff.pause(attempt), error).await?;
                count(&self.connection, std::slice::from_ref(message), "retried");
                tracing::warn!(target: "activerecord", connection = self.connection.name(), topic = message.topic, id = message.id, attempt, %error, "a message is tried again");
            }
        }
        Ok(())
    }

    /// Renews the lease on everything in hand, and drops the calls whose messages somebody else has.
    async fn renew(&mut self) -> Result<()> {
        for running in self.running.values() {
            let kept = running.held.extend(&self.connection, self.settings.lease).await?;
            if kept.len() < running.held.ids.len() {
                tracing::warn!(target: "activerecord", connection = self.connection.name(), ids = ?running.held.ids, "the lease on a message is lost");
                if let Some(abort) = &running.abort {
                    abort.abort();
                }
            }
        }
        for lane in &mut self.lanes {
            if let Some(held) = lane.held() {
                let kept = held.extend(&self.connection, self.settings.lease).await?;
                lane.keep(&kept);
            }
        }
        self.next_renewal = Instant::now() + lease::interval(self.settings.lease);
        Ok(())
    }

    /// Gives back what waits, and lets the calls finish.
    async fn leave(mut self) {
        let end = Instant::now() + self.settings.drain;
        loop {
            let left = self.finish(end).await;
            let Err(error) = left else { break };
            tracing::warn!(target: "activerecord", connection = self.connection.name(), %error, "a worker that leaves waits for its outbox");
            if timeout_at(end, sleep(Duration::from_millis(100))).await.is_err() {
                break;
            }
        }
    }

    async fn finish(&mut self, end: Instant) -> Result<()> {
        for lane in &mut self.lanes {
            if let Some(held) = lane.held() {
                held.release(&self.connection).await?;
                lane.clear();
            }
        }
        while !self.running.is_empty() {
            tokio::select! {
                ended = next(&mut self.calls) => self.note(ended),
                () = sleep_until(self.next_renewal) => self.renew().await?,
                () = sleep_until(end) => break,
            }
        }
        self.settle().await?;
        self.calls.abort_all();
        let error = Error::new(ErrorKind::Custom, "the worker was shut down before its handler had finished");
        for (_, running) in self.running.drain() {
            running.held.retry(&self.connection, Duration::ZERO, &error).await?;
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
