//! The log of one saga in the hands of its executor. Every write names the token, renews the lease, and finds no row once
//! somebody else has taken the saga up.

use std::time::Duration;

use activerecord_core::{ActiveRecord, ConnectionHandle, Error, Query, Result, Scalar, transaction};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::record::{SagaRecord, SagaState, SagaStep, StepState};
use crate::clock::later;
use crate::error::STUCK;
use crate::failpoint;
use crate::lease;
use crate::store::{insert, install, with_table};

/// The right to write to the log of a saga.
#[derive(Clone, Debug)]
pub(super) struct Log {
    connection: ConnectionHandle,
    pub(super) id: Uuid,
    token: i64,
    lease: Duration,
}

/// The connection of this name, with the tables of logs.
pub(super) async fn installed(name: &str) -> Result<ConnectionHandle> {
    let connection = with_table::<SagaRecord>(name).await?;
    install::<SagaStep>(&connection).await?;
    Ok(connection)
}

/// The saga of this id.
pub(super) async fn find(connection: &ConnectionHandle, id: Uuid) -> Result<Option<SagaRecord>> {
    SagaRecord::using(connection.name()).filter(SagaRecord::ID.eq(id)).first().await
}

/// The steps of a saga, in their order.
pub(super) async fn steps(connection: &ConnectionHandle, id: Uuid) -> Result<Vec<SagaStep>> {
    let steps = SagaStep::using(connection.name()).filter(SagaStep::SAGA_ID.eq(id));
    steps.order_by(SagaStep::POSITION.asc()).all().await
}

impl Log {
    /// Writes a saga's first row.
    pub(super) async fn begin(connection: ConnectionHandle, mut record: SagaRecord, lease: Duration) -> Result<Self> {
        insert(connection.name(), &mut record).await?;
        failpoint::reach("saga.begun")?;
        Ok(Self { connection, id: record.id, token: record.token, lease })
    }

    /// Takes a saga up whose lease is over; None when somebody else was first.
    pub(super) async fn take_up(
        connection: ConnectionHandle,
        record: &SagaRecord,
        lease: Duration,
    ) -> Result<Option<Self>> {
        let now = connection.now().await?;
        let token = record.token + 1;
        let free = SagaRecord::ID.eq(record.id)
            & SagaRecord::TOKEN.eq(record.token)
            & SagaRecord::STATE.eq(SagaState::Running)
            & SagaRecord::LEASE_UNTIL.le(now);
        let set = (SagaRecord::TOKEN.set(token), SagaRecord::LEASE_UNTIL.set(later(now, lease)));
        let taken = SagaRecord::using(connection.name()).filter(free).update(set).await?;
        Ok((taken == 1).then_some(Self { connection, id: record.id, token, lease }))
    }

    /// Renews the lease, and says whether it is still held.
    pub(super) async fn renew(&self) -> Result<bool> {
        let now = self.now().await?;
        Ok(self.mine().update((SagaRecord::LEASE_UNTIL.set(later(now, self.lease)),)).await? == 1)
    }

    /// The time of the log's clock.
    pub(super) async fn now(&self) -> Result<DateTime<Utc>> {
        self.connection.now().await
    }

    /// Writes steps, in one transaction.
    pub(super) async fn write(&self, steps: &[SagaStep]) -> Result<()> {
        self.guarded(async || {
            let keys = (SagaStep::SAGA_ID, SagaStep::POSITION);
            SagaStep::with_connection(self.connection.name(), async || {
                SagaStep::bulk_insert_or_update(steps, keys).await
            })
            .await
            .map(drop)
        })
        .await
    }

    /// The saga is undone from here on, because of this error.
    pub(super) async fn unwind(&self, failed: &SagaStep, error: &str) -> Result<()> {
        let name = self.connection.name();
        self.guarded(async || {
            SagaStep::with_connection(name, async || failed.clone().update().await).await?;
            let set = (SagaRecord::UNWINDING.set(true), SagaRecord::ERROR.set(error));
            self.mine().update(set).await.map(drop)
        })
        .await
    }

    /// The saga has ended, or is stuck.
    pub(super) async fn end(&self, state: SagaState, error: Option<&str>) -> Result<()> {
        self.guarded(async || {
            let ended = match error {
                Some(error) => self.mine().update((SagaRecord::STATE.set(state), SagaRecord::ERROR.set(error))).await,
                None => self.mine().update((SagaRecord::STATE.set(state),)).await,
            };
            ended.map(drop)
        })
        .await
    }

    /// Lets somebody else take the saga up at once.
    pub(super) async fn let_go(&self) -> Result<()> {
        let now = self.now().await?;
        self.mine().update((SagaRecord::LEASE_UNTIL.set(now),)).await.map(drop)
    }

    /// Its row, while nobody else has it.
    fn mine(&self) -> Query<SagaRecord> {
        let row = SagaRecord::using(self.connection.name()).filter(SagaRecord::ID.eq(self.id));
        if failpoint::is_broken("saga.lease") {
            return row;
        }
        row.filter(SagaRecord::TOKEN.eq(self.token) & SagaRecord::STATE.eq(SagaState::Running))
    }

    async fn guarded<F>(&self, write: F) -> Result<()>
    where
        F: AsyncFnOnce() -> Result<()>,
    {
        let write = Box::pin(write());
        transaction(self.connection.name(), async || {
            if self.renew().await? { write.await } else { Err(lease::lost("somebody else has taken the saga up")) }
        })
        .await
    }
}

/// A row for a step whose action begins now: until its end is written, nobody knows what became of it.
pub(super) fn started(saga: Uuid, position: i32, name: &str) -> SagaStep {
    SagaStep {
        saga_id: saga,
        position,
        name: name.to_owned(),
        state: StepState::Started,
        output: None,
        attempts: 0,
        doubtful: true,
        error: None,
    }
}

/// The error of a saga that needs a decision.
#[cold]
pub(super) fn stuck(name: &str, id: Uuid, why: &str) -> Error {
    let message = format!("the saga `{name}` ({id}) is stuck: {why}; see Sagas, or `activerecord saga`");
    Error::new(STUCK, message)
}
