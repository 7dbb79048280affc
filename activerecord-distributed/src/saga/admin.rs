//! Deciding about sagas that are stuck.

use activerecord_core::{ActiveRecord, ConnectionHandle, Error, ErrorKind, Result, Scalar, transaction};
use uuid::Uuid;

use super::definition::Resumed;
use super::record::{SagaRecord, SagaState, SagaStep, StepState};
use super::{executor, log};

/// The sagas of one log, for those who look after them.
#[derive(Clone, Debug)]
pub struct Sagas {
    connection: String,
}

impl Sagas {
    /// The log on the connection of this name.
    pub fn on(connection: impl Into<String>) -> Self {
        Self { connection: connection.into() }
    }

    /// The sagas in this state, or in any; the oldest first, `limit` at most.
    ///
    /// # Errors
    /// Whatever the database reports.
    pub async fn list(&self, state: Option<SagaState>, limit: u64) -> Result<Vec<SagaRecord>> {
        let connection = self.installed().await?;
        let sagas = SagaRecord::using(connection.name()).order_by((SagaRecord::CREATED_AT.asc(), SagaRecord::ID.asc()));
        let sagas = match state {
            Some(state) => sagas.filter(SagaRecord::STATE.eq(state)),
            None => sagas,
        };
        sagas.limit(limit).all().await
    }

    /// A saga, with the steps that were begun.
    ///
    /// # Errors
    /// `NotFound` when there is none of this id.
    pub async fn find(&self, id: Uuid) -> Result<(SagaRecord, Vec<SagaStep>)> {
        let connection = self.installed().await?;
        let record = self.record(&connection, id).await?;
        Ok((record, log::steps(&connection, id).await?))
    }

    /// Goes on with every saga of this log whose process has died: [`Saga::resume_all`](super::Saga::resume_all) does so with
    /// every log.
    ///
    /// # Errors
    /// Whatever the database reports when it is looked for work.
    pub async fn resume_all(&self) -> Result<Resumed> {
        executor::resume_all(&self.installed().await?).await
    }

    /// Goes on with a stuck saga where it stopped, in this process, which must know its definition.
    ///
    /// # Errors
    /// As [`Saga::run`](super::Saga::run); `Configuration` when this process does not know the definition; `NotFound` when the
    /// saga is not stuck.
    pub async fn resume(&self, id: Uuid, reason: &str) -> Result<()> {
        let connection = self.installed().await?;
        let record = self.record(&connection, id).await?;
        if !super::registry::knows(&record.name) {
            let what = format!("this program knows no saga `{}`: register its definition", record.name);
            return Err(Error::configuration(what));
        }
        self.release(id, reason).await?;
        executor::resume(&connection, &self.record(&connection, id).await?).await
    }

    /// Has a stuck saga taken up again by the next [`Saga::resume_all`](super::Saga::resume_all), in whichever process.
    ///
    /// # Errors
    /// `NotFound` when the saga is not stuck.
    pub async fn release(&self, id: Uuid, reason: &str) -> Result<()> {
        let connection = self.installed().await?;
        self.decide(&connection, id, SagaState::Running, reason).await
    }

    /// Passes over the step at which a stuck saga stopped: on the way forward it counts as done, on the way back as undone.
    /// Whoever says so has seen to it. The saga is then taken up again, as by [`release`](Self::release).
    ///
    /// # Errors
    /// `NotFound` when the saga is not stuck, or has not begun a step.
    pub async fn skip(&self, id: Uuid, reason: &str) -> Result<()> {
        let connection = self.installed().await?;
        let name = connection.name();
        let record = self.record(&connection, id).await?;
        transaction(name, async || {
            let open = |step: &SagaStep| match record.unwinding {
                true => !matches!(step.state, StepState::Undone | StepState::Skipped),
                false => !matches!(step.state, StepState::Succeeded | StepState::Skipped),
            };
            let steps = log::steps(&connection, id).await?;
            let Some(mut step) = steps.into_iter().rfind(open) else {
                return Err(Error::new(ErrorKind::NotFound, format!("the saga {id} stopped at no step of its own")));
            };
            (step.state, step.error) = (StepState::Skipped, Some(reason.to_owned()));
            SagaStep::with_connection(name, async || step.update().await).await?;
            self.decide(&connection, id, SagaState::Running, reason).await
        })
        .await
    }

    /// Gives a stuck saga up as it is.
    ///
    /// # Errors
    /// `NotFound` when the saga is not stuck.
    pub async fn abandon(&self, id: Uuid, reason: &str) -> Result<()> {
        let connection = self.installed().await?;
        self.decide(&connection, id, SagaState::Abandoned, reason).await
    }

    async fn installed(&self) -> Result<ConnectionHandle> {
        log::installed(&self.connection).await
    }

    async fn record(&self, connection: &ConnectionHandle, id: Uuid) -> Result<SagaRecord> {
        log::find(connection, id).await?.ok_or_else(|| {
            Error::new(ErrorKind::NotFound, format!("there is no saga {id} in the log on `{}`", self.connection))
        })
    }

    async fn decide(&self, connection: &ConnectionHandle, id: Uuid, state: SagaState, reason: &str) -> Result<()> {
        let now = connection.now().await?;
        let stuck = SagaRecord::ID.eq(id) & SagaRecord::STATE.eq(SagaState::Stuck);
        let set = (SagaRecord::STATE.set(state), SagaRecord::LEASE_UNTIL.set(now), SagaRecord::NOTE.set(reason));
        match SagaRecord::using(connection.name()).filter(stuck).update(set).await? {
            1 => Ok(()),
            _ => Err(Error::new(ErrorKind::NotFound, format!("the saga {id} is not stuck"))),
        }
    }
}
