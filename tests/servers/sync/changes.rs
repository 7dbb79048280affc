//! Copies of the changes since the last run.

use std::time::Duration;

use activerecord::Branch;
use activerecord::prelude::*;
use chrono::{DateTime, TimeDelta, Utc};

use super::{ANALYTICS_USERS, AnalyticsUser, USERS, User, analytics, job, pairs, users};
use test_support::until;

#[tokio::test]
async fn only_changed_rows_are_read() -> Result<()> {
    for (from, to) in pairs(&[USERS], &[ANALYTICS_USERS]).await? {
        let all = users(&from, &["a@x.org", "b@y.org", "c@x.org", "d@z.org"]).await?;
        // Long ago, so that the next run does not read them again because of the lag.
        for (user, minutes) in all.iter().zip(10..) {
            let then = user.updated_at - TimeDelta::minutes(minutes);
            User::using(&from).filter(User::ID.eq(user.id)).update((User::UPDATED_AT.set(then),)).await?;
        }
        let job = job(&from, &to).since(User::UPDATED_AT);
        assert_eq!(job.run().await?.written, 4);
        // The newest row is read again: another row can have the same time.
        let nothing = job.run().await?;
        assert_eq!((nothing.read, nothing.written, nothing.unchanged), (1, 0, 1));
        User::with_connection(&from, async || {
            let mut user = User::find(3).await?;
            user.email = "c@w.org".into();
            user.save().await
        })
        .await?;
        let changed = job.run().await?;
        assert_eq!((changed.read, changed.written), (2, 1), "{changed:?}");
        assert_eq!(analytics(&to).await?[2], (3, "w.org".to_owned()));
        job.reset().await?;
        assert_eq!(job.run().await?.read, 4);
    }
    Ok(())
}

/// A row has a time before the checkpoint and is committed after it. The checkpoint waits for open transactions.
#[tokio::test]
async fn a_late_commit_is_not_missed() -> Result<()> {
    for (from, to) in pairs(&[USERS], &[ANALYTICS_USERS]).await? {
        if !connection(&from)?.capabilities().concurrent_writers {
            continue;
        }
        let job = job(&from, &to).since(User::UPDATED_AT).lag(Duration::ZERO);
        let late = Transaction::begin(&*from).independent().await?;
        let stamped = late.run(async || users(&from, &["late@x.org"]).await).await?[0].updated_at;
        let (handle, second) = (connection(&from)?, TimeDelta::milliseconds(1_100));
        // InnoDB reports the start of a transaction in whole seconds.
        until("it is a second later", async || Ok(handle.now().await? > stamped + second)).await?;
        users(&from, &["early@x.org"]).await?;
        assert_eq!(job.run().await?.written, 1);
        late.commit().await?;
        assert_eq!(job.run().await?.written, 1);
        assert_eq!(analytics(&to).await?.len(), 2);
    }
    Ok(())
}

/// A transaction is prepared long after its begin, and committed later. PostgreSQL only knows when it was prepared.
#[tokio::test]
async fn a_prepared_transaction_is_not_missed() -> Result<()> {
    for (from, to) in pairs(&[USERS, OTHERS], &[ANALYTICS_USERS]).await? {
        if !connection(&from)?.learn().await?.prepared_transactions {
            continue;
        }
        let job = job(&from, &to).since(User::UPDATED_AT).lag(Duration::ZERO);
        let branch = || Branch::new(format!("late-{}", Uuid::now_v7()), "b0");
        let (late_branch, other_branch) = (branch()?, branch()?);
        let late = Transaction::begin(&*from).independent().branch(late_branch.clone()).await?;
        let stamped = late.run(async || users(&from, &["late@x.org"]).await).await?[0].updated_at;
        let (handle, second) = (connection(&from)?, TimeDelta::milliseconds(1_100));
        until("it is a second later", async || Ok(handle.now().await? > stamped + second)).await?;
        let late = late.prepare_as(late_branch).await?;
        users(&from, &["early@x.org"]).await?;
        assert_eq!(job.run().await?.written, 1);
        late.commit().await?;
        assert_eq!(job.run().await?.written, 1);
        assert_eq!(analytics(&to).await?.len(), 2);
        // On PostgreSQL, a transaction that has not written to the table holds nothing back. The others know its begin.
        if handle.dialect().name() != "postgresql" {
            continue;
        }
        let other = Transaction::begin(&*from).independent().branch(other_branch.clone()).await?;
        other.run(async || connection(&from)?.execute("INSERT INTO others (id) VALUES (1)", []).await).await?;
        let other = other.prepare_as(other_branch).await?;
        until("the checkpoint is after both rows", async || Ok(job.run().await?.read <= 1)).await?;
        other.rollback().await?;
    }
    Ok(())
}

const OTHERS: &str = "others (id ID)";

/// MySQL cannot list its transactions while one of them runs a statement with an emoji. A copy waits for that statement.
#[tokio::test]
async fn a_running_statement_with_an_emoji_delays_a_copy() -> Result<()> {
    for (from, to) in pairs(&[USERS], &[ANALYTICS_USERS]).await? {
        if connection(&from)?.dialect().name() != "mysql" {
            continue;
        }
        users(&from, &["a@x.org"]).await?;
        let update = "UPDATE users SET email = '🛫' WHERE id = 1";
        let holder = Transaction::begin(&*from).independent().await?;
        holder.execute("UPDATE users SET email = email WHERE id = 1", []).await?;
        let name = from.to_string();
        let waiting = tokio::spawn(transaction_of(name, update));
        let list = "SELECT 1 FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT' AND trx_query LIKE 'UPDATE users%'";
        until("the statement runs", async || {
            // InnoDB renews the list only when nobody has read it for 100 ms.
            tokio::time::sleep(Duration::from_millis(150)).await;
            // MariaDB answers, MySQL cannot.
            let answer = connection(&from)?.query(list, []).await.map(|rows| !rows.is_empty());
            Ok(answer.unwrap_or_else(|error| error.code() == Some("3854")))
        })
        .await?;
        let job = job(&from, &to).since(User::UPDATED_AT);
        let release = async {
            tokio::task::yield_now().await;
            holder.rollback().await
        };
        let (copied, released) = tokio::join!(job.run(), release);
        released?;
        waiting.await.map_err(Error::custom)??;
        assert_eq!(copied?.written, 1);
    }
    Ok(())
}

async fn transaction_of(name: String, statement: &'static str) -> Result<u64> {
    transaction(&name, async || connection(&name)?.execute(statement, []).await).await
}

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Note {
    id: i64,
    text: String,
    #[updated_at]
    updated_at: DateTime<Utc>,
    #[soft_delete]
    deleted_at: Option<DateTime<Utc>>,
}

const NOTES: &str = "notes (id ID, text STRING NOT NULL, updated_at TIMESTAMP NOT NULL, deleted_at TIMESTAMP)";

/// A row that is marked as deleted in the source is marked in the target. It does not count as missing in the source.
#[tokio::test]
async fn a_soft_deletion_is_copied() -> Result<()> {
    for (from, to) in pairs(&[NOTES], &[NOTES]).await? {
        let notes = ["a", "b", "c"].map(|text| Note { text: text.into(), ..Note::default() });
        Note::with_connection(&from, async || Note::bulk_insert(&notes).await).await?;
        let job = || SyncJob::from::<Note>().using(&*from).to::<Note>().on(&*to);
        let changed = job().since(Note::UPDATED_AT);
        assert_eq!(changed.run().await?.written, 3);
        assert_eq!(Note::using(&from).filter(Note::TEXT.eq("a")).delete().await?, 1);
        assert_eq!(changed.run().await?.written, 1);
        Note::with_connection(&from, async || Note::query().filter(Note::TEXT.eq("b")).one().await?.destroy().await)
            .await?;
        let report = job().delete_missing(0.0).run().await?;
        assert_eq!((report.written, report.deleted), (1, 0), "{report:?}");
        let left = Note::using(&to).select(Note::TEXT).all().await?;
        assert_eq!((left, Note::using(&to).only_deleted().count().await?), (vec!["c".to_owned()], 2));
        assert!(job().verify().await?.is_empty());
    }
    Ok(())
}

#[tokio::test]
async fn missing_rows_are_deleted_up_to_a_limit() -> Result<()> {
    for (from, to) in pairs(&[USERS], &[ANALYTICS_USERS]).await? {
        users(&from, &["a@x.org", "b@y.org", "c@x.org", "d@z.org"]).await?;
        let job = job(&from, &to).delete_missing(0.3);
        job.run().await?;
        User::using(&from).filter(User::ID.eq(2)).delete().await?;
        assert_eq!(job.run().await?.deleted, 1);
        User::using(&from).filter(User::ID.gt(1)).delete().await?;
        let refused = job.run().await.unwrap_err();
        assert!(refused.is_invalid() && refused.to_string().contains(".delete_missing(0.67)"), "{refused}");
        assert_eq!(analytics(&to).await?.len(), 3);
    }
    Ok(())
}

#[tokio::test]
async fn differences_are_found_and_repaired() -> Result<()> {
    for (from, to) in pairs(&[USERS], &[ANALYTICS_USERS]).await? {
        users(&from, &["a@x.org", "b@y.org", "c@x.org", "d@z.org"]).await?;
        let job = job(&from, &to);
        job.run().await?;
        let of = |id: i64| AnalyticsUser::using(&to).filter(AnalyticsUser::USER_ID.eq(id));
        of(1).delete().await?;
        of(2).update((AnalyticsUser::DOMAIN.set("other"),)).await?;
        of(3).update((AnalyticsUser::USER_ID.set(33),)).await?;
        let differences = job.verify().await?;
        let mut found: Vec<_> = differences.rows.iter().map(|row| format!("{} {:?}", row.key, row.kind)).collect();
        found.sort();
        let expected =
            ["user_id = 1 Missing", "user_id = 2 Columns([\"domain\"])", "user_id = 3 Missing", "user_id = 33 Extra"];
        assert_eq!(found, expected);
        let repaired = job.repair().await?;
        assert_eq!((repaired.written, repaired.deleted), (3, 1));
        assert!(job.verify().await?.is_empty());
    }
    Ok(())
}
