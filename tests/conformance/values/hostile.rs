//! Text and names with a special meaning in SQL.

use activerecord::prelude::*;

use super::{Sample, database};
use test_support::Database;

const TEXTS: [&str; 19] = [
    "'; DROP TABLE samples; --",
    "\"",
    "`",
    "\\",
    "\\'",
    "?",
    "??",
    "$1",
    ":name",
    "%_*[]",
    "\0",
    "a\0b",
    "\u{202e}gnp.exe",
    "\u{feff}bom",
    "e\u{301}",
    "\r\n\t",
    "NULL",
    "x'00'",
    " trailing ",
];

#[tokio::test]
async fn text_is_stored_unchanged() -> Result<()> {
    let db = database().await;
    with_connection(&db, async || {
        let long = "x'\u{1f6eb}\n".repeat(150_000);
        let texts: Vec<_> =
            TEXTS.into_iter().chain([&*long]).filter(|text| db.profile().nul || !text.contains('\0')).collect();
        for text in &texts {
            let text = *text;
            let key: String = text.chars().take(1_000).collect();
            let json = Json(serde_json::json!({ key: [text] }));
            let sample = Sample { text: text.into(), names: vec![text.into()], json, ..Default::default() };
            let sample = Sample::create(sample).await?;
            assert_eq!(Sample::find(sample.id).await?, sample);
            assert_eq!(Sample::find_by(Sample::TEXT.eq(text)).await?, Some(sample.clone()));
            assert_eq!(Sample::filter_raw("text = ?", [text]).count().await?, 1);
            assert_eq!(connection(&db)?.query("SELECT ? AS t", [text]).await?[0].get::<String>("t")?, text);
            assert_eq!(Sample::filter(Sample::TEXT.is_in([text])).one().await?.id, sample.id);
        }
        assert_eq!(Sample::count().await?, texts.len() as u64);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn patterns_find_the_text() -> Result<()> {
    with_connection(&database().await, async || {
        let texts: Vec<_> = TEXTS.into_iter().filter(|text| !text.contains('\0')).collect();
        for text in &texts {
            let text = format!("<{text}>");
            Sample::create(Sample { text, ..Default::default() }).await?;
        }
        for text in &texts {
            let among = texts.iter().filter(|other| other.contains(text)).count() as u64;
            assert_eq!(Sample::filter(Sample::TEXT.contains(*text)).count().await?, among, "{text:?}");
            let start = format!("<{text}");
            let starting = texts.iter().filter(|other| other.starts_with(text)).count() as u64;
            assert_eq!(Sample::filter(Sample::TEXT.starts_with(&start)).count().await?, starting, "{text:?}");
            let ending = texts.iter().filter(|other| other.ends_with(text)).count() as u64;
            assert_eq!(Sample::filter(Sample::TEXT.ends_with(format!("{text}>"))).count().await?, ending, "{text:?}");
        }
        Ok(())
    })
    .await
}

/// A text that the database cannot store is refused, and nothing is written.
#[tokio::test]
async fn a_nul_is_stored_or_refused() -> Result<()> {
    let db = database().await;
    with_connection(&db, async || {
        let text = || String::from("a\0b");
        let samples = [
            Sample { text: text(), ..Default::default() },
            Sample { names: vec![text()], ..Default::default() },
            Sample { json: Json(text().into()), ..Default::default() },
        ];
        for sample in samples {
            match Sample::create(sample).await {
                Ok(sample) => {
                    assert!(db.profile().nul);
                    assert_eq!(Sample::find(sample.id).await?, sample);
                }
                Err(error) => assert!(!db.profile().nul && error.is_conversion(), "{error:?}"),
            }
        }
        Ok(())
    })
    .await
}

/// A table whose name and columns contain special characters.
#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[table = "a \"table\" `of` 'names'"]
struct Odd {
    #[column = "the key"]
    id: i64,
    #[column = "semi;colon -- comment"]
    first: String,
    #[column = "back\\slash"]
    second: Option<i32>,
    #[column = "select"]
    third: i32,
    #[column = "$1 ? :x"]
    fourth: bool,
}

#[tokio::test]
async fn names_are_quoted() -> Result<()> {
    let table = r#""a ""table"" `of` 'names'" ("the key" ID, "semi;colon -- comment" STRING NOT NULL, "back\slash" I32,
        "select" I32 NOT NULL, "$1 ? :x" BOOL NOT NULL)"#;
    let db = Database::new([table]).await;
    with_connection(&db, async || {
        let mut odd = Odd::create(Odd { first: "a".into(), third: 3, ..Default::default() }).await?;
        odd.second = Some(2);
        odd.save().await?;
        odd.update_columns((Odd::THIRD.add(1), Odd::FOURTH.set(true))).await?;
        let query = Odd::filter(Odd::FIRST.eq("a") & Odd::SECOND.is_not_null()).order_by(Odd::FOURTH.desc());
        assert_eq!(query.all().await?, [odd.clone()]);
        assert_eq!((odd.third, Odd::query().sum(Odd::THIRD).await?), (4, 4));
        Odd::insert_or_update(&Odd { second: None, ..odd.clone() }, [Odd::ID]).await?;
        assert_eq!(Odd::find(odd.id).await?.second, None);
        let raw = format!("SELECT * FROM {} WHERE {} = ?", db.quoted("a \"table\" `of` 'names'"), db.quoted("the key"));
        assert_eq!(Odd::raw_query(&raw, [odd.id]).all().await?.len(), 1);
        Ok(())
    })
    .await
}
