//! Constraint violations, stale records, and missing rows.

use activerecord::ErrorKind;
use activerecord::prelude::*;

use super::{Plane, check, database};

#[tokio::test]
async fn unique() -> Result<()> {
    let db = database().await;
    with_connection(&db, async || {
        let first = Plane::create(Plane::new()).await?;
        let mut other = Plane::create(Plane { seats: Some(1), ..Plane::new() }).await?;
        let errors = [
            Plane::create(Plane::new()).await.map(|_| ()).unwrap_err(),
            Plane::bulk_insert(&[Plane::new()]).await.map(|_| ()).unwrap_err(),
            other.update_columns(Plane::SEATS.set(100)).await.unwrap_err(),
            Plane::query().update(Plane::SEATS.set(100)).await.map(|_| ()).unwrap_err(),
        ];
        for error in errors {
            check(&error, ErrorKind::UniqueViolation, &db, Some("Plane"));
            assert!(error.is_unique_violation() && !error.is_retryable());
            assert_eq!(error.constraint(), Some(db.constraint("planes_differ", "planes.tailnum, planes.seats")));
        }
        let key = Plane { id: first.id, ..Plane::new() }.insert().await.unwrap_err();
        assert!(key.is_unique_violation() && key.constraint().is_some(), "{key:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn foreign_key() -> Result<()> {
    let db = database().await;
    with_connection(&db, async || {
        let error = Plane::create(Plane { model_id: Some(99), ..Plane::new() }).await.unwrap_err();
        check(&error, ErrorKind::ForeignKeyViolation, &db, Some("Plane"));
        assert!(error.is_foreign_key_violation());
        assert_eq!(error.constraint(), Some(db.constraint("planes_have_models", "")).filter(|name| !name.is_empty()));
        assert_eq!(Plane::count().await?, 0);

        connection(&db)?.execute("INSERT INTO models VALUES (1)", []).await?;
        Plane::create(Plane { model_id: Some(1), ..Plane::new() }).await?;
        let error = connection(&db)?.execute("DELETE FROM models WHERE id = ?", [1]).await.unwrap_err();
        check(&error, ErrorKind::ForeignKeyViolation, &db, None);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn not_null_and_check() -> Result<()> {
    let db = database().await;
    with_connection(&db, async || {
        let error = Plane::create(Plane { seats: None, ..Plane::new() }).await.unwrap_err();
        check(&error, ErrorKind::NotNullViolation, &db, Some("Plane"));
        assert!(error.is_not_null_violation());
        assert!(error.constraint().is_some_and(|name| name.ends_with("seats")), "{error:?}");

        let error = Plane::create(Plane { seats: Some(0), ..Plane::new() }).await.unwrap_err();
        check(&error, ErrorKind::CheckViolation, &db, Some("Plane"));
        assert_eq!((error.is_check_violation(), error.constraint()), (true, Some("planes_have_seats")));
        assert!(error.code().is_some(), "{error:?}");
        Ok(())
    })
    .await
}

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[table = "planes"]
struct Versioned {
    id: i64,
    tailnum: String,
    #[version]
    seats: i32,
}

#[tokio::test]
async fn not_found_and_stale_name_their_place() -> Result<()> {
    let db = database().await;
    with_connection(&db, async || {
        let missing = Plane::find(7).await.unwrap_err();
        assert_eq!((missing.is_not_found(), missing.connection(), missing.model()), (true, Some(&*db), Some("Plane")));
        assert!(missing.to_string().contains("`planes`"), "{missing}");

        let mut first = Versioned::create(Versioned { seats: 1, ..Default::default() }).await?;
        let mut second = first.clone();
        first.save().await?;
        let stale = second.save().await.unwrap_err();
        assert_eq!((stale.is_stale(), stale.connection(), stale.model()), (true, Some(&*db), Some("Versioned")));
        assert!(stale.message().contains("reload"), "{stale}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_error_shortens_a_long_statement() -> Result<()> {
    let db = database().await;
    with_connection(&db, async || {
        let planes: Vec<_> = (0..900).map(|_| Plane::new()).collect();
        let error = Plane::bulk_insert(&planes).await.unwrap_err();
        assert!(error.is_unique_violation() && error.sql().is_some_and(|sql| sql.len() > 5_000));
        for shown in [error.to_string(), format!("{error:?}")] {
            assert!(shown.len() < 2_000 && shown.contains("INSERT INTO") && shown.contains("shortened"), "{shown}");
        }
        Ok(())
    })
    .await
}
