//! The log of one saga, as its executor writes it. Every write is conditional on the fencing token, renews the lease,
//! and matches no row after another executor has taken over.

use std::time::Duration;

use activerecord_core::{ActiveRecord, ConnectionHandle, Error, Query, Result, Scalar, Transaction};
use chrono::{DateTime, Utc};
use tokio::time::Instant;
use uuid::Uuid;

use super::record::{SagaRecord, SagaState, SagaStep, StepState};
use crate::clock::later;
use crate::error::STUCK;
use crate::failpoint;
use crate::lease::{self, Held};
use crate::storable::store;
use crate::tables::{existing, exists, insert, install, with_table};

/// Write access to the log of a saga, valid while its token is the latest.
#[derive(Clone, Debug)]
pub(super) struct Log {
    pub(super) connection: ConnectionHandle,
    pub(super) id: Uuid,
    token: i64,
    lease: Duration,
    /// The lease by the clock of this process.
    pub(super) held: Held,
}

/// Returns the connection, with the tables of the log created.
pub(super) async fn installed(name: &str) -> Result<ConnectionHandle> {
    let connection = with_table::<SagaRecord>(name).await?;
    install::<SagaStep>(&connection).await?;
    Ok(connection)
}

/// Returns the connection if the log exists there. Nothing is created.
pub(super) async fn find_log(name: &str) -> Result<Option<ConnectionHandle>> {
    let Some(connection) = existing::<SagaRecord>(name).await? else { return Ok(None) };
    Ok(exists::<SagaStep>(&connection).await?.then_some(connection))
}

pub(super) async fn find(connection: &ConnectionHandle, id: Uuid) -> Result<Option<SagaRecord>> {
    SagaRecord::using(connection.name()).filter(SagaRecord::ID.eq(id)).first().await
}

/// The started steps of a saga, by position.
pub(super) async fn steps(connection: &ConnectionHandle, id: Uuid) -> Result<Vec<SagaStep>> {
    let steps = SagaStep::using(connection.name()).filter(SagaStep::SAGA_ID.eq(id));
    steps.order_by(SagaStep::POSITION.asc()).all().await
}

impl Log {
    /// Inserts the row of a new saga. `asked`: the time before its lease was computed.
    pub(super) async fn begin(
        connection: ConnectionHandle,
        mut record: SagaRecord,
        lease: Duration,
        asked: Instant,
    ) -> Result<Self> {
        insert(connection.name(), &mut record).await?;
        failpoint::reach("saga.begun")?;
        Ok(Self { connection, id: record.id, token: record.token, lease, held: Held::new(asked, lease) })
    }

    /// Takes over a saga whose lease has expired. None: another executor was faster.
    pub(super) async fn take_over(
        connection: ConnectionHandle,
        record: &SagaRecord,
        lease: Duration,
    ) -> Result<Option<Self>> {
        let asked = Instant::now();
        let now = connection.now().await?;
        let token = record.token + 1;
        let free = SagaRecord::ID.eq(record.id)
            & SagaRecord::TOKEN.eq(record.token)
            & SagaRecord::STATE.eq(SagaState::Running)
            & SagaRecord::LEASE_UNTIL.le(now);
        let set = (SagaRecord::TOKEN.set(token), SagaRecord::LEASE_UNTIL.set(later(now, lease)));
        let taken = SagaRecord::using(connection.name()).filter(free).update(set).await?;
        Ok((taken == 1).then(|| Self { connection, id: record.id, token, lease, held: Held::new(asked, lease) }))
    }

    /// Renews the lease. Returns whether this executor still holds it.
    pub(super) async fn renew(&self) -> Result<bool> {
        let now = self.now().await?;
        Ok(self.own_row().update((SagaRecord::LEASE_UNTIL.set(later(now, self.lease)),)).await? == 1)
    }

    /// The time by the clock of the log's database.
    pub(super) async fn now(&self) -> Result<DateTime<Utc>> {
        self.connection.now().await
    }

    /// Writes the rows of steps in one transaction.
    pub(super) async fn write(&self, steps: &[SagaStep]) -> Result<()> {
        // Only the last row can have a new error.
        let Some(error) = steps.last().and_then(|last| last.error.as_ref()) else { return self.put(steps).await };
        store(error, async |error| {
            let mut steps = steps.to_vec();
            steps.last_mut().into_iter().for_each(|last| last.error = Some(error.clone()));
            self.put(&steps).await
        })
        .await
    }

    async fn put(&self, steps: &[SagaStep]) -> Result<()> {
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

    /// Records the failed step, and that the saga is compensated from now on.
    pub(super) async fn start_compensation(&self, failed: &SagaStep, error: &str) -> Result<()> {
        let name = self.connection.name();
        store(error, async |error| {
            let failed = SagaStep { error: Some(error.clone()), ..failed.clone() };
            self.guarded(async || {
                SagaStep::with_connection(name, async || failed.clone().update().await).await?;
                let set = (SagaRecord::UNWINDING.set(true), SagaRecord::ERROR.set(error));
                self.own_row().update(set).await.map(drop)
            })
            .await
        })
        .await
    }

    /// Records the final state.
    pub(super) async fn end(&self, state: SagaState) -> Result<()> {
        self.guarded(async || self.own_row().update((SagaRecord::STATE.set(state),)).await.map(drop)).await
    }

    /// Records that the saga is stuck, and why.
    pub(super) async fn end_stuck(&self, why: &str) -> Result<()> {
        store(why, async |why| {
            let set = (SagaRecord::STATE.set(SagaState::Stuck), SagaRecord::ERROR.set(why));
            self.guarded(async || self.own_row().update(set).await.map(drop)).await
        })
        .await
    }

    /// Ends the lease now, so that another executor can take over without waiting.
    pub(super) async fn release(&self) -> Result<()> {
        let now = self.now().await?;
        self.own_row().update((SagaRecord::LEASE_UNTIL.set(now),)).await.map(drop)
    }

    /// The saga's row, if this executor still holds the lease.
    fn own_row(&self) -> Query<SagaRecord> {
        let row = SagaRecord::using(self.connection.name()).filter(SagaRecord::ID.eq(self.id));
        if failpoint::is_broken("saga.lease") {
            return row;
        }
        row.filter(SagaRecord::TOKEN.eq(self.token) & SagaRecord::STATE.eq(SagaState::Running))
    }

    /// Runs a write in a transaction, after renewing the lease in it.
    async fn guarded<F>(&self, write: F) -> Result<()>
    where
        F: AsyncFnOnce() -> Result<()>,
    {
        let write = Box::pin(write());
        Transaction::begin(self.connection.name())
            .independent()
            .run(async || {
                if self.renew().await? {
                    write.await
                } else {
                    Err(lease::lost("another executor has taken over the saga"))
                }
            })
            .await
    }
}

/// The row of a step whose action starts now. It is doubtful until the outcome is written.
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

/// The error of a saga that needs a decision of an operator.
#[cold]
pub(super) fn stuck(name: &str, id: Uuid, why: &str) -> Error {
    let message = format!("the saga `{name}` ({id}) is stuck: {why}; decide with `Sagas` or `activerecord saga`");
    Error::new(STUCK, message)
}
