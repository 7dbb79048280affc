//! Two-phase commit: one transaction across databases, atomic through crashes.
//!
//! The protocol is Presumed Abort (C. Mohan, B. Lindsay, R. Obermarck, "Transaction management in the R* distributed
//! database management system", 1986) with the last-resource optimization. One participant, the commit point, is not
//! prepared. Its own transaction contains the decision record, written before any branch is prepared. Its COMMIT is the
//! decision.

mod branch_end;
mod commit;
mod decide;
mod decision;
mod doctor;
mod force;
mod forget;
mod former_names;
mod in_doubt;
mod limit;
mod participants;
mod record;
mod recover;
mod reply;
mod scan;
mod store;

pub use doctor::Finding;
pub use in_doubt::{InDoubt, InDoubtState, Survey};
pub(crate) use record::definitions;
pub use recover::Recovered;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use activerecord_core::{AsyncBody, Result};

/// Runs `body` in one transaction per connection and commits all of them, or none. After a crash of a process or a
/// database, [`TwoPhase::recover`] completes the outcome.
///
/// Every statement of `body` on one of these connections joins its transaction. An error of `body` rolls all of them
/// back. So does an error of a statement that was not rolled back to a savepoint.
///
/// All participants but one must support prepared transactions: PostgreSQL with `max_prepared_transactions`, MySQL,
/// MariaDB. At most one participant without them (SQLite) can take part; it becomes the commit point.
///
/// **Not guaranteed**: that other transactions see all parts at the same moment; that the outcome survives a database
/// that loses committed data (`fsync = off`, a failover to an asynchronous replica). If the process dies between the
/// phases, the prepared branches keep their locks until they are recovered.
///
/// ```no_run
/// # use activerecord::prelude::*;
/// # #[derive(ActiveRecord)] #[connection = "legacy"] struct LegacyUser { id: i64, email: String }
/// # #[derive(ActiveRecord)] #[connection = "modern"] struct ModernUser { id: i64, email: String }
/// # async fn example(id: i64) -> Result<()> {
/// two_phase(["legacy", "modern"], async || {
///     let mut old = LegacyUser::find(id).await?;
///     ModernUser { id, email: old.email.clone() }.insert().await?;
///     old.destroy().await
/// })
/// .await
/// # }
/// ```
///
/// # Errors
/// - The closure's own: everything is rolled back.
/// - `Unsupported`, before `body` runs: more than one participant cannot prepare, or a database lacks a required
///   setting.
/// - `Configuration`, before `body` runs: no connection, one that is not configured, or one that is named twice.
/// - `Transaction`, before `body` runs: the task has an open transaction on one of the connections.
/// - [`ABORTED`](crate::ABORTED): everything is rolled back. The source is the cause.
/// - `CommitOutcomeUnknown`: the commit point did not answer for five minutes, or an operator committed the branches by
///   force. Recovery completes the outcome.
/// - `AfterCommit`: everything is committed, and an `after_commit` hook failed.
pub async fn two_phase<'n, T, F>(names: impl IntoIterator<Item = &'n str>, body: F) -> Result<T>
where
    F: AsyncBody<T>,
{
    let names: Vec<String> = names.into_iter().map(Into::into).collect();
    let open = participants::Participants::enlist(&names).await?.begin().await?;
    match open.run(body).await {
        Ok(value) => {
            open.commit().await?;
            Ok(value)
        }
        Err(error) => {
            open.roll_back().await;
            Err(error)
        }
    }
}

/// Recovery and operation of transactions across databases. They act on all configured connections of the process.
#[derive(Debug)]
pub struct TwoPhase;

/// Milliseconds.
static GRACE: AtomicU64 = AtomicU64::new(30_000);

impl TwoPhase {
    /// Sets, for this process, how long a coordinator may be idle between the phases, and how long it waits for the
    /// answer of a database to COMMIT and ROLLBACK. Default: 30 s.
    ///
    /// When a coordinator is idle for longer, the server of the commit point ends its transaction, and recovery rolls
    /// the branches back. After a COMMIT without an answer, the coordinator asks for the decision on a new session.
    /// MySQL and MariaDB round to whole seconds. An SQLite commit point has no such limit: the branches wait until the process
    /// ends. The limit never decides an outcome; only the commit point's COMMIT does.
    ///
    /// ```
    /// # use activerecord::prelude::*;
    /// TwoPhase::grace(std::time::Duration::from_secs(10));
    /// ```
    pub fn grace(grace: Duration) {
        GRACE.store(u64::try_from(grace.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

fn grace() -> Duration {
    Duration::from_millis(GRACE.load(Ordering::Relaxed))
}
