//! Two-phase commit: one transaction across databases, atomic through crashes.
//!
//! Presumed abort (C. Mohan, B. Lindsay, R. Obermarck, "Transaction management in the R* distributed database management
//! system", 1986), with the last resource as the commit point: one participant is not prepared. Its own transaction holds the
//! record of the decision, written before any other is prepared, and its COMMIT is the decision.

mod commit;
mod decision;
mod doctor;
mod finish;
mod force;
mod forget;
mod hand;
mod in_doubt;
mod participants;
mod record;
mod recover;
mod reply;
mod scan;

pub use doctor::Finding;
pub use hand::Prepare;
pub use in_doubt::{InDoubt, InDoubtState, Survey};
pub use recover::Recovered;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use activerecord_core::{AsyncBody, Result};

/// Runs `body` in a transaction on each of these connections, which are committed all or none, through crashes of any process
/// and any database, once [`TwoPhase::recover`] has run after it.
///
/// Every statement of the body on one of them joins. An error of the body, or of a statement in it that was not
/// undone to a savepoint, rolls all back. All participants but one have to be able to prepare a transaction: PostgreSQL with
/// `max_prepared_transactions`, MySQL, MariaDB. What cannot (SQLite, once) takes part as the one that decides.
///
/// What is *not* guaranteed: that others see all parts at the same moment; that it survives a database that loses what it
/// has committed (`fsync = off`, a failover to an asynchronous replica). Between its two phases it holds its locks, and keeps
/// them when the process dies there, until it is recovered.
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
/// The closure's own; `Unsupported` when more than one participant cannot prepare, or a database is not set as it has to be,
/// before the body runs; `CommitOutcomeUnknown` when the deciding database did not answer for five minutes; `Aborted` when it was rolled back everywhere, with the cause as the source; `AfterCommit` when it is
/// committed, and an `after_commit` hook failed.
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

/// Looking after transactions across databases.
#[derive(Debug)]
pub struct TwoPhase;

/// Milliseconds.
static GRACE: AtomicU64 = AtomicU64::new(30_000);

impl TwoPhase {
    /// How long a coordinator may stand still between the phases, in this process; 30 seconds unless set. After that the
    /// server that decides ends its transaction (MySQL and MariaDB count in whole seconds), and the recovery rolls the rest back.
    /// Where SQLite decides, the others wait until the process is gone. No decision goes by this time.
    pub fn grace(grace: Duration) {
        GRACE.store(u64::try_from(grace.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

fn grace() -> Duration {
    Duration::from_millis(GRACE.load(Ordering::Relaxed))
}
