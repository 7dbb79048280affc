//! Tables that are created from models: the first insert works.

use activerecord::ValueType;
use activerecord::prelude::*;
use activerecord::statement::CreateTable;
use test_support::Database;

use super::described;

/// A model with one key of this type, in a table of its own.
macro_rules! keyed {
    ($($model:ident $key:ty),*) => { $(
        #[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
        struct $model {
            id: $key,
            word: String,
        }
    )* };
}

keyed!(Small i16, Medium i32, Large i64, Unsigned u32, Huge u64, Maybe Option<i64>, Unique Uuid);

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Stamped {
    id: i64,
    email: String,
    balance: Decimal,
    settings: Json<Vec<i32>>,
    #[created_at]
    created_at: chrono::DateTime<chrono::Utc>,
    #[updated_at]
    updated_at: chrono::DateTime<chrono::Utc>,
    #[version]
    lock_version: i32,
    #[soft_delete]
    deleted_at: Option<chrono::DateTime<chrono::Utc>>,
}

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Named {
    #[primary_key]
    code: String,
    n: i32,
}

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Paired {
    #[primary_key]
    flight: i64,
    #[primary_key]
    a: String,
    #[primary_key]
    b: String,
    #[primary_key]
    c: String,
    #[primary_key]
    d: String,
}

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Defaulted {
    id: i64,
    #[column(default)]
    n: i32,
    #[column(default)]
    word: String,
    #[column(default)]
    truth: bool,
    #[column(default)]
    amount: Decimal,
    #[column(default)]
    maybe: Option<String>,
}

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Spelt {
    #[primary_key]
    #[column(stored = "blob")]
    id: Uuid,
    #[column(stored = "braced")]
    other: Uuid,
    #[column(stored = "unix")]
    at: Option<chrono::DateTime<chrono::Utc>>,
    #[column(stored = "iso", default)]
    day: Option<chrono::NaiveDateTime>,
}

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Computed {
    id: i64,
    #[column(generated)]
    double: i32,
}

async fn created<M: ActiveRecord>(database: &Database) -> Result<()> {
    let table = CreateTable::from(M::TABLE);
    connection(database)?.create_table(&table).await?;
    connection(database)?.create_table(&table).await
}

macro_rules! first_inserts {
    ($database:ident: $($model:ident $keys:expr),*) => { $(
        created::<$model>(&$database).await?;
        with_connection(&$database, async || {
            for key in $keys {
                let new = $model { word: "new".into(), ..Default::default() };
                let made = $model::create(new).await?;
                assert_eq!(made.id, key, stringify!($model));
                assert_eq!($model::find(made.id.clone()).await?, made);
            }
            Ok(())
        })
        .await?;
        let table = described(&$database, $model::TABLE.name).await?;
        assert!(table.numbered_key().is_some(), "{table:?}");
    )* };
}

#[tokio::test]
async fn a_key_of_one_integer_is_generated() -> Result<()> {
    let database = Database::new([]).await;
    first_inserts!(database: Small [1, 2], Medium [1, 2], Large [1, 2], Unsigned [1, 2], Huge [1, 2]);
    created::<Maybe>(&database).await?;
    let key = described(&database, "maybes").await?.numbered_key().cloned();
    assert!(key.is_some_and(|key| !key.nullable && key.ty == Some(ValueType::I64)));
    with_connection(&database, async || {
        assert_eq!(Maybe::create(Maybe::default()).await?.id, Some(1));
        // A key that is given is kept.
        assert_eq!(Large::create(Large { id: 40, ..Default::default() }).await?.id, 40);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn other_keys_are_not_generated() -> Result<()> {
    let database = Database::new([]).await;
    created::<Unique>(&database).await?;
    created::<Named>(&database).await?;
    created::<Paired>(&database).await?;
    for table in ["uniques", "nameds", "paireds"] {
        assert!(described(&database, table).await?.columns.iter().all(|column| !column.numbered), "{table}");
    }
    with_connection(&database, async || {
        let unique = Unique::create(Unique { word: "new".into(), ..Default::default() }).await?;
        assert_eq!(Unique::find(unique.id).await?, unique);
        let named = Named::create(Named { code: "a".into(), n: 1 }).await?;
        assert_eq!(Named::find("a".to_owned()).await?, named);
        let part = |word: &str| word.to_owned();
        let pair = Paired { flight: 1, a: part("a"), b: part("b"), c: part("c"), d: part("d") };
        Paired::create(pair.clone()).await?;
        assert_eq!(Paired::all().await?, [pair]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_model_with_every_role() -> Result<()> {
    let database = Database::new([]).await;
    created::<Stamped>(&database).await?;
    with_connection(&database, async || {
        let mut user = Stamped::create(Stamped { email: "a@b.c".into(), ..Default::default() }).await?;
        user.balance = dec!(1.50);
        user.save().await?;
        assert_eq!(Stamped::find(user.id).await?.lock_version, user.lock_version);
        user.destroy().await?;
        assert_eq!(Stamped::count().await?, 0);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_column_with_a_default_has_the_default_of_its_field() -> Result<()> {
    let database = Database::new([]).await;
    created::<Defaulted>(&database).await?;
    connection(&database)?.execute("INSERT INTO defaulteds (id) VALUES (7)", []).await?;
    let found = with_connection(&database, async || Defaulted::find(7).await).await?;
    assert_eq!(found, Defaulted { id: 7, ..Default::default() });
    Ok(())
}

#[tokio::test]
async fn a_column_has_the_type_of_its_spelling() -> Result<()> {
    let database = Database::new([]).await;
    created::<Spelt>(&database).await?;
    with_connection(&database, async || {
        let at = chrono::DateTime::from_timestamp(1_000_000_000, 0);
        let other = Uuid::from_u128(7);
        let made = Spelt::create(Spelt { at, other, day: at.map(|at| at.naive_utc()), ..Default::default() }).await?;
        assert_eq!(Spelt::find(made.id).await?, made);
        assert_eq!(Spelt::filter(Spelt::AT.le(at)).all().await?, [made]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_computed_column_is_refused_before_anything_is_sent() -> Result<()> {
    let database = Database::new([]).await;
    let error = created::<Computed>(&database).await.expect_err("the model does not say how");
    let said = error.to_string();
    assert!(error.is_unsupported() && said.contains("double") && said.contains("computeds"), "{said}");
    assert!(connection(&database)?.tables().await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn an_index_whose_name_is_taken_is_an_error() -> Result<()> {
    let database = Database::new([]).await;
    let here = connection(&database)?;
    here.create_table(&CreateTable::from(Large::TABLE).index("by_word", &["word"])).await?;
    let second = CreateTable::from(Medium::TABLE).index("by_word", &["word"]);
    // MySQL and MariaDB have the names of indexes in each table.
    match here.create_table(&second).await {
        Ok(()) => assert!(described(&database, "mediums").await?.indexes.len() == 1),
        Err(error) => {
            assert!(error.is_invalid_statement() && error.to_string().contains("by_word"), "{error}");
            assert_eq!(here.describe("mediums").await?, None, "the table is undone");
        }
    }
    Ok(())
}
