//! Isolation of concurrent transactions, and their retries.

use activerecord::ErrorKind;
use activerecord::transaction::{Isolation, ReadCommitted, RepeatableRead, Retry, Serializable};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::sync::Barrier;

use super::*;

/// Doctors on call. One of them must stay: the textbook example of a write skew.
#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Doctor {
    id: i64,
    on_call: bool,
}

/// A database with two doctors on call.
async fn doctors() -> Result<Database> {
    let db = Database::new(["doctors (id ID, on_call BOOL NOT NULL)"]).await;
    let doctors = [1, 2].map(|id| Doctor { id, on_call: true });
    with_connection(&db, async || Doctor::bulk_insert(&doctors).await).await?;
    Ok(db)
}

/// Returns the counts of a transaction before and after the commit of a change by another one, if the isolation allows
/// the change.
async fn counted_twice(isolation: Isolation) -> Result<(u64, u64)> {
    let db = doctors().await?;
    let impatient = db.alias("impatient", |config| db.profile().impatient(config))?;
    let on_call = Doctor::filter(Doctor::ON_CALL.eq(true));
    let tx = Transaction::begin(&*db).isolation(isolation).read_only().await?;
    let before = on_call.clone().on(&tx).count().await?;
    let change = Doctor::using(&impatient).filter(Doctor::ID.eq(1)).update(Doctor::ON_CALL.set(false)).await;
    assert!(change.as_ref().err().is_none_or(|error| error.is_retryable() && isolation == Serializable), "{change:?}");
    let after = on_call.on(&tx).count().await?;
    tx.commit().await?;
    Ok((before, after))
}

#[tokio::test]
async fn a_read_is_repeatable_from_repeatable_read_on() -> Result<()> {
    assert_eq!(counted_twice(RepeatableRead).await?, (2, 2));
    assert_eq!(counted_twice(Serializable).await?, (2, 2));
    Ok(())
}

/// A database can use a stronger level. One without levels is always serializable.
#[tokio::test]
async fn read_committed_sees_later_commits() -> Result<()> {
    let levels = Profile::current()?.capabilities.isolation_levels;
    assert_eq!(counted_twice(ReadCommitted).await?, (2, if levels { 1 } else { 2 }));
    Ok(())
}

/// Two concurrent transactions. Each waits in its middle for the other one, on the first attempt. If only one can write
/// at a time, they do not wait.
struct Both {
    barrier: Barrier,
    retries: AtomicU32,
    at_once: bool,
}

impl Both {
    fn of(db: &Database) -> Self {
        let at_once = db.profile().capabilities.concurrent_writers;
        Self { barrier: Barrier::new(2), retries: AtomicU32::new(0), at_once }
    }

    async fn meet(&self) {
        if self.at_once && !self.were_retried() {
            self.barrier.wait().await;
        }
    }

    fn noted<T>(&self, result: Result<T>) -> Result<T> {
        if result.as_ref().is_err_and(Error::is_retryable) {
            self.retries.fetch_add(1, Ordering::Relaxed);
        }
        result
    }

    fn were_retried(&self) -> bool {
        self.retries.load(Ordering::Relaxed) > 0
    }
}

/// A doctor leaves the call if another one is on it. Both doctors read before either writes.
async fn leave(db: &str, id: i64, both: &Both) -> Result<()> {
    Transaction::begin(db)
        .isolation(Serializable)
        .run(async || {
            let others = Doctor::using(db).filter(Doctor::ON_CALL.eq(true) & Doctor::ID.ne(id)).count().await?;
            both.meet().await;
            if others == 0 {
                return Err(Error::invalid("one doctor must stay"));
            }
            Doctor::using(db).filter(Doctor::ID.eq(id)).update(Doctor::ON_CALL.set(false)).await?;
            Ok(())
        })
        .await
}

#[tokio::test]
async fn a_write_skew_is_refused_and_can_be_retried() -> Result<()> {
    let db = doctors().await?;
    let both = Both::of(&db);
    let leaving = async |id: i64| retry(soon(), async || both.noted(leave(&db, id, &both).await)).await;
    let (first, second) = tokio::join!(leaving(1), leaving(2));
    let left = [&first, &second].iter().filter(|result| result.is_ok()).count();
    assert_eq!(left, 1, "{first:?} {second:?}");
    assert!(first.is_err_and(|error| error.is_invalid()) || second.is_err_and(|error| error.is_invalid()));
    assert_eq!(Doctor::using(&db).filter(Doctor::ON_CALL.eq(true)).count().await?, 1);
    assert_eq!(both.were_retried(), db.profile().capabilities.concurrent_writers);
    Ok(())
}

/// Two transactions lock the same rows in opposite orders. One is the victim, and succeeds on retry.
#[tokio::test]
async fn a_deadlock_has_a_victim_that_can_be_retried() -> Result<()> {
    let db = doctors().await?;
    let both = Both::of(&db);
    let set = async |id: i64| Doctor::using(&db).filter(Doctor::ID.eq(id)).update(Doctor::ON_CALL.set(false)).await;
    let attempt = async |first: i64, second: i64| {
        let result = transaction(&db, async || {
            set(first).await?;
            both.meet().await;
            set(second).await
        });
        both.noted(result.await)
    };
    let (one, other) =
        tokio::join!(retry(soon(), async || attempt(1, 2).await), retry(soon(), async || attempt(2, 1).await));
    one?;
    other?;
    assert_eq!(Doctor::using(&db).filter(Doctor::ON_CALL.eq(false)).count().await?, 2);
    assert_eq!(both.were_retried(), db.profile().capabilities.concurrent_writers);
    Ok(())
}

/// A lock is not released in time. The error is retryable, and a transaction that swallows it cannot commit.
#[tokio::test]
async fn a_lock_that_is_not_released_in_time() -> Result<()> {
    let db = doctors().await?;
    let impatient = db.alias("impatient", |config| db.profile().impatient(config))?;
    let holder = Transaction::begin(&*db).await?;
    Doctor::on(&holder).filter(Doctor::ID.eq(1)).update(Doctor::ON_CALL.set(false)).await?;

    let waiting = Doctor::using(&impatient).filter(Doctor::ID.eq(1)).update(Doctor::ON_CALL.set(true));
    let error = waiting.await.unwrap_err();
    assert_eq!((error.kind(), error.connection()), (ErrorKind::Busy, Some(&*impatient)), "{error:?}");
    assert!(error.is_retryable());

    let swallowed = transaction(&impatient, async || {
        Doctor::using(&impatient).filter(Doctor::ID.eq(1)).update(Doctor::ON_CALL.set(true)).await.ok();
        Ok(())
    });
    let error = swallowed.await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Transaction | ErrorKind::Busy), "{error:?}");

    holder.commit().await?;
    Doctor::using(&impatient).filter(Doctor::ID.eq(1)).update(Doctor::ON_CALL.set(true)).await?;
    assert_eq!(Doctor::using(&db).filter(Doctor::ON_CALL.eq(true)).count().await?, 2);
    Ok(())
}

fn soon() -> Retry {
    Retry::new().attempts(10).pause(Duration::from_millis(1))
}
