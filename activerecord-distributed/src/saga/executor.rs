//! The executor of a saga: it runs the steps, or compensates them.

use std::sync::Arc;
use std::time::Duration;

use activerecord_core::{ActiveRecord, ConnectionHandle, Error, ErrorKind, Result, Scalar};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::stream::{self, StreamExt as _};
use tokio::time::{Instant, timeout};
use uuid::Uuid;

use super::context::StepContext;
use super::definition::{Definition, Resumed};
use super::log::{self, Log};
use super::record::{SagaRecord, SagaState, SagaStep, StepState};
use super::step::Step;
use super::{barrier, registry};
use crate::clock::later;
use crate::error::{COMPENSATED, ProtocolError as _};
use crate::failpoint;
use crate::lease::{Cover, with_lease};
use crate::meters::number;
use crate::verdict::Verdict;

/// How many sagas of a log are resumed concurrently.
const CONCURRENCY: usize = 8;

/// Starts a saga, or resumes the one of this id.
pub(super) async fn run(definition: Definition, id: Uuid, input: String) -> Result<()> {
    let connection = log::installed(&definition.log).await?;
    if connection.in_transaction() {
        return Err(Error::new(
            ErrorKind::Transaction,
            format!(
                "the saga `{}` cannot run inside a transaction on `{}`: a rollback would remove its log",
                definition.name, definition.log
            ),
        ));
    }
    if let Some(record) = log::find(&connection, id).await? {
        return resume(&connection, &record).await;
    }
    let asked = Instant::now();
    let now = connection.now().await?;
    let record = SagaRecord {
        id,
        name: definition.name.clone(),
        definition_version: definition.version,
        input,
        state: SagaState::Running,
        unwinding: false,
        token: 1,
        lease_until: later(now, definition.lease),
        deadline: definition.deadline.and_then(|deadline| now.checked_add_signed(TimeDelta::from_std(deadline).ok()?)),
        error: None,
        note: None,
        created_at: now,
    };
    match Log::begin(connection.clone(), record.clone(), definition.lease, asked).await {
        Ok(log) => execute(definition, log, record, Vec::new()).await,
        // Another process started the same id concurrently.
        Err(error) if error.is_unique_violation() => match log::find(&connection, id).await? {
            Some(record) => resume(&connection, &record).await,
            None => Err(error),
        },
        Err(error) => Err(error),
    }
}

/// Resumes every running saga of a log whose lease has expired.
pub(super) async fn resume_all(connection: &ConnectionHandle) -> Result<Resumed> {
    let mut resumed = Resumed::default();
    let now = connection.now().await?;
    let due = SagaRecord::STATE.eq(SagaState::Running) & SagaRecord::LEASE_UNTIL.le(now);
    let due = SagaRecord::using(connection.name()).filter(due).order_by(SagaRecord::CREATED_AT.asc()).all().await?;
    let (known, unknown): (Vec<_>, Vec<_>) = due.into_iter().partition(|record| registry::is_registered(&record.name));
    resumed.unknown.extend(unknown.into_iter().map(|record| record.id));
    let resuming = known.into_iter().map(|record| async move { (record.id, resume(connection, &record).await) });
    let mut ended = stream::iter(resuming).buffer_unordered(CONCURRENCY);
    while let Some((id, outcome)) = ended.next().await {
        resumed.record(id, outcome);
    }
    let stuck = SagaRecord::using(connection.name()).filter(SagaRecord::STATE.eq(SagaState::Stuck)).count().await?;
    metrics::gauge!("activerecord_sagas_stuck", "connection" => connection.name().to_owned()).set(number(stuck));
    Ok(resumed)
}

/// Resumes a saga, unless it has ended or another executor holds its lease.
pub(super) async fn resume(connection: &ConnectionHandle, record: &SagaRecord) -> Result<()> {
    let (name, id) = (&record.name, record.id);
    let why = || record.error.clone().unwrap_or_default();
    match record.state {
        SagaState::Running => {}
        SagaState::Done => return Ok(()),
        SagaState::Compensated => return Err(compensated(name, id, Error::new(ErrorKind::Custom, why()))),
        SagaState::Stuck => return Err(log::stuck(name, id, &why())),
        SagaState::Abandoned => return Err(log::stuck(name, id, "an operator abandoned it")),
    }
    let definition = registry::find(name, record.definition_version);
    let lease = definition.as_ref().map_or(crate::lease::LENGTH, |definition| definition.lease);
    let Some(log) = Log::take_over(connection.clone(), record, lease).await? else {
        return Err(crate::lease::lost("another executor has taken over the saga"));
    };
    // Read after the takeover: from now on no other executor can write them. The former one could, with the same token, after
    // `record` was read.
    let record = match log::find(connection, id).await? {
        Some(current) if !failpoint::is_broken("saga.reread") => current,
        _ => record.clone(),
    };
    let steps = log::steps(connection, id).await?;
    match definition {
        Some(definition) => execute(definition, log, record, steps).await,
        None => {
            let why = format!("this process has no version {} of its definition", record.definition_version);
            set_stuck(&log, name, &why).await
        }
    }
}

/// Runs a saga under its lease.
async fn execute(definition: Definition, log: Log, record: SagaRecord, steps: Vec<SagaStep>) -> Result<()> {
    let span = tracing::info_span!(target: "activerecord", "saga", name = record.name, id = %record.id);
    let (lease, name, id) = (definition.lease, record.name.clone(), record.id);
    let unwinding = record.unwinding;
    let mut run = Run::new(definition, log.clone(), record, steps);
    let work = async {
        if let Err(why) = run.check_steps() {
            return set_stuck(&run.log, &name, &why).await;
        }
        if unwinding { run.compensate(None).await } else { run.forward().await }
    };
    let end = tracing::Instrument::instrument(with_lease(&log.held, lease, || log.renew(), work), span).await;
    let outcome = match &end {
        Ok(()) => "done",
        Err(error) if error.is_compensated() => "compensated",
        Err(error) if error.is_stuck() => "stuck",
        Err(error) if error.is_lease_lost() => "lost",
        Err(_) => {
            // Another executor can resume it at once. If the release fails, the lease expires by itself.
            let _ = log.release().await;
            "interrupted"
        }
    };
    metrics::counter!("activerecord_sagas_total", "saga" => name, "outcome" => outcome).increment(1);
    if let Err(error) = &end {
        tracing::warn!(target: "activerecord", %id, outcome, %error, "a saga did not complete");
    }
    end
}

async fn set_stuck(log: &Log, name: &str, why: &str) -> Result<()> {
    log.end_stuck(why).await?;
    Err(log::stuck(name, log.id, why))
}

#[cold]
fn compensated(name: &str, id: Uuid, error: Error) -> Error {
    let message = format!("the saga `{name}` ({id}) was compensated: {error}");
    Error::new(COMPENSATED, message).with_source(error)
}

const NO_OUTPUT: &str = "the outcome of its action is unknown, and its output cannot be null; let the action return an \
                         `Option` or `()` to have it compensated";

/// A transaction that was too long is rolled back. What another action has done is unknown.
#[cold]
fn too_long(step: &Step, limit: Duration) -> Error {
    let kind = if step.connection.is_some() { ErrorKind::StatementTimeout } else { ErrorKind::CommitOutcomeUnknown };
    let limit = humantime::format_duration(limit);
    Error::new(kind, format!("step `{}` did not end within {limit}; see Saga::step_timeout", step.name))
}

/// One execution of a saga.
struct Run {
    definition: Definition,
    log: Log,
    input: Arc<str>,
    deadline: Option<DateTime<Utc>>,
    error: Option<String>,
    /// The rows of the log, by position.
    steps: Vec<SagaStep>,
    /// A completed step. Its outcome is written together with the start of the next step, in one transaction.
    unwritten: Option<SagaStep>,
}

impl Run {
    fn new(definition: Definition, log: Log, record: SagaRecord, steps: Vec<SagaStep>) -> Self {
        let (input, deadline, error) = (record.input.into(), record.deadline, record.error);
        Self { definition, log, input, deadline, error, steps, unwritten: None }
    }

    /// Checks that each step in the log has the same name and position in the definition.
    fn check_steps(&self) -> Result<(), String> {
        match self.steps.iter().find(|step| self.definition.step_at(step.position, &step.name).is_none()) {
            None => Ok(()),
            Some(_) if failpoint::is_broken("saga.steps") => Ok(()),
            Some(step) => Err(format!(
                "step {} is `{}` in the log, but not in version {} of the definition",
                step.position, step.name, self.definition.version
            )),
        }
    }

    fn context(&self, row: &SagaStep) -> Arc<StepContext> {
        let done = self.steps.iter().filter(|step| step.position < row.position);
        let outputs = done.filter_map(|step| Some((step.name.clone(), step.output.clone()?)));
        Arc::new(StepContext {
            saga: self.log.id,
            step: row.name.clone(),
            position: row.position,
            attempt: u32::try_from(row.attempts).unwrap_or(1),
            input: Arc::clone(&self.input),
            outputs: outputs.collect(),
        })
    }

    /// Whether a pivot step has completed.
    fn is_past_pivot(&self) -> bool {
        let done = self.steps.iter().filter(|step| step.state == StepState::Succeeded);
        done.filter_map(|step| self.definition.step_at(step.position, &step.name)).any(Step::is_pivot)
    }

    /// Runs the steps that have not completed.
    async fn forward(&mut self) -> Result<()> {
        for (position, step) in self.definition.clone().steps.iter().enumerate() {
            let over = |row: &SagaStep| matches!(row.state, StepState::Succeeded | StepState::Skipped);
            if self.steps.get(position).is_some_and(over) {
                continue;
            }
            let mut row = log::started(self.log.id, i32::try_from(position).unwrap_or(i32::MAX), &step.name);
            // An attempt of an earlier executor may have taken effect, or may still do so.
            let mut doubtful = self.steps.get(position).is_some_and(|row| row.doubtful);
            self.steps.truncate(position);
            if let Some(error) = self.attempt(step, &mut row, &mut doubtful).await? {
                return self.fail(row, error).await;
            }
            self.steps.push(row.clone());
            self.unwritten = Some(row);
        }
        if let Some(last) = self.unwritten.take() {
            self.log.write(&[last]).await?;
        }
        failpoint::reach("saga.succeeded")?;
        self.log.end(SagaState::Done).await?;
        failpoint::reach("saga.done")
    }

    /// Runs an action until it succeeds. `Ok(Some(error))` is the action's last error; `Err` is an error of the log,
    /// which does not tell the outcome of the action.
    async fn attempt(&mut self, step: &Step, row: &mut SagaStep, doubtful: &mut bool) -> Result<Option<Error>> {
        loop {
            row.attempts += 1;
            (row.state, row.doubtful) = (StepState::Started, true);
            let begun: Vec<_> = self.unwritten.iter().chain([&*row]).cloned().collect();
            self.log.write(&begun).await?;
            self.unwritten = None;
            failpoint::reach("saga.started")?;
            let acted = self.act(step, self.context(row)).await;
            failpoint::reach("saga.acted")?;
            let error = match acted {
                Ok(output) => {
                    (row.state, row.output, row.doubtful) = (StepState::Succeeded, Some(output), false);
                    return Ok(None);
                }
                Err(error) if error.is_lease_lost() => return Err(error),
                Err(error) => error,
            };
            *doubtful |= error.is_commit_outcome_unknown();
            (row.state, row.doubtful, row.error) = (StepState::Failed, *doubtful, Some(error.to_string()));
            let attempts = u32::try_from(row.attempts).unwrap_or(u32::MAX);
            let pause = self.definition.backoff.pause(attempts);
            let last = Verdict::of(&error) == Verdict::Permanent || attempts >= self.definition.attempts;
            if last || self.is_overdue(pause).await? {
                return Ok(Some(error));
            }
            self.log.write(std::slice::from_ref(row)).await?;
            tracing::debug!(target: "activerecord", step = step.name, attempts, %error, "a step is retried");
            tokio::time::sleep(pause).await;
        }
    }

    /// Runs an action, for the time limit at most.
    async fn act(&self, step: &Step, context: Arc<StepContext>) -> Result<String> {
        let _cover = self.covered(step);
        let limit = self.definition.step_timeout;
        let acted = async {
            match &step.connection {
                Some(connection) => barrier::act(connection, step, &context).await,
                None => step.act(context).await,
            }
        };
        timeout(limit, acted).await.unwrap_or_else(|_| Err(too_long(step, limit)))
    }

    /// Keeps the lease during a step in the log's own database, if that has one writer at a time: the transaction of the step
    /// locks out the renewal, and every takeover too. The barrier makes the effect happen once in any case.
    fn covered(&self, step: &Step) -> Option<Cover<'_>> {
        let log = &self.log.connection;
        let is_locked_out =
            !log.capabilities().concurrent_writers && step.connection.as_deref().is_some_and(|on| on == log.name());
        (is_locked_out && !failpoint::is_broken("saga.cover")).then(|| self.log.held.cover(self.definition.lease))
    }

    async fn is_overdue(&self, pause: Duration) -> Result<bool> {
        let Some(deadline) = self.deadline else { return Ok(false) };
        Ok(self.log.now().await? + pause > deadline)
    }

    /// Handles a step that failed and is not retried: compensates the saga, or marks it stuck after a pivot.
    async fn fail(&mut self, row: SagaStep, error: Error) -> Result<()> {
        if self.is_past_pivot() {
            let why = format!("step `{}` failed after a pivot step, which cannot be compensated: {error}", row.name);
            self.log.write(&[row]).await?;
            return set_stuck(&self.log, &self.definition.name, &why).await;
        }
        let why = format!("step `{}` failed: {error}", row.name);
        self.log.start_compensation(&row, &why).await?;
        failpoint::reach("saga.failed")?;
        self.error = Some(why);
        self.steps.push(row);
        self.compensate(Some(error)).await
    }

    /// Compensates the steps that may have had an effect, in reverse order.
    async fn compensate(&mut self, error: Option<Error>) -> Result<()> {
        let definition = Arc::clone(&self.definition);
        while let Some(mut row) = self.steps.pop() {
            let Some(step) = definition.step_at(row.position, &row.name) else { continue };
            let undone = match row.state {
                StepState::Undone | StepState::Skipped => continue,
                StepState::Started | StepState::Failed if !row.doubtful => Ok(()),
                StepState::Started | StepState::Failed if step.connection.is_none() && !step.takes_null => {
                    Err(Error::new(ErrorKind::Custom, NO_OUTPUT))
                }
                _ => self.undo(step, &mut row).await,
            };
            if let Err(error) = undone
                && !failpoint::is_broken("saga.stuck")
            {
                if error.is_lease_lost() {
                    return Err(error);
                }
                row.error = Some(error.to_string());
                self.log.write(std::slice::from_ref(&row)).await?;
                let why = format!("step `{}` cannot be compensated: {error}", row.name);
                return set_stuck(&self.log, &self.definition.name, &why).await;
            }
            row.state = StepState::Undone;
            self.log.write(&[row]).await?;
            failpoint::reach("saga.undone")?;
        }
        self.log.end(SagaState::Compensated).await?;
        failpoint::reach("saga.compensated")?;
        let error = error.unwrap_or_else(|| Error::new(ErrorKind::Custom, self.error.clone().unwrap_or_default()));
        Err(compensated(&self.definition.name, self.log.id, error))
    }

    /// Runs a compensating action, for the time limit at most. An output that is unknown is null.
    async fn undo_once(&self, step: &Step, row: &SagaStep) -> Result<()> {
        let (_cover, context, limit) = (self.covered(step), self.context(row), self.definition.step_timeout);
        let undone = async {
            match &step.connection {
                Some(connection) => barrier::undo(connection, step, &context).await,
                None => step.undo(context, row.output.clone().unwrap_or_else(|| "null".into())).await,
            }
        };
        timeout(limit, undone).await.unwrap_or_else(|_| Err(too_long(step, limit)))
    }

    /// Runs a compensating action until it succeeds or its attempts are used up.
    async fn undo(&self, step: &Step, row: &mut SagaStep) -> Result<()> {
        row.attempts = 0;
        loop {
            row.attempts += 1;
            let undone = self.undo_once(step, row).await;
            failpoint::reach("saga.reverted")?;
            let attempts = u32::try_from(row.attempts).unwrap_or(u32::MAX);
            match undone {
                Err(error) if !error.is_lease_lost() && attempts < self.definition.attempts => {
                    tracing::debug!(target: "activerecord", step = step.name, attempts, %error, "a compensating action is retried");
                    tokio::time::sleep(self.definition.backoff.pause(attempts)).await;
                }
                undone => return undone,
            }
        }
    }
}
