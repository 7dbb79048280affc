//! Single statements: outcomes, binds, scripts, and refusals.

use activerecord_core::sql::{Access, Sql};
use activerecord_core::{Error, ErrorKind, Flow, RowRef, Value, params};

use crate::support::*;

#[tokio::test]
async fn outcomes() {
    let mut c = memory().connect().await.unwrap();
    assert_eq!(run(&mut c, "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER UNIQUE)").await.unwrap().rows, 0);
    let first = execute(&mut c, "INSERT INTO t (n) VALUES (?)", params![7]).await.unwrap();
    assert_eq!((first.rows, first.last_insert_id), (1, Some(1)));
    let two = execute(&mut c, "INSERT INTO t (n) VALUES (?), (?)", params![8, 9]).await.unwrap();
    assert_eq!((two.rows, two.last_insert_id), (2, None));
    let updated = run(&mut c, "UPDATE t SET n = n").await.unwrap();
    assert_eq!((updated.rows, updated.last_insert_id), (3, None));
    let ignored = run(&mut c, "INSERT INTO t (n) VALUES (7) ON CONFLICT DO NOTHING").await.unwrap();
    assert_eq!((ignored.rows, ignored.last_insert_id), (0, None));
    let upserted = run(&mut c, "INSERT INTO t (n) VALUES (7) ON CONFLICT (n) DO UPDATE SET n = 70").await.unwrap();
    assert_eq!((upserted.rows, upserted.last_insert_id), (1, None), "an upsert that updates inserts no key");
    assert_eq!(run(&mut c, "DELETE FROM t WHERE n > 8").await.unwrap().rows, 2);
    assert_eq!(run(&mut c, "CREATE INDEX t_n ON t (n)").await.unwrap().rows, 0);
    assert_eq!(run(&mut c, "SELECT * FROM t").await.unwrap().rows, 0);
    assert_eq!(run(&mut c, "WITH x AS (SELECT 1) SELECT * FROM x").await.unwrap().rows, 0);
    let from_select = run(&mut c, "INSERT INTO t (n) SELECT 20 UNION SELECT 21").await.unwrap();
    assert_eq!((from_select.rows, from_select.last_insert_id), (2, None));
    assert!(c.is_reusable());
}

/// SQLite calls the progress handler once more after a commit. This statement exceeds the budget of the calling task
/// only there: the handler is not called between its slow function and its end, a thousand instructions later.
#[tokio::test]
async fn a_slow_write_has_its_effect_once() {
    let mut c = memory().connect().await.unwrap();
    run(&mut c, "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER NOT NULL)").await.unwrap();
    let fill =
        "WITH RECURSIVE s (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s LIMIT 1000) INSERT INTO t SELECT i, 0 FROM s";
    run(&mut c, fill).await.unwrap();
    // Enough quick commits for the next one to run on the calling task.
    for _ in 0..8 {
        run(&mut c, "UPDATE t SET n = 0 WHERE id = 2").await.unwrap();
    }
    let asked_first = "(SELECT sum(n) FROM t) < 0";
    let slow = "length(replace(hex(zeroblob((n + 1) * 400000)), '0', 'ab')) * 0";
    let long = "+ abs(n) * 0 ".repeat(400);
    let update = format!("UPDATE t SET n = CASE WHEN {asked_first} THEN 0 ELSE n + 1 + {slow} {long} END WHERE id = 1");
    assert_eq!(run(&mut c, &update).await.unwrap().rows, 1);
    assert_eq!(one::<i64>(&mut c, "SELECT sum(n) FROM t").await.unwrap(), 1);
}

#[tokio::test]
async fn rows_are_returned_after_the_statement_is_complete() {
    let mut c = memory().connect().await.unwrap();
    run(&mut c, "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER)").await.unwrap();
    let returned = rows(&mut c, "INSERT INTO t (n) VALUES (5), (6) RETURNING id, n", vec![]).await.unwrap();
    assert_eq!(returned.len(), 2);
    assert_eq!((returned[1].get::<i64>("id").unwrap(), returned[1].get::<i64>("n").unwrap()), (2, 6));
    // The sink stops at the first row, but the statement has its whole effect.
    let update = sql("UPDATE t SET n = n + 1 RETURNING n", vec![]);
    let mut seen = 0;
    let mut stop = |_: &dyn RowRef| {
        seen += 1;
        Ok(Flow::Stop)
    };
    c.fetch(&update, &mut stop).await.unwrap();
    assert_eq!(seen, 1);
    assert_eq!(one::<i64>(&mut c, "SELECT sum(n) FROM t").await.unwrap(), 13);
}

#[tokio::test]
async fn a_sinks_error_is_returned_as_it_is() {
    let mut c = memory().connect().await.unwrap();
    let select = sql("SELECT 1 UNION SELECT 2", vec![]);
    let mut seen = 0;
    let mut fail = |_: &dyn RowRef| {
        seen += 1;
        Err(Error::custom(std::fmt::Error))
    };
    let error = c.fetch(&select, &mut fail).await.unwrap_err();
    assert!(error.downcast_ref::<std::fmt::Error>().is_some());
    assert_eq!(seen, 1);
    assert!(c.is_reusable());
    assert_eq!(one::<i64>(&mut c, "SELECT 3").await.unwrap(), 3);
}

#[tokio::test]
async fn a_read_of_one_row_ends_after_it() {
    let mut c = memory().connect().await.unwrap();
    let select = sql("SELECT 1 UNION SELECT 2", vec![]).one_row();
    let mut seen = 0;
    let mut count = |_: &dyn RowRef| {
        seen += 1;
        Ok(Flow::More)
    };
    c.fetch(&select, &mut count).await.unwrap();
    assert_eq!(seen, 1);
}

#[tokio::test]
async fn columns_have_names_and_an_end() {
    let mut c = memory().connect().await.unwrap();
    let select = sql("SELECT 1 AS a, 'x' AS \"b c\"", vec![]);
    let mut seen = 0;
    let mut check = |row: &dyn RowRef| {
        seen += 1;
        assert_eq!((row.len(), row.column_name(0), row.column_name(1), row.column_name(2)), (2, "a", "b c", ""));
        assert_eq!(row.value(2).unwrap_err().kind(), ErrorKind::Conversion);
        Ok(Flow::More)
    };
    c.fetch(&select, &mut check).await.unwrap();
    assert_eq!(seen, 1);
}

#[tokio::test]
async fn a_cached_statement_follows_the_schema() {
    let mut c = memory().connect().await.unwrap();
    run(&mut c, "CREATE TABLE t (a)").await.unwrap();
    run(&mut c, "INSERT INTO t VALUES (1)").await.unwrap();
    assert_eq!(rows(&mut c, "SELECT * FROM t", vec![]).await.unwrap()[0].values().len(), 1);
    run(&mut c, "ALTER TABLE t ADD COLUMN b DEFAULT 2").await.unwrap();
    let row = rows(&mut c, "SELECT * FROM t", vec![]).await.unwrap().remove(0);
    assert_eq!((row.values().len(), row.get::<i64>("b").unwrap()), (2, 2));
    run(&mut c, "DROP TABLE t").await.unwrap();
    let error = rows(&mut c, "SELECT * FROM t", vec![]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidStatement);
}

#[tokio::test]
async fn more_texts_than_the_cache_keeps() {
    let mut c = memory().connect().await.unwrap();
    for round in 0..2 {
        for n in 0..1200_i64 {
            assert_eq!(one::<i64>(&mut c, &format!("SELECT {n}")).await.unwrap(), n, "round {round}");
        }
    }
}

#[tokio::test]
async fn binds_are_counted() {
    let mut c = memory().connect().await.unwrap();
    for (text, binds) in [("SELECT ?", vec![]), ("SELECT ?, ?", params![1]), ("SELECT 1", params![1, 2])] {
        let error = rows(&mut c, text, binds).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidStatement);
        assert!(error.message().contains("placeholders"), "{error}");
        assert_eq!(error.sql(), Some(text));
    }
}

#[tokio::test]
async fn texts_without_one_statement_are_refused() {
    let mut c = memory().connect().await.unwrap();
    run(&mut c, "CREATE TABLE t (a)").await.unwrap();
    for text in ["SELEC 1", "SELECT * FROM missing", "SELECT missing FROM t", "SELECT \"missing\" FROM t", "SELECT 1\0"]
    {
        let error = rows(&mut c, text, vec![]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidStatement, "{text}: {error}");
    }
    for text in ["", "  -- nothing\n", "SELECT 1; SELECT 2"] {
        let error = rows(&mut c, text, vec![]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidStatement, "{text}: {error}");
    }
    assert_eq!(one::<i64>(&mut c, "SELECT 1; -- the end\n ; /* really */ ").await.unwrap(), 1);
}

#[tokio::test]
async fn transactions_are_not_sent_as_sql() {
    let mut c = memory().connect().await.unwrap();
    for text in ["BEGIN", "  commit", "-- a\nROLLBACK", "SAVEPOINT a", "SELECT 1; BEGIN; SELECT 2"] {
        let error = run(&mut c, text).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidStatement, "{text}");
        assert!(c.is_reusable(), "{text}");
    }
}

#[tokio::test]
async fn a_script_runs_as_a_whole_or_not_at_all() {
    let file = File::new();
    let mut c = file.backend().connect().await.unwrap();
    let outcome = run(
        &mut c,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, s TEXT); -- a comment; with a semicolon
         INSERT INTO t (s) VALUES ('a;b'), ('c');
         CREATE TRIGGER t_x AFTER INSERT ON t BEGIN UPDATE t SET s = 'x' WHERE id = new.id; END;
         INSERT INTO t (s) VALUES ('d');",
    )
    .await
    .unwrap();
    assert_eq!(outcome.rows, 3);
    assert_eq!(one::<String>(&mut c, "SELECT group_concat(s) FROM t").await.unwrap(), "a;b,c,x");
    let broken = "CREATE TABLE u (a); INSERT INTO t (s) VALUES ('e'); INSERT INTO t (id) VALUES (1)";
    let error = run(&mut c, broken).await.unwrap_err();
    assert!(error.is_unique_violation() && error.message().contains("statement 3"), "{error}");
    assert_eq!(one::<i64>(&mut c, "SELECT count(*) FROM t").await.unwrap(), 3);
    assert_eq!(one::<i64>(&mut c, "SELECT count(*) FROM sqlite_schema WHERE name = 'u'").await.unwrap(), 0);
    assert!(c.is_reusable());

    begin(&mut c).await.unwrap();
    run(&mut c, "INSERT INTO t (s) VALUES ('f')").await.unwrap();
    run(&mut c, broken).await.unwrap_err();
    run(&mut c, "CREATE TABLE v (a); INSERT INTO v VALUES (1)").await.unwrap();
    commit(&mut c).await.unwrap();
    assert_eq!(one::<i64>(&mut c, "SELECT count(*) FROM t").await.unwrap(), 4);
    assert_eq!(one::<i64>(&mut c, "SELECT a FROM v").await.unwrap(), 1);
    let error = execute(&mut c, "INSERT INTO v VALUES (?); SELECT 1", params![1]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidStatement);
}

/// A thread prepares long texts and inserts many values.
#[tokio::test]
async fn as_many_values_as_sqlite_accepts() {
    let mut c = memory().connect().await.unwrap();
    run(&mut c, "CREATE TABLE t (a INTEGER, b INTEGER)").await.unwrap();
    let most = c.capabilities().max_binds;
    let text = format!("INSERT INTO t VALUES (?, ?){}", ", (?, ?)".repeat(most / 2 - 1));
    let binds: Vec<Value> = (0..).map(Value::I64).take(most).collect();
    begin(&mut c).await.unwrap();
    for _ in 0..2 {
        assert_eq!(execute(&mut c, &text, binds.clone()).await.unwrap().rows, (most / 2) as u64);
    }
    commit(&mut c).await.unwrap();
    for _ in 0..2 {
        assert_eq!(execute(&mut c, &text, binds.clone()).await.unwrap().rows, (most / 2) as u64);
    }
    let sums = rows(&mut c, "SELECT sum(a), sum(b) FROM t", vec![]).await.unwrap().remove(0);
    let half = i64::try_from(most / 2).unwrap();
    assert_eq!((sums.get::<i64>(0).unwrap(), sums.get::<i64>(1).unwrap()), (4 * half * (half - 1), 4 * half * half));
    let error = execute(&mut c, &text.replace("VALUES", "VALUE"), binds).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidStatement);
    assert!(c.is_reusable());
}

#[tokio::test]
async fn the_database_determines_the_access() {
    let mut c = memory().connect().await.unwrap();
    run(&mut c, "CREATE TABLE t (a)").await.unwrap();
    let insert = Sql::new("INSERT INTO t VALUES (1)", vec![], Access::Read);
    assert_eq!(c.execute(&insert).await.unwrap().rows, 1);
}
