//! Statements that cannot run.

use activerecord::ErrorKind;
use activerecord::prelude::*;

use super::{Plane, SECRET, check, database, shown};
use test_support::Database;

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[table = "plains"]
struct NoTable {
    id: i64,
    tailnum: String,
}

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[table = "planes"]
struct NoColumn {
    id: i64,
    #[column = "tailnumber"]
    tailnum: String,
}

#[tokio::test]
async fn an_unknown_table_or_column() -> Result<()> {
    let db = database().await;
    with_connection(&db, async || {
        let table = [
            NoTable::find(1).await.map(|_| ()).unwrap_err(),
            NoTable::filter(NoTable::TAILNUM.eq(SECRET)).all().await.map(|_| ()).unwrap_err(),
            NoTable { id: 0, tailnum: SECRET.into() }.insert().await.unwrap_err(),
            NoTable::query().delete().await.map(|_| ()).unwrap_err(),
        ];
        for error in table {
            check(&error, ErrorKind::InvalidStatement, &db, Some("NoTable"));
            assert!(error.message().contains("plains"), "{error}");
        }
        Plane::create(Plane::new()).await?;
        // SQLite must not read an unknown quoted name as text.
        let column = [
            NoColumn::all().await.map(|_| ()).unwrap_err(),
            NoColumn::filter(NoColumn::TAILNUM.eq(SECRET)).count().await.map(|_| ()).unwrap_err(),
            NoColumn::order_by(NoColumn::TAILNUM.asc()).pluck(NoColumn::ID).await.map(|_| ()).unwrap_err(),
            NoColumn { id: 1, tailnum: SECRET.into() }.save().await.unwrap_err(),
        ];
        for error in column {
            check(&error, ErrorKind::InvalidStatement, &db, Some("NoColumn"));
            assert!(error.message().contains("tailnumber"), "{error}");
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn invalid_sql() -> Result<()> {
    let db = database().await;
    with_connection(&db, async || {
        let error = Plane::filter_raw("tailnum = ? AND", [SECRET]).all().await.unwrap_err();
        check(&error, ErrorKind::InvalidStatement, &db, Some("Plane"));
        let error = Plane::raw_query("SELEKT ?", [SECRET]).all().await.unwrap_err();
        check(&error, ErrorKind::InvalidStatement, &db, Some("Plane"));
        let error = connection(&db)?.query("SELECT no_such_function(?)", [SECRET]).await.unwrap_err();
        check(&error, ErrorKind::InvalidStatement, &db, None);
        let error = connection(&db)?.execute("BEGIN", []).await.unwrap_err();
        check(&error, ErrorKind::InvalidStatement, &db, None);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn unsupported_before_anything_is_sent() -> Result<()> {
    let db = database().await;
    with_connection(&db, async || {
        Plane::create(Plane::new()).await?;
        let errors = [
            Plane::filter(Plane::TAILNUM.eq(SECRET)).limit(1).delete().await.map(|_| ()).unwrap_err(),
            Plane::filter(Plane::TAILNUM.eq(SECRET)).limit(1).last().await.map(|_| ()).unwrap_err(),
            Plane::filter(Plane::TAILNUM.eq(SECRET)).offset(1).batch(1).next().await.map(|_| ()).unwrap_err(),
        ];
        for error in errors {
            assert!(error.is_unsupported() && error.model() == Some("Plane"), "{error:?}");
            assert!(!shown(&error).contains(SECRET), "{error:?}");
        }
        assert_eq!(Plane::count().await?, 1);
        Ok(())
    })
    .await
}

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[table = "planes"]
#[scope_required]
struct Scoped {
    id: i64,
}

#[tokio::test]
async fn a_model_that_requires_a_scope() -> Result<()> {
    let db = database().await;
    let error = Scoped::all().await.unwrap_err();
    assert_eq!((error.kind(), error.model()), (ErrorKind::NoScope, Some("Scoped")));
    assert!(error.message().contains("Scoped::with_connection"), "{error}");
    with_connection(&db, async || Scoped::all().await).await?;
    Scoped::using(&db).all().await?;
    Ok(())
}

#[tokio::test]
async fn an_error_contains_a_message_and_its_place() -> Result<()> {
    let db = database().await;
    let error = with_connection(&db, async || NoTable::find(1).await).await.unwrap_err();
    let sql = error.sql().unwrap_or_default();
    assert!(sql.starts_with("SELECT ") && sql.contains(&db.quoted("plains")), "{sql}");
    let expected = format!("{} (connection {}; model NoTable; SQL: {sql})", error.message(), &*db);
    assert_eq!(error.to_string(), expected);
    Ok(())
}

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[table = "notes"]
struct Mapped {
    id: i64,
    /// Cannot be JSON, whose keys are strings.
    counts: Json<std::collections::BTreeMap<(i32, i32), i32>>,
}

#[tokio::test]
async fn a_value_that_cannot_be_json_is_not_written() -> Result<()> {
    let db = Database::new(["notes (id ID, counts JSON NOT NULL)"]).await;
    with_connection(&db, async || {
        let counts = Json([((1, 2), 3)].into());
        let error = Mapped { id: 0, counts }.save().await.unwrap_err();
        assert!(error.is_conversion() && error.message().contains("JSON"), "{error}");
        assert_eq!((error.connection(), error.model()), (Some(&*db), Some("Mapped")));
        assert_eq!(Mapped::count().await?, 0);
        Ok(())
    })
    .await
}
