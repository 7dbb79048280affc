//! What a save may not do to a row that somebody else has changed, deleted or marked.

use activerecord::prelude::*;
use chrono::{DateTime, Utc};

use test_support::Database;

macro_rules! models {
    ($($name:ident $table:literal $(#[$hooks:meta])?;)*) => {$(
        #[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
        #[table = $table]
        $(#[$hooks])?
        struct $name {
            id: i64,
            text: String,
            #[version]
            version: i32,
            #[soft_delete]
            deleted_at: Option<DateTime<Utc>>,
        }
    )*};
}
models! {
    Plain "plains";
    Hooked "hookeds" #[hooks];
}

impl Hooks for Hooked {}

async fn database() -> Database {
    let columns = "(id ID, text TEXT NOT NULL, version I32 NOT NULL, deleted_at TIMESTAMP)";
    Database::new([&format!("plains {columns}"), &format!("hookeds {columns}")]).await
}

/// The same of a model with hooks and one without.
macro_rules! both {
    ($case:ident) => {
        with_connection(&database().await, async || {
            $case!(Plain);
            $case!(Hooked);
            Ok(())
        })
        .await
    };
}

#[tokio::test]
async fn a_stored_record_is_not_inserted_again() -> Result<()> {
    macro_rules! case {
        ($model:ident) => {{
            let mut mine = $model::create($model::default()).await?;
            mine.save().await?;
            let mut theirs = $model::find(mine.id).await?;
            theirs.purge().await?;
            let before = mine.clone();
            let error = mine.save().await.unwrap_err();
            assert!(error.is_stale() && error.message().contains("deleted by another writer"), "{error}");
            assert!(mine.update().await.unwrap_err().is_not_found());
            assert!(mine.update_columns($model::TEXT.set("x")).await.unwrap_err().is_not_found());
            assert!(mine.restore().await.unwrap_err().is_not_found());
            assert!(mine.destroy().await.unwrap_err().is_not_found());
            assert_eq!((mine.clone(), $model::query().with_deleted().count().await?), (before, 0));
            mine.insert().await?;
            assert_eq!($model::find(mine.id).await?, mine);
        }};
    }
    both!(case)
}

/// Version 0 says nothing: a record with a key of the program's own may be new.
#[tokio::test]
async fn a_record_whose_version_is_not_set_may_be_new() -> Result<()> {
    macro_rules! case {
        ($model:ident) => {{
            let mut new = $model { id: 77, ..$model::default() };
            new.save().await?;
            assert_eq!((new.version, $model::count().await?), (0, 1));
            let mut other = $model { id: 77, ..$model::default() };
            other.save().await?;
            assert_eq!((other.version, $model::count().await?), (1, 1));
            assert!($model { id: 77, ..$model::default() }.save().await.unwrap_err().is_stale());
        }};
    }
    both!(case)
}

#[tokio::test]
async fn a_stale_save_does_not_revive_a_row() -> Result<()> {
    macro_rules! case {
        ($model:ident) => {{
            let mine = $model::create($model::default()).await?;
            $model::find(mine.id).await?.destroy().await?;
            assert!(mine.clone().save().await.unwrap_err().is_stale());
            // One that knows the new version, but not the mark.
            let mut blind = $model { version: 1, ..mine };
            blind.text = "edited".into();
            blind.save().await?;
            blind.update().await?;
            assert_eq!($model::count().await?, 0);
            let row = $model::query().only_deleted().one().await?;
            assert_eq!((row.text.as_str(), row.deleted_at.is_some(), row.version), ("edited", true, 3));
        }};
    }
    both!(case)
}

#[tokio::test]
async fn restore_removes_the_mark() -> Result<()> {
    macro_rules! case {
        ($model:ident) => {{
            let mut record = $model::create($model::default()).await?;
            let mut stale = record.clone();
            record.destroy().await?;
            assert!(stale.restore().await.unwrap_err().is_stale());
            record.restore().await?;
            assert_eq!((record.version, record.deleted_at), (2, None));
            assert_eq!($model::find(record.id).await?, record);
            // What the program itself assigns is written.
            let now = DateTime::from_timestamp(1_000_000_000, 0);
            record.update_columns($model::DELETED_AT.set(now)).await?;
            assert_eq!(($model::count().await?, record.deleted_at), (0, now));
            $model::query().only_deleted().update($model::DELETED_AT.set(None)).await?;
            assert_eq!($model::count().await?, 1);
        }};
    }
    both!(case)
}

#[tokio::test]
async fn an_insert_writes_the_mark() -> Result<()> {
    with_connection(&database().await, async || {
        let gone = |id| Plain { id, deleted_at: DateTime::from_timestamp(1_000_000_000, 0), ..Plain::default() };
        gone(1).insert().await?;
        gone(2).save().await?;
        Plain::bulk_insert(&[gone(3)]).await?;
        Plain::create(Plain { id: 4, ..Plain::default() }).await?;
        Plain::bulk_insert_or_update(&[gone(4), gone(5)], Plain::ID).await?;
        assert_eq!((Plain::count().await?, Plain::query().only_deleted().count().await?), (0, 5));
        let back = Plain { id: 4, ..Plain::default() };
        Plain::insert_or_update(&back, Plain::ID).await?;
        assert_eq!(Plain::count().await?, 1);
        Ok(())
    })
    .await
}

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Airline {
    #[primary_key]
    carrier: String,
}

#[tokio::test]
async fn a_model_without_a_mark_has_nothing_to_restore() -> Result<()> {
    with_connection(&Database::new(["airlines (carrier STRING PRIMARY KEY)"]).await, async || {
        let error = Airline::create(Airline { carrier: "UA".into() }).await?.restore().await.unwrap_err();
        assert!(error.is_unsupported() && error.model() == Some("Airline"), "{error}");
        Ok(())
    })
    .await
}

/// The record gets what its own update wrote, however many others write meanwhile.
#[tokio::test]
async fn what_is_read_back_is_what_was_written() -> Result<()> {
    #[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
    struct Counter {
        id: i64,
        n: i64,
    }
    let db = Database::new(["counters (id ID, n I64 NOT NULL)"]).await;
    with_connection(&db, async || Counter::create(Counter::default()).await.map(drop)).await?;
    let writers = (0..8).map(|_| {
        let db = db.to_string();
        tokio::spawn(async move {
            with_connection(&db, async || {
                let (mut counter, mut seen) = (Counter::find(1).await?, Vec::new());
                for _ in 0..20 {
                    counter.update_columns(Counter::N.add(1)).await?;
                    seen.push(counter.n);
                }
                Ok(seen)
            })
            .await
        })
    });
    let mut seen = Vec::new();
    for writer in writers.collect::<Vec<_>>() {
        seen.extend(writer.await.map_err(Error::custom)??);
    }
    seen.sort_unstable();
    assert_eq!(seen, (1..=160).collect::<Vec<_>>());
    Ok(())
}
