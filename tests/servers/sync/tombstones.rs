//! Tombstones: rows that record the deletions of the source.

use std::time::Duration;

use activerecord::prelude::*;
use chrono::{DateTime, TimeDelta, Utc};

use super::{ANALYTICS_USERS, AnalyticsUser, Database, USERS, User, analytics, job, pairs, users};
use test_support::until;

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct DeletedUser {
    id: i64,
    user_id: i64,
    deleted_at: DateTime<Utc>,
}

const DELETED_USERS: &str = "deleted_users (id ID, user_id I64 NOT NULL, deleted_at TIMESTAMP NOT NULL)";

const EMAILS: [&str; 4] = ["a@x.org", "b@y.org", "c@x.org", "d@z.org"];

fn job_with_tombstones(from: &Database, to: &Database) -> SyncJob<User, AnalyticsUser> {
    let gone = |gone: DeletedUser| AnalyticsUser { user_id: gone.user_id, ..AnalyticsUser::default() };
    job(from, to).since(User::UPDATED_AT).tombstones(DeletedUser::DELETED_AT, gone)
}

/// Deletes these users, with one time for all tombstones.
async fn delete(from: &Database, ids: &[i64], deleted_at: DateTime<Utc>) -> Result<()> {
    let tombstone = |&user_id: &i64| DeletedUser { id: 0, user_id, deleted_at };
    let tombstones: Vec<_> = ids.iter().map(tombstone).collect();
    Transaction::begin(&**from)
        .independent()
        .run(async || {
            User::using(from).filter(User::ID.is_in(ids)).delete().await?;
            DeletedUser::with_connection(from, async || DeletedUser::bulk_insert(&tombstones).await).await.map(drop)
        })
        .await
}

async fn copied(to: &Database) -> Result<Vec<i64>> {
    Ok(analytics(to).await?.into_iter().map(|(id, _)| id).collect())
}

/// More tombstones of one time than a batch has rows.
#[tokio::test]
async fn rows_with_a_tombstone_are_deleted() -> Result<()> {
    for (from, to) in pairs(&[USERS, DELETED_USERS], &[ANALYTICS_USERS]).await? {
        let all = users(&from, &EMAILS).await?;
        let job = job_with_tombstones(&from, &to);
        assert_eq!(job.run().await?.written, 4);
        delete(&from, &[1, 2, 3, 4], all[3].updated_at).await?;
        assert_eq!(job.dry_run().await?.deleted, 4);
        assert_eq!(copied(&to).await?, [1, 2, 3, 4]);
        assert_eq!(job.run().await?.deleted, 4);
        assert_eq!(job.run().await?.deleted, 0);
        assert!(copied(&to).await?.is_empty());
    }
    Ok(())
}

/// The row stays, also if each run reads the tombstone again.
#[tokio::test]
async fn a_restored_row_stays() -> Result<()> {
    for (from, to) in pairs(&[USERS, DELETED_USERS], &[ANALYTICS_USERS]).await? {
        let returning = users(&from, &EMAILS).await?.swap_remove(1);
        for seconds in [0, 60] {
            let ago = |part: i64| returning.updated_at - TimeDelta::seconds(seconds / part);
            DeletedUser::using(&from).delete().await?;
            delete(&from, &[2], ago(1)).await?;
            User::with_connection(&from, async || User::bulk_insert(std::slice::from_ref(&returning)).await).await?;
            User::using(&from).filter(User::ID.eq(2)).update((User::UPDATED_AT.set(ago(2)),)).await?;
            let job = job_with_tombstones(&from, &to);
            job.reset().await?;
            for _ in 0..3 {
                job.run().await?;
                assert_eq!(copied(&to).await?, [1, 2, 3, 4], "{seconds} s, from {} to {}", &*from, &*to);
            }
        }
    }
    Ok(())
}

/// A tombstone has a time before the last run and is committed after it.
#[tokio::test]
async fn a_late_tombstone_is_not_missed() -> Result<()> {
    for (from, to) in pairs(&[USERS, DELETED_USERS], &[ANALYTICS_USERS]).await? {
        if !connection(&from)?.capabilities().concurrent_writers {
            continue;
        }
        users(&from, &EMAILS).await?;
        let job = job_with_tombstones(&from, &to).lag(Duration::ZERO);
        let (late, handle) = (Transaction::begin(&*from).independent().await?, connection(&from)?);
        let stamped = handle.now().await?;
        late.run(async || delete(&from, &[3], stamped).await).await?;
        // InnoDB reports the start of a transaction in whole seconds.
        until("it is later", async || Ok(handle.now().await? > stamped + TimeDelta::milliseconds(1_100))).await?;
        delete(&from, &[1], handle.now().await?).await?;
        job.run().await?;
        assert_eq!(copied(&to).await?, [2, 3, 4]);
        late.commit().await?;
        job.run().await?;
        assert_eq!(copied(&to).await?, [2, 4]);
    }
    Ok(())
}
