//! Operating on sagas: list them, and decide about stuck ones.

use activerecord_core::{ActiveRecord, ConnectionHandle, Error, ErrorKind, Result, Scalar, Transaction};
use uuid::Uuid;

use super::definition::Resumed;
use super::record::{SagaRecord, SagaState, SagaStep, StepState};
use super::{executor, log};
use crate::storable::storable;

/// The sagas of one log, for operators.
///
/// A saga is stuck when it can neither continue nor be compensated. An operator decides: [`resume`](Self::resume) or
/// [`release`](Self::release) retry it, [`skip`](Self::skip) skips the failed step, [`abandon`](Self::abandon) ends it.
///
/// ```no_run
/// # use activerecord::prelude::*;
/// use activerecord::saga::{SagaState, Sagas};
///
/// # async fn example() -> Result<()> {
/// let sagas = Sagas::on("primary");
/// for saga in sagas.list(Some(SagaState::Stuck), 100).await? {
///     println!("{} {}: {}", saga.id, saga.name, saga.error.unwrap_or_default());
///     sagas.release(saga.id, "the payment service is back").await?;
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Sagas {
    connection: String,
}

impl Sagas {
    /// The log on this connection. It opens and creates nothing.
    pub fn on(connection: impl Into<String>) -> Self {
        Self { connection: connection.into() }
    }

    /// Returns at most `limit` sagas in this state, the oldest first. `None` means every state.
    ///
    /// # Errors
    /// `Configuration` when the connection is not configured; otherwise the database's own.
    pub async fn list(&self, state: Option<SagaState>, limit: u64) -> Result<Vec<SagaRecord>> {
        let Some(connection) = log::find_log(&self.connection).await? else { return Ok(Vec::new()) };
        let sagas = SagaRecord::using(connection.name()).order_by((SagaRecord::CREATED_AT.asc(), SagaRecord::ID.asc()));
        let sagas = match state {
            Some(state) => sagas.filter(SagaRecord::STATE.eq(state)),
            None => sagas,
        };
        sagas.limit(limit).all().await
    }

    /// Returns a saga, and its started steps by position.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// use activerecord::saga::Sagas;
    ///
    /// # async fn example(id: Uuid) -> Result<()> {
    /// let (saga, steps) = Sagas::on("primary").find(id).await?;
    /// println!("{}: {:?}, {} steps started", saga.name, saga.state, steps.len());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `NotFound` when no saga has this id.
    pub async fn find(&self, id: Uuid) -> Result<(SagaRecord, Vec<SagaStep>)> {
        let connection = self.log_of(id).await?;
        let record = self.record(&connection, id).await?;
        Ok((record, log::steps(&connection, id).await?))
    }

    /// Resumes every running saga of this log whose lease has expired. [`Saga::resume_all`](super::Saga::resume_all)
    /// does this for every log.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// use activerecord::saga::Sagas;
    ///
    /// # async fn example() -> Result<()> {
    /// let resumed = Sagas::on("primary").resume_all().await?;
    /// println!("{} done, {} stuck", resumed.done.len(), resumed.stuck.len());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The database's own, when the log cannot be read. The error of one saga is in the result.
    pub async fn resume_all(&self) -> Result<Resumed> {
        match log::find_log(&self.connection).await? {
            Some(connection) => executor::resume_all(&connection).await,
            None => Ok(Resumed::default()),
        }
    }

    /// Resumes a stuck saga at the step where it stopped, in this process. The process must know its definition.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// use activerecord::saga::Sagas;
    ///
    /// # async fn example(id: Uuid) -> Result<()> {
    /// Sagas::on("primary").resume(id, "the schema is repaired").await
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Saga::run`](super::Saga::run); `Configuration` when this process has no definition of its name; `NotFound`
    /// when the saga is not stuck.
    pub async fn resume(&self, id: Uuid, reason: &str) -> Result<()> {
        let connection = self.log_of(id).await?;
        let record = self.record(&connection, id).await?;
        if !super::registry::is_registered(&record.name) {
            let what = format!("this process has no saga `{}`: register its definition", record.name);
            return Err(Error::configuration(what));
        }
        self.release(id, reason).await?;
        executor::resume(&connection, &self.record(&connection, id).await?).await
    }

    /// Sets a stuck saga to `Running`. The next [`Saga::resume_all`](super::Saga::resume_all) of any process resumes
    /// it.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// use activerecord::saga::Sagas;
    ///
    /// # async fn example(id: Uuid) -> Result<()> {
    /// Sagas::on("primary").release(id, "the hotel's service is back").await
    /// # }
    /// ```
    ///
    /// # Errors
    /// `NotFound` when the saga is not stuck.
    pub async fn release(&self, id: Uuid, reason: &str) -> Result<()> {
        let connection = self.log_of(id).await?;
        self.decide(&connection, id, SagaState::Running, reason).await
    }

    /// Skips the step at which a stuck saga stopped, then releases the saga as [`release`](Self::release) does. The
    /// step counts as completed, or as compensated when the saga is being compensated. The operator must have done its
    /// work by other means.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// use activerecord::saga::Sagas;
    ///
    /// # async fn example(id: Uuid) -> Result<()> {
    /// Sagas::on("primary").skip(id, "refunded by phone").await
    /// # }
    /// ```
    ///
    /// # Errors
    /// `NotFound` when the saga is not stuck, or stopped before its first step.
    pub async fn skip(&self, id: Uuid, reason: &str) -> Result<()> {
        let connection = self.log_of(id).await?;
        let name = connection.name();
        let record = self.record(&connection, id).await?;
        Transaction::begin(name)
            .independent()
            .run(async || {
                let open = |step: &SagaStep| match record.unwinding {
                    true => !matches!(step.state, StepState::Undone | StepState::Skipped),
                    false => !matches!(step.state, StepState::Succeeded | StepState::Skipped),
                };
                let steps = log::steps(&connection, id).await?;
                let Some(mut step) = steps.into_iter().rfind(open) else {
                    return Err(Error::new(ErrorKind::NotFound, format!("the saga {id} has no step to skip")));
                };
                (step.state, step.error) = (StepState::Skipped, Some(storable(reason)));
                SagaStep::with_connection(name, async || step.update().await).await?;
                self.decide(&connection, id, SagaState::Running, reason).await
            })
            .await
    }

    /// Ends a stuck saga as it is. Its steps are neither completed nor compensated.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// use activerecord::saga::Sagas;
    ///
    /// # async fn example(id: Uuid) -> Result<()> {
    /// Sagas::on("primary").abandon(id, "repaired by hand").await
    /// # }
    /// ```
    ///
    /// # Errors
    /// `NotFound` when the saga is not stuck.
    pub async fn abandon(&self, id: Uuid, reason: &str) -> Result<()> {
        let connection = self.log_of(id).await?;
        self.decide(&connection, id, SagaState::Abandoned, reason).await
    }

    /// The connection of the log with this saga.
    async fn log_of(&self, id: Uuid) -> Result<ConnectionHandle> {
        log::find_log(&self.connection).await?.ok_or_else(|| self.no_saga(id))
    }

    async fn record(&self, connection: &ConnectionHandle, id: Uuid) -> Result<SagaRecord> {
        log::find(connection, id).await?.ok_or_else(|| self.no_saga(id))
    }

    #[cold]
    fn no_saga(&self, id: Uuid) -> Error {
        Error::new(ErrorKind::NotFound, format!("the saga log on `{}` has no saga {id}", self.connection))
    }

    async fn decide(&self, connection: &ConnectionHandle, id: Uuid, state: SagaState, reason: &str) -> Result<()> {
        let now = connection.now().await?;
        let stuck = SagaRecord::ID.eq(id) & SagaRecord::STATE.eq(SagaState::Stuck);
        let set =
            (SagaRecord::STATE.set(state), SagaRecord::LEASE_UNTIL.set(now), SagaRecord::NOTE.set(storable(reason)));
        match SagaRecord::using(connection.name()).filter(stuck).update(set).await? {
            1 => Ok(()),
            _ => Err(Error::new(ErrorKind::NotFound, format!("the saga {id} is not stuck"))),
        }
    }
}
