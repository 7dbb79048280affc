//! The caller's own SQL: `filter_raw`, `raw_query`, and statements on a connection.

use activerecord::ErrorKind;
use activerecord::prelude::*;
use activerecord::value::Value;

use super::{Flight, flights, ids};

#[tokio::test]
async fn question_marks_bind_in_order() -> Result<()> {
    with_connection(&flights().await?, async || {
        assert_eq!(
            ids(Flight::filter_raw("number > ? AND carrier = ?", params![1600, "UA"]).order_by(Flight::ID.asc()))
                .await?,
            [2, 6]
        );
        assert_eq!(ids(Flight::filter_raw("id IN (?, ?)", [5, 4]).order_by(Flight::ID.asc())).await?, [4, 5]);
        assert_eq!(ids(Flight::filter_raw("delay IS NULL", [])).await?, [3]);
        assert_eq!(ids(Flight::filter_raw("delay = ?", [None::<i32>])).await?, [0; 0]);
        let mixed =
            Flight::filter(Flight::ID.gt(1)).filter_raw("carrier = ?", ["UA"]).filter(Flight::ID.lt(6)).limit(9);
        assert_eq!(ids(mixed).await?, [2]);
        let many = vec![Value::I64(1), Value::I64(2)];
        assert_eq!(Flight::filter_raw("id = ? OR id = ?", many).count().await?, 2);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn quoted_text_and_comments_are_not_changed() -> Result<()> {
    let db = flights().await?;
    with_connection(&db, async || {
        for sql in [
            "'?' = '?' AND id = ?",
            "'it''s ?' <> '' AND id = ?",
            "id = ? AND '??' <> '?'",
            "id = ? /* really ? */",
            "id = ? -- really ?",
            "id = ? -- really ?\n AND 1 = 1",
            "id - 0 = ? / 1",
            "id = ? AND '$1' <> '$'",
        ] {
            // Alone, with another filter, and with clauses after it.
            assert_eq!(ids(Flight::filter_raw(sql, [4])).await?, [4], "{sql}");
            let query = Flight::filter_raw(sql, [4]).filter(Flight::ID.gt(1)).order_by(Flight::ID.asc()).limit(3);
            assert_eq!(ids(query).await?, [4], "{sql}");
            assert_eq!(Flight::filter_raw(sql, [4]).limit(1).count().await?, 1, "{sql}");
        }
        let rows = connection(&db)?.query("SELECT '??' AS a, ? AS b -- ?", ["x"]).await?;
        assert_eq!((rows[0].get::<String>("a")?, rows[0].get::<String>("b")?), ("??".into(), "x".into()));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_doubled_question_mark_is_one() -> Result<()> {
    with_connection(&flights().await?, async || {
        // SQLite has no operator `?`, so this checks the SQL.
        let (sql, binds) = Flight::filter_raw("data ?? 'key' AND id = ?", [1]).to_sql("postgresql")?;
        assert!(sql.ends_with("WHERE data ? 'key' AND id = $1"), "{sql}");
        assert_eq!(binds, [Value::I32(1)]);
        let (sql, _) = Flight::filter_raw("a ??| b AND c = ?", [1]).to_sql("postgresql")?;
        assert!(sql.ends_with("WHERE a ?| b AND c = $1"), "{sql}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_wrong_number_of_values_is_an_error_before_anything_is_sent() -> Result<()> {
    let db = flights().await?;
    with_connection(&db, async || {
        for (sql, values) in
            [("id = ?", vec![]), ("id = ? OR id = ?", vec![1]), ("id = 1", vec![1]), ("'?' = ?", vec![1, 2])]
        {
            let values = values.into_iter().map(Value::I64).collect::<Vec<_>>();
            let error = Flight::filter_raw(sql, values).all().await.unwrap_err();
            assert_eq!((error.kind(), error.model()), (ErrorKind::InvalidStatement, Some("Flight")), "{sql}");
            assert!(error.message().contains("placeholders"), "{error}");
        }
        let error = connection(&db)?.execute("DELETE FROM flights WHERE id = ?", []).await.unwrap_err();
        assert_eq!((error.kind(), error.connection()), (ErrorKind::InvalidStatement, Some(&*db)));
        assert_eq!(Flight::count().await?, 6);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn columns_are_found_by_name() -> Result<()> {
    let db = flights().await?;
    with_connection(&db, async || {
        let sql = "SELECT cancelled, day, 'more' AS more, refund, fare, distance, delay, number, carrier, id FROM flights WHERE id = ?";
        let raw = Flight::raw_query(sql, [2]).all().await?;
        assert_eq!(raw, [Flight::find(2).await?]);
        assert_eq!(Flight::raw_query("SELECT * FROM flights ORDER BY id DESC", []).first().await?.map(|f| f.id), Some(6));
        assert_eq!(Flight::raw_query("SELECT * FROM flights WHERE 1 = 0", []).first().await?, None);
        let elsewhere = Flight::raw_query("SELECT * FROM flights", []).using(&db);
        assert_eq!(elsewhere.all().await?.len(), 6);
        Ok(())
    }).await
}

#[tokio::test]
async fn a_missing_column_is_named() -> Result<()> {
    with_connection(&flights().await?, async || {
        let error = Flight::raw_query("SELECT id, carrier, number FROM flights", []).all().await.unwrap_err();
        assert!(error.is_conversion() && error.model() == Some("Flight"), "{error:?}");
        assert!(error.message().contains("`delay`") && error.message().contains("Flight::delay"), "{error}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn rows_of_a_connection_have_their_column_names() -> Result<()> {
    let db = flights().await?;
    let rows =
        connection(&db)?.query("SELECT id, carrier AS name, delay FROM flights WHERE id >= ? ORDER BY id", [3]).await?;
    assert_eq!(rows.len(), 4);
    assert_eq!(rows[0].columns().collect::<Vec<_>>(), ["id", "name", "delay"]);
    assert_eq!(
        (rows[0].get::<i64>("id")?, rows[0].get::<String>(1)?, rows[0].get::<Option<i32>>("delay")?),
        (3, "AA".into(), None)
    );
    let missing = rows[0].get::<i64>("number").unwrap_err();
    assert!(missing.is_conversion() && missing.message().contains("id, name, delay"), "{missing}");
    assert!(rows[0].get::<i64>(3).unwrap_err().is_conversion());
    let wrong = rows[1].get::<i64>("name").unwrap_err();
    assert!(wrong.is_conversion() && wrong.message().contains("`name`"), "{wrong}");
    assert!(rows[0].get::<i32>("delay").unwrap_err().message().contains("NULL"));
    Ok(())
}
