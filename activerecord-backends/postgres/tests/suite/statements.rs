//! Statements, their outcomes and their rows.

use std::time::{Duration, Instant};

use activerecord_core::backend::Control;
use activerecord_core::sql::{Access, Sql};
use activerecord_core::{Error, ErrorKind, Flow, RowRef, Value, params};

use crate::support::*;

async fn count(c: &mut Conn, table: &str) -> i64 {
    one(c, &format!("SELECT count(*) FROM {table}")).await.unwrap()
}

#[tokio::test]
async fn outcomes() {
    let mut c = schema("outcomes").await;
    for (text, rows) in [
        ("CREATE TABLE t (id int PRIMARY KEY, n int)", 0),
        ("INSERT INTO t VALUES (1, 1), (2, 2), (3, 3)", 3),
        ("UPDATE t SET n = n WHERE id > 1", 2),
        ("UPDATE t SET n = 0 WHERE id > 9", 0),
        ("INSERT INTO t VALUES (1, 9) ON CONFLICT (id) DO NOTHING", 0),
        ("INSERT INTO t VALUES (1, 9), (4, 4) ON CONFLICT (id) DO UPDATE SET n = excluded.n", 2),
        ("SELECT * FROM t", 0),
        ("WITH x AS (SELECT 1) SELECT * FROM t", 0),
        ("WITH x AS (SELECT 4 AS id) DELETE FROM t USING x WHERE t.id = x.id", 1),
        ("CREATE TABLE u AS SELECT * FROM t", 0),
        ("INSERT INTO u SELECT * FROM t", 3),
        ("DELETE FROM u", 6),
        ("-- nothing", 0),
        ("", 0),
        ("TRUNCATE t", 0),
    ] {
        let outcome = run(&mut c, text).await.unwrap();
        assert_eq!((outcome.rows, outcome.last_insert_id), (rows, None), "{text}");
    }
    let returned = rows(&mut c, "INSERT INTO t VALUES ($1, $2) RETURNING id, n", params![7, 8]).await.unwrap();
    assert_eq!(returned[0].values(), [Value::I64(7), Value::I64(8)]);
    let insert = Sql::new("INSERT INTO t VALUES (8, 8)", vec![], Access::Read);
    assert_eq!(c.execute(&insert).await.unwrap().rows, 1);
}

#[tokio::test]
async fn a_sink_pauses_and_stops() {
    let mut c = schema("pauses_and_stops").await;
    run(&mut c, "CREATE TABLE t AS SELECT n FROM generate_series(1, 3) n").await.unwrap();
    let select = sql("SELECT n FROM t ORDER BY n", vec![]);
    let mut seen = Vec::new();
    let mut pause = |row: &dyn RowRef| {
        seen.push(row.value(0)?.to_owned());
        Ok(Flow::Pause)
    };
    unpaused(c.fetch(&select, &mut pause)).await.unwrap();
    assert_eq!(seen, params![1_i64, 2_i64, 3_i64]);
    let update = sql("UPDATE t SET n = n + 10 RETURNING n", vec![]);
    let mut seen = 0;
    let mut stop = |_: &dyn RowRef| {
        seen += 1;
        Ok(Flow::Stop)
    };
    c.fetch(&update, &mut stop).await.unwrap();
    assert_eq!(seen, 1);
    assert!(c.is_reusable());
    assert_eq!(one::<i64>(&mut c, "SELECT sum(n) FROM t").await.unwrap(), 36);
    let many = "WITH x AS (INSERT INTO t SELECT 0 FROM generate_series(1, 5000) RETURNING n) SELECT n FROM x";
    c.fetch(&sql(many, vec![]), &mut |_: &dyn RowRef| Ok(Flow::Stop)).await.unwrap();
    assert!(c.is_reusable());
    assert_eq!(count(&mut c, "t").await, 5003);
}

/// If many rows are left, a new connection is cheaper. A transaction has to continue on its connection.
#[tokio::test]
async fn the_rest_of_a_result_is_not_read() {
    let mut c = connect(&config()).await;
    let (short, long) = ("SELECT n FROM generate_series(1, 500) n", "SELECT n FROM generate_series(1, 500000) n");
    let mut stop = |_: &dyn RowRef| Ok(Flow::Stop);
    c.fetch(&sql(short, vec![]), &mut stop).await.unwrap();
    assert!(c.is_reusable());
    begin(&mut c).await.unwrap();
    for _ in 0..2 {
        c.fetch(&sql(long, vec![]), &mut stop).await.unwrap();
        assert_eq!(one::<i64>(&mut c, "SELECT 7").await.unwrap(), 7);
        c.fetch(&sql(long, vec![]).one_row(), &mut |_: &dyn RowRef| Ok(Flow::More)).await.unwrap();
    }
    commit(&mut c).await.unwrap();
    assert!(c.is_reusable());
    c.fetch(&sql(long, vec![]), &mut stop).await.unwrap();
    assert!(!c.is_reusable());
    assert_eq!(one::<i64>(&mut c, "SELECT 7").await.unwrap(), 7);
    assert!(c.is_reusable());
}

/// A read of one row does not wait for the others.
#[tokio::test]
async fn the_rest_of_a_slow_result_is_not_read() {
    let mut c = connect(&config()).await;
    let slow = "SELECT n, repeat('x', 10000), pg_sleep(0.05) FROM generate_series(1, $1) n";
    let select = Sql::new(slow, params![6_000], Access::Read);
    let started = Instant::now();
    c.fetch(&select, &mut |_: &dyn RowRef| Ok(Flow::Stop)).await.unwrap();
    assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
    assert!(!c.is_reusable());
}

#[tokio::test]
async fn a_sinks_error_is_returned_as_it_is() {
    let mut c = connect(&config()).await;
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
async fn columns_have_names_and_an_end() {
    let mut c = connect(&config()).await;
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
    assert_eq!(rows(&mut c, "SELECT FROM generate_series(1, 2)", vec![]).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_cached_statement_follows_the_schema() {
    let mut c = schema("follows_the_schema").await;
    let mut other = connect(&in_schema("follows_the_schema")).await;
    run(&mut c, "CREATE TABLE t (id int, a text); INSERT INTO t VALUES (1, 'x')").await.unwrap();
    let (read, write) = ("SELECT * FROM t WHERE id = $1", "UPDATE t SET id = id WHERE id = $1 RETURNING *");
    for text in [read, write] {
        assert_eq!(rows(&mut c, text, params![1]).await.unwrap()[0].values().len(), 2);
    }
    assert_eq!(execute(&mut c, write, params![1]).await.unwrap().rows, 1);
    run(&mut other, "ALTER TABLE t ADD COLUMN b int DEFAULT 2").await.unwrap();
    assert_eq!(execute(&mut c, write, params![1]).await.unwrap().rows, 1);
    assert_eq!(rows(&mut c, read, params![1]).await.unwrap()[0].values().len(), 3);

    run(&mut other, "ALTER TABLE t ADD COLUMN c int").await.unwrap();
    begin(&mut c).await.unwrap();
    let error = rows(&mut c, read, params![1]).await.unwrap_err();
    assert!(error.is_retryable() && error.message().contains("schema changed"), "{error}");
    rollback(&mut c).await.unwrap();
    begin(&mut c).await.unwrap();
    assert_eq!(rows(&mut c, read, params![1]).await.unwrap()[0].values().len(), 4);
    commit(&mut c).await.unwrap();

    run(&mut other, "ALTER TABLE t ADD COLUMN d int").await.unwrap();
    begin(&mut c).await.unwrap();
    c.control(Control::Savepoint("s")).await.unwrap();
    assert!(rows(&mut c, read, params![1]).await.unwrap_err().is_retryable());
    c.control(Control::RollbackTo("s")).await.unwrap();
    assert_eq!(rows(&mut c, read, params![1]).await.unwrap()[0].values().len(), 5);
    commit(&mut c).await.unwrap();

    run(&mut other, "ALTER TABLE t ALTER COLUMN a TYPE int USING 7").await.unwrap();
    assert_eq!(rows(&mut c, read, params![1]).await.unwrap()[0].get::<i64>("a").unwrap(), 7);
    run(&mut c, "DEALLOCATE ALL").await.unwrap();
    assert_eq!(rows(&mut c, read, params![1]).await.unwrap().len(), 1);
    run(&mut c, "DROP TABLE t").await.unwrap();
    assert_eq!(rows(&mut c, read, params![1]).await.unwrap_err().kind(), ErrorKind::InvalidStatement);
}

/// A placeholder got its type when the statement was prepared, and the column has another type now.
#[tokio::test]
async fn a_cached_statement_follows_the_type_of_a_column() {
    let mut c = schema("follows_the_type").await;
    run(&mut c, "CREATE TYPE mood AS ENUM ('sad', 'happy'); CREATE TABLE t (a text)").await.unwrap();
    for ty in ["mood", "varchar(9)", "mood"] {
        for (text, value) in [("INSERT INTO t VALUES ($1)", "sad"), ("UPDATE t SET a = $1", "happy")] {
            assert_eq!(execute(&mut c, text, params![value]).await.unwrap().rows, 1, "{ty}");
        }
        assert_eq!(rows(&mut c, "DELETE FROM t WHERE a = $1 RETURNING a", params!["happy"]).await.unwrap().len(), 1);
        run(&mut c, &format!("ALTER TABLE t ALTER COLUMN a TYPE {ty} USING a::text::{ty}")).await.unwrap();
    }
}

#[tokio::test]
async fn more_texts_than_the_cache_keeps() {
    let mut c = connect(&config().option("statement_cache_capacity", "10")).await;
    for round in 0..2 {
        for n in 0..30_i64 {
            assert_eq!(
                one_of::<i64>(&mut c, &format!("SELECT {n} + $1"), params![1_i64]).await.unwrap(),
                n + 1,
                "{round}"
            );
        }
    }
    assert!(one::<i64>(&mut c, "SELECT count(*) FROM pg_prepared_statements").await.unwrap() <= 10);
}

#[tokio::test]
async fn binds_are_counted() {
    let mut c = connect(&config()).await;
    begin(&mut c).await.unwrap();
    for (text, binds) in [("SELECT $1", vec![]), ("SELECT $1, $2", params![1]), ("SELECT 1", params![1, 2])] {
        let error = rows(&mut c, text, binds).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidStatement);
        assert!(error.message().contains("placeholders"), "{error}");
        assert_eq!(error.sql(), Some(text));
    }
    // Nothing was sent.
    commit(&mut c).await.unwrap();
}

#[tokio::test]
async fn texts_without_one_statement_are_refused() {
    let mut c = schema("no_statement").await;
    run(&mut c, "CREATE TABLE t (a int)").await.unwrap();
    for text in
        ["SELEC 1", "SELECT * FROM missing", "SELECT missing FROM t", "SELECT missing(1)", "SELECT 1\0", "SELECT 'a"]
    {
        let error = rows(&mut c, text, vec![]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidStatement, "{text}: {error}");
        assert!(c.is_reusable());
    }
    for text in ["", "  -- nothing\n", "SELECT 1; SELECT 2"] {
        let error = rows(&mut c, text, vec![]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidStatement, "{text}: {error}");
    }
    assert_eq!(one::<i64>(&mut c, "SELECT 1; -- the end\n ; /* really */ ").await.unwrap(), 1);
}

#[tokio::test]
async fn transactions_are_not_sent_as_sql() {
    let mut c = connect(&config()).await;
    for text in [
        "BEGIN",
        "  commit",
        "-- a\nROLLBACK",
        "SAVEPOINT a",
        "START TRANSACTION",
        "SET TRANSACTION READ ONLY",
        "PREPARE TRANSACTION 'a'",
        "SELECT 1; BEGIN; SELECT 2",
        "SELECT 1; ABORT",
    ] {
        let error = run(&mut c, text).await.unwrap_err();
        assert!(error.kind() == ErrorKind::InvalidStatement && error.message().contains("use a transaction"), "{text}");
        assert!(c.is_reusable(), "{text}");
    }
}

#[tokio::test]
async fn a_script_runs_as_a_whole_or_not_at_all() {
    let mut c = schema("script").await;
    let outcome = run(
        &mut c,
        "CREATE TABLE t (id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, s text); -- a comment; with a semicolon
         INSERT INTO t (s) VALUES ('a;b'), ('c');
         CREATE FUNCTION x() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN new.s = 'x'; RETURN new; END; $$;
         CREATE TRIGGER t_x BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION x();
         SELECT * FROM t; ;
         INSERT INTO t (s) VALUES ('d');",
    )
    .await
    .unwrap();
    assert_eq!(outcome.rows, 3);
    assert_eq!(one::<String>(&mut c, "SELECT string_agg(s, ',' ORDER BY id) FROM t").await.unwrap(), "a;b,c,x");
    let broken = "CREATE TABLE u (a int); INSERT INTO t (s) VALUES ('e'); INSERT INTO t (id) VALUES (1)";
    let error = run(&mut c, broken).await.unwrap_err();
    assert!(error.is_unique_violation() && error.message().contains("statement 3"), "{error}");
    assert_eq!(count(&mut c, "t").await, 3);
    assert_eq!(one::<Option<String>>(&mut c, "SELECT to_regclass('u')::text").await.unwrap(), None);
    assert!(c.is_reusable());

    begin(&mut c).await.unwrap();
    run(&mut c, "INSERT INTO t (s) VALUES ('f')").await.unwrap();
    run(&mut c, broken).await.unwrap_err();
    run(&mut c, "CREATE TABLE v (a int); INSERT INTO v VALUES (1)").await.unwrap();
    commit(&mut c).await.unwrap();
    assert_eq!(count(&mut c, "t").await, 4);
    assert_eq!(one::<i64>(&mut c, "SELECT a FROM v").await.unwrap(), 1);
    let error = execute(&mut c, "INSERT INTO v VALUES ($1); SELECT 1", params![1]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidStatement);
}

/// These cannot run inside a transaction, not even in the implicit transaction of a script.
#[tokio::test]
async fn statements_that_cannot_run_in_a_transaction() {
    let mut c = schema("stand_alone").await;
    run(&mut c, "CREATE TABLE t (a int)").await.unwrap();
    for text in ["VACUUM t", "CREATE INDEX CONCURRENTLY i ON t (a)", "NOTIFY news", "CALL nothing()"] {
        if text.starts_with("CALL") {
            run(&mut c, "CREATE PROCEDURE nothing() LANGUAGE sql AS ''").await.unwrap();
        }
        run(&mut c, text).await.unwrap();
    }
    begin(&mut c).await.unwrap();
    let error = run(&mut c, "VACUUM t").await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::InvalidStatement, Some("25001")), "{error}");
    rollback(&mut c).await.unwrap();
    for text in ["LISTEN news", "COPY t FROM STDIN", "SELECT 1; COPY (SELECT 1) TO STDOUT"] {
        assert!(run(&mut c, text).await.unwrap_err().is_unsupported(), "{text}");
        assert!(c.is_reusable());
    }
    assert_eq!(count(&mut c, "t").await, 0);
}

#[tokio::test]
async fn as_many_values_as_postgresql_accepts() {
    let mut c = schema("many_values").await;
    run(&mut c, "CREATE TABLE t (a bigint, b bigint)").await.unwrap();
    let most = c.capabilities().max_binds - 1;
    let row = |n: usize| format!("(${}, ${})", 2 * n + 1, 2 * n + 2);
    let text = format!("INSERT INTO t VALUES {}", (0..most / 2).map(row).collect::<Vec<_>>().join(", "));
    let binds: Vec<Value> = (0..).map(Value::I64).take(most).collect();
    for _ in 0..2 {
        assert_eq!(execute(&mut c, &text, binds.clone()).await.unwrap().rows, (most / 2) as u64);
    }
    let half = i64::try_from(most / 2).unwrap();
    assert_eq!(one::<i64>(&mut c, "SELECT sum(a)::bigint FROM t").await.unwrap(), 2 * half * (half - 1));
}

/// A future that is never polled sends nothing.
#[tokio::test]
async fn a_future_that_is_not_polled_sends_nothing() {
    let mut c = schema("not_polled").await;
    run(&mut c, "CREATE TABLE t (a int)").await.unwrap();
    let insert = sql("INSERT INTO t VALUES (1)", vec![]);
    drop(c.execute(&insert));
    assert!(c.is_reusable());
    assert_eq!(count(&mut c, "t").await, 0);
}

#[tokio::test]
async fn long_statements_need_limited_memory() {
    let mut c = schema("long_statements").await;
    run(&mut c, "CREATE TABLE t (n int)").await.unwrap();
    let prepared = "SELECT coalesce(sum(length(statement)), 0)::int8 FROM pg_prepared_statements";
    let mut most = 0;
    for rows in (1..=8).map(|rows| rows * 1000).cycle().take(40) {
        let places: Vec<_> = (1..=rows).map(|number| format!("(${number})")).collect();
        let insert = format!("INSERT INTO t VALUES {} -- {most}", places.join(","));
        let values = vec![Value::I32(1); rows];
        assert_eq!(execute(&mut c, &insert, values).await.unwrap().rows, rows as u64);
        most = most.max(one::<i64>(&mut c, prepared).await.unwrap());
    }
    assert!((100_000..600_000).contains(&most), "the texts of the prepared statements have {most} bytes");
    // In a failed transaction nothing is cleared, and nothing else goes wrong.
    begin(&mut c).await.unwrap();
    run(&mut c, "SELECT 1 / 0").await.unwrap_err();
    for rows in [200_000, 200_001] {
        let long = format!("SELECT {}1", "1 + ".repeat(rows));
        assert_eq!(run(&mut c, &long).await.unwrap_err().kind(), ErrorKind::Transaction);
    }
    c.control(Control::Rollback).await.unwrap();
    assert_eq!(one::<i64>(&mut c, "SELECT count(*) FROM t").await.unwrap(), 5 * 36_000);
}
