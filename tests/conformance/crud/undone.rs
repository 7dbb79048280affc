//! A record after the transaction that wrote it was rolled back: nothing of a stranger is overwritten, nothing is
//! deleted that nobody deleted, and a lost version is an error that says so.

use std::future::pending;

use activerecord::prelude::*;
use activerecord::transaction::Retry;
use chrono::{DateTime, Utc};
use tokio::sync::oneshot;

use test_support::Database;

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Doc {
    id: i64,
    title: String,
    #[version]
    version: i32,
}

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Note {
    id: i64,
    title: String,
    #[soft_delete]
    deleted_at: Option<DateTime<Utc>>,
}

fn doc(title: &str) -> Doc {
    Doc { title: title.into(), ..Doc::default() }
}

fn note(title: &str) -> Note {
    Note { title: title.into(), ..Note::default() }
}

async fn database() -> Database {
    Database::new([
        "docs (id ID, title TEXT NOT NULL, version I32 NOT NULL)",
        "notes (id ID, title TEXT NOT NULL, deleted_at TIMESTAMP)",
    ])
    .await
}

/// The ways in which work is undone.
#[derive(Clone, Copy, Debug)]
enum Undone {
    Error,
    Savepoint,
    SavepointThenCommit,
    Rollback,
    Dropped,
    Cancelled,
    Poisoned,
}

const WAYS: [Undone; 7] = [
    Undone::Error,
    Undone::Savepoint,
    Undone::SavepointThenCommit,
    Undone::Rollback,
    Undone::Dropped,
    Undone::Cancelled,
    Undone::Poisoned,
];

impl Undone {
    async fn run(self, db: &str, work: impl AsyncFnOnce() -> Result<()>) -> Result<()> {
        match self {
            Self::Error => no(transaction(db, async || work().await.and(Err(undo()))).await),
            Self::Savepoint => {
                let inner = async || transaction(db, async || work().await.and(Err::<(), _>(undo()))).await;
                no(transaction(db, async || inner().await.and(Err::<(), _>(undo()))).await)
            }
            Self::SavepointThenCommit => {
                transaction(db, async || no(transaction(db, async || work().await.and(Err(undo()))).await)).await
            }
            Self::Rollback => {
                let tx = Transaction::begin(db).await?;
                tx.run(async || work().await).await?;
                tx.rollback().await
            }
            Self::Dropped => {
                let tx = Transaction::begin(db).await?;
                tx.run(async || work().await).await
            }
            Self::Cancelled => {
                let (done, is_done) = oneshot::channel();
                let body = transaction(db, async || {
                    work().await?;
                    let _ = done.send(());
                    pending::<Result<()>>().await
                });
                tokio::select! {
                    ended = body => ended,
                    _ = is_done => Ok(()),
                }
            }
            Self::Poisoned => {
                let poisoned = async || {
                    work().await?;
                    connection(db)?.execute("INSERT INTO nowhere VALUES (1)", []).await.err();
                    Ok(())
                };
                no(transaction(db, poisoned).await)
            }
        }
    }
}

fn undo() -> Error {
    Error::custom("undone")
}

fn no(result: Result<()>) -> Result<()> {
    assert!(result.is_err());
    Ok(())
}

#[tokio::test]
async fn a_lost_version_is_an_error_that_names_the_rollback() -> Result<()> {
    let db = database().await;
    with_connection(&db, async || {
        for way in WAYS {
            let mut doc = Doc::create(doc("a")).await?;
            way.run(&db, async || doc.save().await).await?;
            for error in [doc.save().await, doc.update_columns(Doc::TITLE.set("b")).await, doc.destroy().await] {
                let error = error.unwrap_err();
                assert!(error.is_stale() && error.message().contains("rolled back: reload"), "{way:?}: {error}");
            }
            doc.reload().await?;
            doc.save().await?;
            assert_eq!((doc.version, doc.title.as_str()), (1, "a"), "{way:?}");
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_undone_insert_can_be_made_again_or_is_an_error() -> Result<()> {
    let db = database().await;
    with_connection(&db, async || {
        for way in WAYS {
            let mut once = doc("once");
            way.run(&db, async || once.save().await).await?;
            let key = once.id;
            once.save().await?;
            assert_eq!((once.id, Doc::find(key).await?.title), (key, "once".into()), "{way:?}");

            let mut twice = doc("twice");
            way.run(&db, async || {
                twice.save().await?;
                twice.save().await
            })
            .await?;
            let error = twice.save().await.unwrap_err();
            assert!(error.is_stale() && error.message().contains("rolled back"), "{way:?}: {error}");
            twice.insert().await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_undone_deletion_is_not_made_by_the_next_save() -> Result<()> {
    let db = database().await;
    with_connection(&db, async || {
        for way in WAYS {
            let mut note = Note::create(note("kept")).await?;
            way.run(&db, async || note.destroy().await).await?;
            note.title = "edited".into();
            note.save().await?;
            note.update().await?;
            note.update_columns(Note::TITLE.set("edited again")).await?;
            let found = Note::find(note.id).await?;
            assert_eq!((found.title.as_str(), found.deleted_at), ("edited again", None), "{way:?}");
            note.reload().await?;
            note.destroy().await?;

            way.run(&db, async || note.restore().await).await?;
            note.save().await?;
            assert!(Note::find(note.id).await.unwrap_err().is_not_found(), "{way:?}");
        }
        Ok(())
    })
    .await
}

/// A key that was undone belongs to nobody else, whoever inserts next, and however.
#[tokio::test]
async fn a_strangers_row_is_never_overwritten() -> Result<()> {
    let db = database().await;
    let other_pool = db.alias("other", |config| config)?;
    with_connection(&db, async || {
        for way in WAYS {
            let mut mine = note("mine");
            way.run(&db, async || mine.save().await).await?;
            let other = Note::create(note("a stranger's")).await?;
            let there = with_connection(&other_pool, async || Note::create(note("from another pool")).await).await?;
            Note::bulk_insert(&[note("one of two"), note("two of two")]).await?;
            mine.save().await?;
            assert_ne!(mine.id, other.id, "{way:?}");
            assert_eq!(Note::find(other.id).await?.title, "a stranger's", "{way:?}");
            assert_eq!(Note::find(there.id).await?.title, "from another pool", "{way:?}");
            assert_eq!(Note::find(mine.id).await?.title, "mine", "{way:?}");
        }
        assert_eq!(Note::count().await?, WAYS.len() as u64 * 5);
        Ok(())
    })
    .await
}

/// Keys of records that were inserted together, or by raw SQL, are known only by reading them.
#[tokio::test]
async fn keys_that_were_read_before_the_rollback_are_not_given_out_again() -> Result<()> {
    let db = database().await;
    with_connection(&db, async || {
        for way in WAYS {
            Note::query().purge().await?;
            let mut mine = Vec::new();
            way.run(&db, async || {
                Note::bulk_insert(&[note("a"), note("b")]).await?;
                connection(&db)?.execute("INSERT INTO notes (title) VALUES ('c')", []).await?;
                mine = Note::all().await?;
                Ok(())
            })
            .await?;
            let rows: Vec<_> = ["x", "y", "z", "w"].map(note).into();
            Note::bulk_insert(&rows).await?;
            for note in &mut mine {
                note.save().await?;
            }
            let mut titles = Note::query().pluck(Note::TITLE).await?;
            titles.sort_unstable();
            assert_eq!(titles, ["a", "b", "c", "w", "x", "y", "z"], "{way:?}");
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn inside_one_transaction_undone_keys_stay_used() -> Result<()> {
    let db = database().await;
    with_connection(&db, async || {
        let mut mine = note("mine");
        transaction(&db, async || {
            for _ in 0..3 {
                let mut again = note("mine");
                Undone::Error.run(&db, async || again.save().await).await?;
                mine = again;
                Note::create(note("a stranger's")).await?;
            }
            mine.save().await
        })
        .await?;
        assert_eq!(Note::filter(Note::TITLE.eq("a stranger's")).count().await?, 3);
        assert_eq!(Note::find(mine.id).await?.title, "mine");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn concurrent_writers_do_not_get_an_undone_key() -> Result<()> {
    let db = database().await;
    let writers = (0..8).map(|writer| {
        let db = db.to_string();
        tokio::spawn(async move {
            with_connection(&db, async || {
                let (mut undone, mut kept) = (Vec::new(), Vec::new());
                for n in 0..10 {
                    let mut mine = note("mine");
                    Undone::Error.run(&db, async || mine.save().await).await?;
                    undone.push(mine.id);
                    kept.push(Note::create(note(&format!("{writer} {n}"))).await?.id);
                }
                Ok((undone, kept))
            })
            .await
        })
    });
    let (mut undone, mut kept) = (Vec::new(), Vec::new());
    for writer in writers.collect::<Vec<_>>() {
        let (more, ids) = writer.await.map_err(Error::custom)??;
        undone.extend(more);
        kept.extend(ids);
    }
    assert!(undone.iter().all(|id| !kept.contains(id)), "{undone:?} {kept:?}");
    Ok(())
}

/// Each attempt begins with a copy: what an undone attempt has put into its record is gone.
#[tokio::test]
async fn a_transaction_that_saves_a_captured_record_runs_again() -> Result<()> {
    let db = database().await;
    with_connection(&db, async || {
        let attempts = std::sync::atomic::AtomicU32::new(0);
        for record in [doc("new"), Doc::create(doc("stored")).await?] {
            attempts.store(0, std::sync::atomic::Ordering::Relaxed);
            let (attempts, before) = (&attempts, record.version);
            let db = &db;
            let saved = retry(Retry::new(), async move || {
                let mut record = record;
                transaction(db, async || {
                    record.title += "!";
                    record.save().await?;
                    record.save().await?;
                    match attempts.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
                        0 | 1 => Err(Error::new(activerecord::ErrorKind::Deadlock, "victim")),
                        _ => Ok(()),
                    }
                })
                .await?;
                Ok(record)
            })
            .await?;
            assert_eq!(Doc::find(saved.id).await?, saved);
            assert!(saved.version > before && saved.title.ends_with('!') && !saved.title.ends_with("!!"));
        }
        assert_eq!(Doc::count().await?, 2);
        Ok(())
    })
    .await
}
