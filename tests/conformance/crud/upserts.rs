//! `insert_or_update` and `bulk_insert_or_update`.

use activerecord::ErrorKind;
use activerecord::prelude::*;
use activerecord::statement::{Conflict, Expr, Insert, Statement};
use activerecord::value::Value;
use chrono::{DateTime, Utc};

use test_support::Database;

/// A value by place and hour, with a generated key.
#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Reading {
    id: i64,
    place: String,
    hour: i32,
    value: Option<f64>,
    note: String,
    #[created_at]
    created_at: DateTime<Utc>,
    #[updated_at]
    updated_at: DateTime<Utc>,
    #[version]
    version: i32,
}

impl Reading {
    fn new(place: &str, hour: i32, value: f64) -> Self {
        Self { place: place.into(), hour, value: Some(value), note: format!("{place} {hour}"), ..Self::default() }
    }
}

/// A model with only a key.
#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Tag {
    #[primary_key]
    name: String,
}

async fn database() -> Database {
    Database::new([
        "readings (id ID, place STRING NOT NULL, hour I32 NOT NULL, value F64, note STRING NOT NULL,
             created_at TIMESTAMP NOT NULL, updated_at TIMESTAMP NOT NULL, version I32 NOT NULL,
             CONSTRAINT one_note UNIQUE (note), UNIQUE (place, hour))",
        "tags (name STRING PRIMARY KEY)",
    ])
    .await
}

#[tokio::test]
async fn a_tuple_of_keys() -> Result<()> {
    with_connection(&database().await, async || {
        let keys = (Reading::PLACE, Reading::HOUR);
        Reading::insert_or_update(&Reading::new("LGA", 1, 10.0), keys).await?;
        let first = Reading::first().await?.unwrap_or_default();
        Reading::insert_or_update(&Reading { value: None, ..Reading::new("LGA", 1, 0.0) }, keys).await?;
        let second = Reading::first().await?.unwrap_or_default();
        assert_eq!((second.id, second.value, second.version), (first.id, None, 1));
        assert_eq!(second.created_at, first.created_at);
        assert!(second.updated_at > first.updated_at && first.version == 0);
        assert_eq!(Reading::count().await?, 1);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_array_of_keys_and_the_primary_key() -> Result<()> {
    with_connection(&database().await, async || {
        Reading::insert_or_update(&Reading::new("LGA", 1, 10.0), [Reading::NOTE]).await?;
        Reading::insert_or_update(&Reading { note: "LGA 1".into(), ..Reading::new("JFK", 2, 3.0) }, [Reading::NOTE])
            .await?;
        let row = Reading::first().await?.unwrap_or_default();
        assert_eq!((row.place.as_str(), row.hour, row.value), ("JFK", 2, Some(3.0)));

        Reading::insert_or_update(&Reading { id: row.id, ..Reading::new("EWR", 3, 4.0) }, [Reading::ID]).await?;
        assert_eq!(Reading::find(row.id).await?.place, "EWR");
        // A key that is not set conflicts with nothing.
        Reading::insert_or_update(&Reading::new("LGA", 9, 4.0), [Reading::ID]).await?;
        assert_eq!(Reading::count().await?, 2);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_primary_key_of_an_existing_row_stays() -> Result<()> {
    with_connection(&database().await, async || {
        Reading::insert_or_update(&Reading { id: 7, ..Reading::new("LGA", 1, 1.0) }, (Reading::PLACE, Reading::HOUR))
            .await?;
        Reading::insert_or_update(&Reading { id: 8, ..Reading::new("LGA", 1, 2.0) }, (Reading::PLACE, Reading::HOUR))
            .await?;
        assert_eq!(Reading::select((Reading::ID, Reading::VALUE)).all().await?, [(7, Some(2.0))]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn thousands_of_new_and_old_rows() -> Result<()> {
    with_connection(&database().await, async || {
        let rows =
            |hours: std::ops::Range<i32>, value| hours.map(|hour| Reading::new("LGA", hour, value)).collect::<Vec<_>>();
        let keys = (Reading::PLACE, Reading::HOUR);
        assert_eq!(Reading::bulk_insert_or_update(&rows(0..2_000, 1.0), keys).await?, 2_000);
        assert_eq!(Reading::bulk_insert_or_update(&rows(1_000..4_000, 2.0), keys).await?, 3_000);
        assert_eq!(Reading::count().await?, 4_000);
        assert_eq!(Reading::query().sum(Reading::VALUE).await?, 1_000.0 + 6_000.0);
        assert_eq!(Reading::filter(Reading::VERSION.eq(1)).count().await?, 1_000);
        assert_eq!(Reading::bulk_insert_or_update(&[], keys).await?, 0);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn another_violation_undoes_all() -> Result<()> {
    let db = database().await;
    with_connection(&db, async || {
        let mut rows: Vec<_> = (0..1_500).map(|hour| Reading::new("LGA", hour, 1.0)).collect();
        rows.push(Reading { note: "LGA 0".into(), ..Reading::new("JFK", 0, 1.0) });
        let error = Reading::bulk_insert_or_update(&rows, (Reading::PLACE, Reading::HOUR)).await.unwrap_err();
        let expected = Some(db.constraint("one_note", "readings.note")).filter(|_| db.profile().names_other_conflicts);
        assert_eq!((error.is_unique_violation(), error.constraint()), (true, expected));
        assert_eq!(Reading::count().await?, 0);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn keys_without_a_constraint_are_an_error() -> Result<()> {
    with_connection(&database().await, async || {
        let error = Reading::insert_or_update(&Reading::new("LGA", 1, 1.0), [Reading::PLACE]).await.unwrap_err();
        assert_eq!((error.kind(), error.model()), (ErrorKind::InvalidStatement, Some("Reading")), "{error:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_model_with_only_a_key() -> Result<()> {
    with_connection(&database().await, async || {
        let mut tag = Tag { name: "late".into() };
        Tag::insert_or_update(&tag, [Tag::NAME]).await?;
        Tag::insert_or_update(&tag, [Tag::NAME]).await?;
        tag.save().await?;
        tag.update().await?;
        tag.update_columns(Tag::NAME.set("later")).await?;
        assert_eq!((tag.name.as_str(), Tag::count().await?), ("later", 1));
        assert_eq!(Tag::find("later").await?, tag);
        Ok(())
    })
    .await
}

/// A row of an upsert counts once, whether it is inserted, updated or left as it is.
#[tokio::test]
async fn the_rows_of_an_upsert_are_counted() -> Result<()> {
    let db = Database::new(["tags (name STRING NOT NULL PRIMARY KEY, n I32 NOT NULL)"]).await;
    let here = connection(&db)?;
    let upsert = |rows: &[(&str, i32)], update: bool| {
        Statement::Insert(Insert {
            table: "tags".into(),
            model: None,
            columns: vec!["name".into(), "n".into()],
            values: rows.iter().flat_map(|(name, n)| [Value::Text((*name).into()), Value::I32(*n)]).collect(),
            forms: Vec::new(),
            conflict: Some(Conflict {
                keys: vec!["name".into()],
                update: if update { vec![("n".into(), Expr::Excluded("n".into()))] } else { vec![] },
            }),
            returning: vec![],
        })
    };
    for (rows, update) in [
        (&[("a", 1)][..], true),
        (&[("a", 2)], true),
        (&[("a", 2)], true),
        (&[("a", 3), ("b", 1), ("c", 2)], true),
        (&[("a", 3), ("b", 9), ("d", 2)], true),
        (&[("a", 7)], false),
        (&[("e", 7), ("a", 7)], false),
    ] {
        assert_eq!(here.write(upsert(rows, update)).await?, rows.len() as u64, "{rows:?} {update}");
    }
    let rows = here.query("SELECT name, n FROM tags ORDER BY name", []).await?;
    let rows: Vec<_> = rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect::<Result<_>>()?;
    let expected = [("a", 3), ("b", 9), ("c", 2), ("d", 2), ("e", 7)].map(|(name, n)| (name.to_owned(), n));
    assert_eq!(rows, expected);
    Ok(())
}
