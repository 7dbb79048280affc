//! `after_commit` and `after_rollback` run after the end of the outermost transaction, outside it, in the scope of the
//! write.

use activerecord::ErrorKind;
use activerecord::prelude::*;

use super::journal::{note, noted, noted_failing};
use super::{Gate, database};
use test_support::Database;

/// Returns the entries of the hooks after the end, and `end`.
fn ends(entries: &[String]) -> Vec<&str> {
    let is_end =
        |entry: &&str| entry.starts_with("after_commit") || entry.starts_with("after_rollback") || *entry == "end";
    entries.iter().map(String::as_str).filter(is_end).collect()
}

#[tokio::test]
async fn they_wait_for_the_outermost_transaction() -> Result<()> {
    let db = database().await;
    with_connection(&db, async || {
        let (result, entries) = noted(async || {
            transaction(&db, async || {
                let mut gate = Gate::create(Gate::new("a")).await?;
                transaction(&db, async || gate.save().await).await?;
                gate.destroy().await?;
                note("end")
            })
            .await
        })
        .await;
        result?;
        assert_eq!(ends(&entries), ["end", "after_commit Inserted", "after_commit Updated", "after_commit Deleted"]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn after_rollback_runs_for_every_write() -> Result<()> {
    let db = database().await;
    with_connection(&db, async || {
        let (result, entries) = noted(async || {
            transaction(&db, async || {
                Gate::create(Gate::new("a")).await?.save().await?;
                Err::<(), _>(Error::custom("undone"))
            })
            .await
        })
        .await;
        assert_eq!(result.unwrap_err().message(), "undone");
        assert_eq!(ends(&entries), ["after_rollback Inserted", "after_rollback Updated"]);
        assert_eq!(Gate::count().await?, 0);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_rolled_back_savepoint_runs_after_rollback_at_the_end() -> Result<()> {
    let db = database().await;
    with_connection(&db, async || {
        let (result, entries) = noted(async || {
            transaction(&db, async || {
                Gate::create(Gate::new("a")).await?;
                let undone = transaction(&db, async || {
                    Gate::create(Gate::new("b")).await?;
                    transaction(&db, async || Gate::create(Gate::new("c")).await).await?;
                    Err::<(), _>(Error::custom("undone"))
                });
                assert!(undone.await.is_err());
                Gate::create(Gate::new("d")).await?;
                note("end")
            })
            .await
        })
        .await;
        result?;
        let (commit, rollback) = ("after_commit Inserted", "after_rollback Inserted");
        assert_eq!(ends(&entries), ["end", commit, rollback, rollback, commit]);
        assert_eq!(Gate::query().pluck(Gate::NAME).await?, ["a", "d"]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn they_run_for_explicit_transactions() -> Result<()> {
    let db = database().await;
    with_connection(&db, async || {
        let (result, entries) = noted(async || {
            let tx = Transaction::begin(&*db).await?;
            tx.run(async || Gate::create(Gate::new("a")).await).await?;
            note("end")?;
            tx.commit().await?;
            let tx = Transaction::begin(&*db).await?;
            tx.run(async || Gate::create(Gate::new("b")).await).await?;
            tx.rollback().await?;
            let tx = Transaction::begin(&*db).await?;
            tx.run(async || Gate::create(Gate::new("c")).await).await?;
            drop(tx);
            Ok(())
        })
        .await;
        result?;
        assert_eq!(ends(&entries), ["end", "after_commit Inserted", "after_rollback Inserted"]);
        assert_eq!(Gate::query().pluck(Gate::NAME).await?, ["a"]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_error_of_after_commit_is_distinct() -> Result<()> {
    let db = database().await;
    with_connection(&db, async || {
        let mut gate = Gate::new("a");
        let (result, entries) = noted_failing("after_commit", async || gate.save().await).await;
        let error = result.unwrap_err();
        assert!(
            error.is_after_commit() && !error.is_retryable() && error.message().contains("has to fail"),
            "{error:?}"
        );
        assert_eq!(ends(&entries), ["after_commit Inserted"]);
        let row = noted(async || Gate::find(1).await).await.0?;
        assert_eq!(
            (gate.id, gate.version, gate.created_at),
            (row.id, row.version, row.created_at),
            "the record equals the row"
        );

        let (result, entries) = noted_failing("after_commit", async || {
            transaction(&db, async || {
                Gate::create(Gate::new("b")).await?;
                Gate::create(Gate::new("c")).await
            })
            .await
        })
        .await;
        assert!(result.unwrap_err().is_after_commit());
        assert_eq!(ends(&entries), ["after_commit Inserted"; 2], "the other hooks run too");
        assert_eq!(Gate::count().await?, 3);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_failed_hook_after_the_commit_loses_no_record() -> Result<()> {
    let db = database().await;
    with_connection(&db, async || {
        let created = Gate { found: 7, ..Gate::new("a") };
        let (result, _) = noted_failing("after_commit", async || Gate::create(created).await).await;
        let error = result.unwrap_err();
        assert!(error.is_after_commit() && error.record::<Belt>().is_none(), "{error:?}");
        let gate = error.into_record::<Gate>()?;
        let row = noted(async || Gate::find(gate.id).await).await.0?;
        assert_eq!((gate.name.as_str(), gate.found), ("a", 7));
        assert_eq!(gate, Gate { found: 7, ..row });

        // Inside a transaction it is the record of the hook that failed.
        let created = Gate { found: 8, ..Gate::new("b") };
        let (result, _) = noted_failing("after_commit", async || {
            transaction(&db, async || Gate::create(created).await.map(|gate| gate.id)).await
        })
        .await;
        let error = result.unwrap_err();
        assert_eq!(error.record::<Gate>().map(|gate| (gate.name.as_str(), gate.found)), Some(("b", 8)));
        assert!(!format!("{error:?} {error}").contains("Gate {"), "{error:?}");
        assert_eq!(error.into_record::<Belt>().unwrap_err().into_record::<Gate>()?.name, "b");

        // A record that was refused comes back as well.
        let (result, _) = noted(async || Gate::create(Gate::new("a")).await).await;
        let error = result.unwrap_err();
        assert!(error.is_unique_violation());
        assert_eq!(error.into_record::<Gate>()?, Gate::new("a"));
        Ok(())
    })
    .await
}

/// A model that is not `Clone`, with fields that are not columns: some are `Clone`.
#[derive(ActiveRecord, Debug, Default)]
#[hooks]
struct Envelope {
    id: i64,
    text: String,
    #[skip]
    session: String,
    #[skip]
    handle: Handle,
    #[flatten]
    stamp: Stamp,
}

#[derive(Debug, Default)]
struct Handle(String);

#[derive(Embedded, Debug, Default)]
struct Stamp {
    city: String,
    #[skip]
    seen: Vec<u8>,
    #[skip]
    handle: Handle,
}

impl Hooks for Envelope {
    async fn after_commit(&self, change: &Change) -> Result<()> {
        let Self { text, session, handle, stamp, .. } = self;
        note(&format!("{:?} {text} {session} {:?} {} {}", change.kind(), stamp.seen, handle.0, stamp.handle.0))
    }

    async fn after_rollback(&self, change: &Change) -> Result<()> {
        self.after_commit(change).await
    }
}

#[tokio::test]
async fn the_fields_that_are_not_columns_are_there_at_the_end() -> Result<()> {
    let db = Database::new(["envelopes (id ID, text TEXT NOT NULL, city TEXT NOT NULL)"]).await;
    with_connection(&db, async || {
        let envelope = || Envelope {
            text: "a".into(),
            session: "s1".into(),
            handle: Handle("h".into()),
            stamp: Stamp { seen: vec![1, 2], handle: Handle("h".into()), ..Stamp::default() },
            ..Envelope::default()
        };
        let (result, entries) = noted(async || {
            let mut sent = Envelope::create(envelope()).await?;
            assert_eq!((sent.handle.0.as_str(), sent.session.as_str()), ("h", "s1"), "the record keeps its own");
            sent.session = "s2".into();
            transaction(&db, async || {
                sent.save().await?;
                sent.session = "s3".into();
                sent.destroy().await
            })
            .await?;
            let undone = transaction(&db, async || {
                Envelope::create(envelope()).await?;
                Err::<(), _>(Error::custom("undone"))
            });
            undone.await.err();
            Ok(())
        })
        .await;
        result?;
        let ends =
            ["Inserted a s1", "Updated a s2", "Deleted a s3", "Inserted a s1"].map(|end| format!("{end} [1, 2]  "));
        assert_eq!(entries, ends);
        Ok(())
    })
    .await
}

/// A row that a hook writes after the end of a transaction.
#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Line {
    id: i64,
    text: String,
}

/// A model whose hooks write to another table, and that references a parent.
#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[hooks]
struct Belt {
    id: i64,
    parent: Option<i64>,
}

impl Hooks for Belt {
    async fn after_commit(&self, _: &Change) -> Result<()> {
        // This runs outside the transaction, and sees its committed rows.
        let seen = Belt::filter(Belt::ID.eq(self.id)).count().await?;
        Line::create(Line { id: 0, text: format!("{} {seen}", self.id) }).await?;
        Err(Error::custom("the line stays"))
    }

    async fn after_rollback(&self, _: &Change) -> Result<()> {
        Line::create(Line { id: 0, text: format!("{} undone", self.id) }).await?;
        Err(Error::custom("this must not hide the cause of the rollback"))
    }
}

/// Parents are checked at the COMMIT, if the database can.
async fn belts() -> Database {
    Database::new([
        "belts (id ID, parent I64, FOREIGN KEY (parent) REFERENCES belts (id) DEFERRED)",
        "\"lines\" (id ID, text TEXT NOT NULL)",
    ])
    .await
}

#[tokio::test]
async fn the_end_is_outside_the_transaction_and_in_the_scope_of_the_write() -> Result<()> {
    let (here, there) = (belts().await, belts().await);
    let result = transaction(&here, async || {
        // The scope is left before the transaction ends.
        with_connection(&here, async || Belt::create(Belt { id: 7, parent: None }).await).await
    });
    assert!(result.await.unwrap_err().is_after_commit());
    with_connection(&here, async || {
        assert_eq!(Line::query().pluck(Line::TEXT).await?, ["7 1"]);
        Ok(())
    })
    .await?;
    with_connection(&there, async || {
        assert_eq!(Line::count().await?, 0);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_commit_that_fails_is_a_rollback() -> Result<()> {
    let db = belts().await;
    with_connection(&db, async || {
        let error = transaction(&db, async || Belt::create(Belt { id: 1, parent: Some(99) }).await).await.unwrap_err();
        assert!(error.is_foreign_key_violation() && error.connection() == Some(&*db), "{error:?}");
        let alone = Belt::create(Belt { id: 2, parent: Some(99) }).await.unwrap_err();
        assert!(alone.is_foreign_key_violation(), "{alone:?}");
        assert_eq!(Belt::count().await?, 0);
        // Without deferred constraints no row was written, so no hook runs.
        let undone: &[&str] = if db.profile().deferred_constraints { &["1 undone", "2 undone"] } else { &[] };
        assert_eq!(Line::query().pluck(Line::TEXT).await?, undone);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_error_at_the_end_does_not_hide_the_error_before_it() -> Result<()> {
    let db = belts().await;
    with_connection(&db, async || {
        let result = transaction(&db, async || {
            Belt::create(Belt { id: 1, parent: None }).await?;
            Err::<(), _>(Error::custom("the reason"))
        });
        assert_eq!(result.await.unwrap_err().message(), "the reason");
        let result = transaction(&db, async || {
            Belt::create(Belt { id: 1, parent: None }).await?;
            connection(&db)?.execute("INSERT INTO nowhere VALUES (1)", []).await.ok();
            Ok(())
        });
        let error = result.await.unwrap_err();
        assert!(error.kind() == ErrorKind::Transaction && error.message().contains("nowhere"), "{error}");
        assert_eq!(Belt::count().await?, 0);
        Ok(())
    })
    .await
}
