//! Upserts of rows whose keys are different texts, and equal for the database.

use activerecord::prelude::*;
use test_support::Database;

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Word {
    id: i64,
    place: i32,
    word: String,
    n: i32,
}

impl Word {
    fn new(place: i32, word: &str) -> Self {
        Self { place, word: word.into(), n: 1, ..Self::default() }
    }

    async fn upsert(words: &[Self]) -> Result<u64> {
        Self::bulk_insert_or_update(words, (Self::PLACE, Self::WORD)).await
    }
}

/// A table with such a column, and two of its texts.
async fn databases() -> Result<Vec<(Database, &'static str, &'static str)>> {
    let mut all = Vec::new();
    for (ty, one, other) in test_support::Profile::current()?.merged {
        let db = Database::new([]).await;
        for statement in db.profile().merging {
            connection(&db)?.execute(statement, []).await?;
        }
        db.create(&format!(
            "words (id ID, place I32 NOT NULL, word {ty} NOT NULL, n I32 NOT NULL, UNIQUE (place, word))"
        ))
        .await?;
        all.push((db, *one, *other));
    }
    assert!(!all.is_empty());
    Ok(all)
}

fn is_pair(error: &Error, first: usize, second: usize) -> bool {
    let text = error.to_string();
    error.is_unique_violation()
        && error.record_index() == Some(second)
        && [format!("indexes {first} and {second}"), "(place, word)".into(), "Word".into()]
            .iter()
            .all(|part| text.contains(part))
}

#[tokio::test]
async fn two_equal_keys_are_named_and_nothing_is_written() -> Result<()> {
    for (db, one, other) in databases().await? {
        with_connection(&db, async || {
            let words =
                [Word::new(1, "x"), Word::new(1, one), Word::new(2, other), Word::new(1, "y"), Word::new(1, other)];
            let error = Word::upsert(&words).await.unwrap_err();
            assert!(is_pair(&error, 1, 4), "{one:?} {other:?}: {error}");
            assert_eq!(Word::count().await?, 0);
            assert_eq!(Word::upsert(&words[..4]).await?, 4);
            // The same text twice is the same row: the last one counts.
            let twice = [Word { n: 5, ..Word::new(1, one) }, Word { n: 6, ..Word::new(1, one) }];
            assert_eq!(Word::upsert(&twice).await?, 2);
            assert_eq!(Word::filter(Word::N.eq(6)).count().await?, 1);
            assert_eq!(Word::count().await?, 4);
            // One row that the database finds equal to a stored one updates it.
            Word::insert_or_update(&Word { n: 7, ..Word::new(1, other) }, (Word::PLACE, Word::WORD)).await?;
            assert_eq!((Word::count().await?, Word::filter(Word::N.eq(7)).count().await?), (4, 1));
            Ok(())
        })
        .await?;
    }
    Ok(())
}

/// The two rows are in two statements, or the statement is in a savepoint.
#[tokio::test]
async fn equal_keys_of_different_statements() -> Result<()> {
    for (db, one, other) in databases().await? {
        with_connection(&db, async || {
            let mut words: Vec<_> = (0..3_000).map(|place| Word::new(place, one)).collect();
            words.push(Word::new(7, other));
            let error = transaction(&db, async || {
                Word::upsert(&words[..10]).await?;
                let error = transaction(&db, async || Word::upsert(&words).await).await.unwrap_err();
                assert_eq!(Word::count().await?, 10);
                Ok(error)
            });
            let error = error.await?;
            assert!(is_pair(&error, 7, 3_000), "{one:?} {other:?}: {error}");
            assert_eq!(Word::count().await?, 10);
            Ok(())
        })
        .await?;
    }
    Ok(())
}

/// Long texts with odd characters are compared as they are.
#[tokio::test]
async fn different_keys_stay_different() -> Result<()> {
    for (db, ..) in databases().await? {
        with_connection(&db, async || {
            let texts = ["", "\"", "\\", "'", "$[1]", "null", "[1]", "b?c", "{}"];
            let words: Vec<_> = texts.iter().map(|text| Word::new(1, text)).collect();
            assert_eq!(Word::upsert(&words).await?, words.len() as u64);
            Ok(())
        })
        .await?;
    }
    Ok(())
}
