//! The executor of a saga: it runs the steps, or compensates them.

use std::sync::Arc;

use activerecord_core::{ActiveRecord, ConnectionHandle, Error, ErrorKind, Result, Scalar};
use chrono::{DateTime, TimeDelta, Utc};
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
use crate::lease::with_lease;
use crate::meters::number;
use crate::verdict::Verdict;

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
    match Log::begin(connection.clone(), record.clone(), definition.lease).await {
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
    for record in due {
        if registry::is_registered(&record.name) {
            let outcome = resume(connection, &record).await;
            resumed.record(record.id, outcome);
        } else {
            resumed.unknown.push(record.id);
        }
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
    // Read after the takeover: from now on no other executor can write them.
    let steps = log::steps(connection, id).await?;
    match definition {
        Some(definition) => execute(definition, log, record.clone(), steps).await,
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
    let end = tracing::Instrument::instrument(with_lease(lease, || log.renew(), work), span).await;
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
    log.end(SagaState::Stuck, Some(why)).await?;
    Err(log::stuck(name, log.id, why))
}

#[cold]
fn compensated(name: &str, id: Uuid, error: Error) -> Error {
    let message = format!("the saga `{name}` ({id}) was compensated: {error}");
    Error::new(COMPENSATED, message).with_source(error)
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
        self.log.end(SagaState::Done, None).await?;
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
            let context = self.context(row);
            let acted = match &step.connection {
                Some(connection) => barrier::act(connection, step, &context).await,
                None => step.act(context).await,
            };
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

    async fn is_overdue(&self, pause: std::time::Duration) -> Result<bool> {
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
            let undone = match (row.state, &step.connection) {
                (StepState::Undone | StepState::Skipped, _) => continue,
                (StepState::Started | StepState::Failed, _) if !row.doubtful => Ok(()),
                (StepState::Succeeded, _) | (_, Some(_)) => self.undo(step, &mut row).await,
                (StepState::Started | StepState::Failed, None) => {
                    Err(Error::new(ErrorKind::Custom, "the outcome of its action is unknown"))
                }
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
            self.log.write(std::slice::from_ref(&row)).await?;
            failpoint::reach("saga.undone")?;
        }
        self.log.end(SagaState::Compensated, None).await?;
        failpoint::reach("saga.compensated")?;
        let error = error.unwrap_or_else(|| Error::new(ErrorKind::Custom, self.error.clone().unwrap_or_default()));
        Err(compensated(&self.definition.name, self.log.id, error))
    }

    /// Runs a compensating action until it succeeds or its attempts are used up.
    async fn undo(&self, step: &Step, row: &mut SagaStep) -> Result<()> {
        row.attempts = 0;
        loop {
            row.attempts += 1;
            let context = self.context(row);
            let undone = match &step.connection {
                Some(connection) => barrier::undo(connection, step, &context).await,
                None => step.undo(context, row.output.clone().unwrap_or_default()).await,
            };
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
