//! LIKE and similar: special characters have a meaning only in `like` and `ilike`, as documented.

use activerecord::prelude::*;
use activerecord::query::Predicate;
use proptest::prelude::*;
use proptest::test_runner::{Config as Settings, TestRunner};

use test_support::Database;

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Word {
    id: i64,
    text: Option<String>,
}

const WORDS: [&str; 14] =
    ["50%", "50x", "a_b", "axb", r"c\d", "*star*", "what?", "[set]", "set", "ABC", "abc", "Äb", "äb", ""];

async fn words(words: &[&str]) -> Result<Database> {
    let db = Database::new(["words (id ID, text TEXT)"]).await;
    with_connection(&db, async || {
        let words: Vec<_> = words.iter().map(|word| Word { id: 0, text: Some((*word).to_owned()) }).collect();
        Word::bulk_insert(&words).await?;
        Word::create(Word::default()).await
    })
    .await?;
    Ok(db)
}

async fn found(predicate: Predicate<Word>) -> Result<Vec<String>> {
    let found = Word::filter(predicate).order_by(Word::ID.asc()).pluck(Word::TEXT).await?;
    Ok(found.into_iter().flatten().collect())
}

#[tokio::test]
async fn patterns() -> Result<()> {
    with_connection(&words(&WORDS).await?, async || {
        for (predicate, expected) in [
            (Word::TEXT.like("50%"), vec!["50%", "50x"]),
            (Word::TEXT.like("a_b"), vec!["a_b", "axb"]),
            (Word::TEXT.like(r"a\_b"), vec!["a_b"]),
            (Word::TEXT.like(r"50\%"), vec!["50%"]),
            (Word::TEXT.like(r"c\\d"), vec![r"c\d"]),
            (Word::TEXT.like("*%"), vec!["*star*"]),
            (Word::TEXT.like("[%]"), vec!["[set]"]),
            (Word::TEXT.like("what_"), vec!["what?"]),
            (Word::TEXT.like("_b"), vec!["Äb", "äb"]),
            (Word::TEXT.like("abc"), vec!["abc"]),
            (Word::TEXT.like("aBc"), vec![]),
            (Word::TEXT.like(""), vec![""]),
            (!Word::TEXT.like("%"), vec![]),
            (Word::TEXT.ilike("aBc"), vec!["ABC", "abc"]),
            (Word::TEXT.ilike(r"A\_B"), vec!["a_b"]),
            (Word::TEXT.ilike("*STAR*"), vec!["*star*"]),
            (Word::TEXT.ilike(r"C\\D"), vec![r"c\d"]),
            (Word::TEXT.ilike("50%"), vec!["50%", "50x"]),
            (Word::TEXT.starts_with("50%"), vec!["50%"]),
            (Word::TEXT.starts_with("["), vec!["[set]"]),
            (Word::TEXT.ends_with("*"), vec!["*star*"]),
            (Word::TEXT.ends_with("?"), vec!["what?"]),
            (Word::TEXT.contains("_"), vec!["a_b"]),
            (Word::TEXT.contains(r"\"), vec![r"c\d"]),
            (Word::TEXT.contains("set"), vec!["[set]", "set"]),
            (Word::TEXT.contains("BC"), vec!["ABC"]),
        ] {
            let shown = format!("{predicate:?}");
            assert_eq!(found(predicate).await?, expected, "{shown}");
        }
        assert_eq!(found(Word::TEXT.like("%")).await?.len(), WORDS.len(), "NULL matches nothing");
        assert_eq!(found(Word::TEXT.contains("")).await?.len(), WORDS.len());
        Ok(())
    })
    .await
}

/// A database that ends a pattern at NUL, or cannot store NUL, refuses the query.
#[tokio::test]
async fn a_nul_in_a_pattern_is_matched_or_refused() -> Result<()> {
    with_connection(&words(&["a"]).await?, async || {
        let text = Word::TEXT;
        for predicate in [text.like("a\0%"), text.ilike("a\0b"), text.contains("a\0"), text.starts_with("a\0")] {
            match Word::filter(predicate).delete().await {
                Ok(deleted) => assert_eq!(deleted, 0),
                Err(error) => {
                    assert!(error.is_unsupported() || error.is_conversion(), "{error:?}");
                    assert_eq!(error.model(), Some("Word"));
                }
            }
        }
        assert_eq!(Word::count().await?, 2);
        Ok(())
    })
    .await
}

/// Matches a text with a LIKE pattern, by the definition of LIKE.
fn like(pattern: &[char], text: &[char]) -> bool {
    match pattern {
        [] => text.is_empty(),
        ['%', rest @ ..] => (0..=text.len()).any(|skipped| like(rest, &text[skipped..])),
        ['_', rest @ ..] => !text.is_empty() && like(rest, &text[1..]),
        ['\\', literal, rest @ ..] | [literal, rest @ ..] => text.first() == Some(literal) && like(rest, &text[1..]),
    }
}

#[test]
fn random_patterns_match_as_defined() -> Result<()> {
    let runtime = tokio::runtime::Runtime::new().map_err(Error::custom)?;
    let word = "[-%_\\\\*?\\[\\]^!aAä0]{0,6}";
    let strategy = (proptest::collection::vec(word, 40), proptest::collection::vec(word, 10));
    let settings = Settings { cases: 16, failure_persistence: None, ..Settings::default() };
    let run = |(texts, needles): (Vec<String>, Vec<String>)| {
        runtime.block_on(random(&texts, &needles)).map_err(|error| TestCaseError::fail(error.to_string()))
    };
    TestRunner::new(settings).run(&strategy, run).map_err(|error| Error::custom(error.to_string()))
}

async fn random(texts: &[String], needles: &[String]) -> Result<()> {
    let words = words(&texts.iter().map(String::as_str).collect::<Vec<_>>()).await?;
    with_connection(&words, async || {
        for needle in needles {
            let matching =
                |holds: &dyn Fn(&str) -> bool| texts.iter().filter(|text| holds(text)).cloned().collect::<Vec<_>>();
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            assert_eq!(
                found(Word::TEXT.starts_with(needle)).await?,
                matching(&|text| text.starts_with(needle)),
                "{needle}"
            );
            assert_eq!(
                found(Word::TEXT.ends_with(needle)).await?,
                matching(&|text| text.ends_with(needle)),
                "{needle}"
            );
            assert_eq!(found(Word::TEXT.contains(needle)).await?, matching(&|text| text.contains(needle)), "{needle}");
            // The meaning of a `\` at the end of a pattern depends on the database.
            let pattern = needle.trim_end_matches('\\');
            assert_eq!(
                found(Word::TEXT.like(pattern)).await?,
                matching(&|text| like(&chars(pattern), &chars(text))),
                "{pattern}"
            );
            let lower = pattern.to_ascii_lowercase();
            let matches = |text: &str| like(&chars(&lower), &chars(&text.to_ascii_lowercase()));
            assert_eq!(found(Word::TEXT.ilike(pattern)).await?, matching(&matches), "{pattern}");
        }
        Ok(())
    })
    .await
}
