//! Stored values of the wrong type. The error names the model, the field and the column, and never the value.

use activerecord::prelude::*;

use super::{Maybe, Sample, database};

const SECRET: &str = "s3cr3t";

/// A value that cannot be read from each column, as SQL.
const WRONG: [(&str, &str); 30] = [
    ("truth", "'s3cr3t'"),
    ("tiny", "'s3cr3t'"),
    ("small", "x'733363723374'"),
    ("int", "'s3cr3t'"),
    ("big", "'s3cr3t'"),
    ("utiny", "'s3cr3t'"),
    ("usmall", "'s3cr3t'"),
    ("uint", "'s3cr3t'"),
    ("ubig", "'s3cr3t'"),
    ("single", "'s3cr3t'"),
    ("double", "'s3cr3t'"),
    ("text", "x'733363723374'"),
    ("text", "CAST(x'733363723374ff' AS TEXT)"),
    ("bytes", "'s3cr3t'"),
    ("bytes", "5"),
    ("price", "'s3cr3t'"),
    ("price", "x'733363723374'"),
    ("uuid", "'s3cr3t'"),
    ("uuid", "x'733363723374'"),
    ("date", "'s3cr3t'"),
    ("time", "'s3cr3t'"),
    ("datetime", "'2013-01-01 s3cr3t'"),
    ("timestamp", "'s3cr3t'"),
    ("json", "'{\"s3cr3t\"'"),
    ("list", "'[1, \"s3cr3t\"]'"),
    ("list", "'s3cr3t'"),
    ("names", "'[\"a\", 5]'"),
    ("prices", "'[\"s3cr3t\"]'"),
    ("color", "'s3cr3t'"),
    ("level", "'s3cr3t'"),
];

/// Returns everything that a log can show of an error.
fn shown(error: &Error) -> String {
    format!("{error} {error:?} {:?}", std::error::Error::source(error).map(ToString::to_string))
}

#[tokio::test]
async fn an_error_names_the_column_of_a_wrong_type() -> Result<()> {
    let db = database().await;
    with_connection(&db, async || {
        for (column, wrong) in WRONG {
            let sample = Sample::create(Sample::default()).await?;
            connection(&db)?
                .execute(&format!("UPDATE samples SET {column} = {wrong} WHERE id = ?"), [sample.id])
                .await?;
            let error = Sample::find(sample.id).await.unwrap_err();
            let shown = shown(&error);
            assert!(error.is_conversion() && error.model() == Some("Sample"), "{shown}");
            assert!(shown.contains(&format!("Sample::{column}")) && shown.contains(&format!("`{column}`")), "{shown}");
            assert!(!shown.contains(SECRET), "{shown}");
            assert_eq!(error.connection(), Some(&*db));
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn null_is_refused_if_the_field_is_not_an_option() -> Result<()> {
    let db = database().await;
    with_connection(&db, async || {
        for (column, _) in WRONG {
            let sample = Sample::create(Sample::default()).await?;
            connection(&db)?.execute(&format!("UPDATE samples SET {column} = NULL WHERE id = ?"), [sample.id]).await?;
            let error = Sample::find(sample.id).await.unwrap_err();
            assert!(error.is_conversion() && error.message().contains("NULL"), "{column}: {error}");
            assert!(error.message().contains(&format!("Sample::{column}")), "{error}");
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_option_does_not_hide_the_wrong_type() -> Result<()> {
    let db = database().await;
    with_connection(&db, async || {
        for (column, wrong) in
            [("truth", "5"), ("text", "x'00'"), ("price", "'x'"), ("color", "'x'"), ("json", "'{'"), ("bytes", "'x'")]
        {
            let maybe = Maybe::create(Maybe::default()).await?;
            connection(&db)?.execute(&format!("UPDATE maybes SET {column} = {wrong} WHERE id = ?"), [maybe.id]).await?;
            assert!(Maybe::find(maybe.id).await.unwrap_err().is_conversion(), "{column}");
        }
        Ok(())
    })
    .await
}

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[table = "samples"]
struct Typed {
    id: i64,
    json: Json<Shape>,
}

#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
struct Shape {
    width: u32,
}

#[tokio::test]
async fn an_error_of_json_of_another_shape_hides_its_values() -> Result<()> {
    let db = database().await;
    with_connection(&db, async || {
        let typed = Typed::create(Typed { id: 0, json: Json(Shape { width: 7 }) }).await?;
        assert_eq!(Typed::find(typed.id).await?.json.width, 7);
        for json in [r#"{"width": "s3cr3t"}"#, r#"{"s3cr3t": 1}"#, r#"["s3cr3t"]"#, "\"s3cr3t\"", "s3cr3t"] {
            connection(&db)?.execute("UPDATE samples SET json = ?", [json]).await?;
            let error = Typed::find(typed.id).await.unwrap_err();
            let shown = shown(&error);
            assert!(error.is_conversion() && shown.contains("Typed::json") && !shown.contains(SECRET), "{shown}");
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_error_names_a_selected_column() -> Result<()> {
    let db = database().await;
    with_connection(&db, async || {
        Sample::create(Sample::default()).await?;
        connection(&db)?.execute("UPDATE samples SET int = 's3cr3t'", []).await?;
        let errors = [
            Sample::query().pluck(Sample::INT).await.map(|_| ()).unwrap_err(),
            Sample::select((Sample::ID, Sample::INT)).all().await.map(|_| ()).unwrap_err(),
            Sample::query().max(Sample::INT).await.map(|_| ()).unwrap_err(),
        ];
        for error in errors {
            assert!(
                error.is_conversion() && error.model() == Some("Sample") && error.message().contains("int"),
                "{error:?}"
            );
            assert!(!shown(&error).contains(SECRET), "{error:?}");
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn values_of_similar_types_are_read() -> Result<()> {
    let db = database().await;
    with_connection(&db, async || {
        let sample = Sample::create(Sample::default()).await?;
        for (sql, expected) in [
            ("double = 3", Sample { double: 3.0, ..sample.clone() }),
            ("price = 5", Sample { price: dec!(5), ..sample.clone() }),
            ("price = 0.1 + 0", Sample { price: dec!(0.1), ..sample.clone() }),
            ("price = '+01.50'", Sample { price: dec!(1.5), ..sample.clone() }),
            ("list = ' [ 1 , 2 ] '", Sample { list: vec![1, 2], ..sample.clone() }),
        ] {
            connection(&db)?.execute(&format!("UPDATE samples SET {sql}"), []).await?;
            assert_eq!(Sample::find(sample.id).await?, expected, "{sql}");
            let mut back = sample.clone();
            back.save().await?;
        }
        Ok(())
    })
    .await
}
