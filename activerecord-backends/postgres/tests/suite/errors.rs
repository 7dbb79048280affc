//! Every kind of error that a test can provoke on the server.

use activerecord_core::backend::Control;
use activerecord_core::{Error, ErrorKind, params};

use crate::support::*;

/// Checks that neither the message nor `Debug` shows a value.
fn hides(error: &Error, secret: &str) {
    assert!(!format!("{error} {error:?}").contains(secret), "{error:?}");
}

#[tokio::test]
async fn constraints_are_named() {
    let mut c = schema("constraints").await;
    run(
        &mut c,
        "CREATE TABLE p (id int PRIMARY KEY);
         CREATE TABLE t (
             id int PRIMARY KEY, email text NOT NULL CONSTRAINT t_email_key UNIQUE, p int CONSTRAINT t_p_fkey REFERENCES p,
             age int CONSTRAINT t_age_check CHECK (age > 0), during int4range, EXCLUDE USING gist (during WITH &&)
         );
         CREATE UNIQUE INDEX t_lower ON t (lower(email));
         INSERT INTO p VALUES (1);
         INSERT INTO t VALUES (1, 'secret@b.c', 1, 1, '[1,5)')",
    )
    .await
    .unwrap();
    for (text, kind, constraint, code) in [
        ("INSERT INTO t VALUES (1, 'x')", ErrorKind::UniqueViolation, "t_pkey", "23505"),
        ("INSERT INTO t VALUES (2, 'secret@b.c')", ErrorKind::UniqueViolation, "t_email_key", "23505"),
        ("INSERT INTO t VALUES (2, 'SECRET@b.c')", ErrorKind::UniqueViolation, "t_lower", "23505"),
        ("INSERT INTO t VALUES (2, 'x', NULL, NULL, '[2,3)')", ErrorKind::UniqueViolation, "t_during_excl", "23P01"),
        ("INSERT INTO t VALUES (2, NULL)", ErrorKind::NotNullViolation, "t.email", "23502"),
        ("INSERT INTO t VALUES (2, 'x', 4711)", ErrorKind::ForeignKeyViolation, "t_p_fkey", "23503"),
        ("DELETE FROM p", ErrorKind::ForeignKeyViolation, "t_p_fkey", "23503"),
        ("INSERT INTO t VALUES (2, 'secret@b.d', 1, -1)", ErrorKind::CheckViolation, "t_age_check", "23514"),
    ] {
        let error = run(&mut c, text).await.unwrap_err();
        assert_eq!((error.kind(), error.constraint(), error.code()), (kind, Some(constraint), Some(code)), "{error}");
        assert_eq!(error.sql(), Some(text));
        assert!(c.is_reusable());
    }
    let error = execute(&mut c, "INSERT INTO t VALUES ($1, $2)", params![2, "secret@b.c"]).await.unwrap_err();
    hides(&error, "secret");
    let error = execute(&mut c, "INSERT INTO t (id, p) VALUES ($1, $2)", params![2, 47_11]).await.unwrap_err();
    hides(&error, "4711");
}

#[tokio::test]
async fn kinds_of_statements_that_fail() {
    let mut c = schema("kinds").await;
    run(&mut c, "CREATE TABLE t (id int, v varchar(3)); CREATE VIEW w AS SELECT * FROM t").await.unwrap();
    for (text, kind, code) in [
        ("SELECT 1/0", ErrorKind::Conversion, "22012"),
        ("SELECT 2147483647 + 1", ErrorKind::Conversion, "22003"),
        ("SELECT 'x'::text::int", ErrorKind::Conversion, "22P02"),
        ("INSERT INTO t (v) VALUES ('abcd')", ErrorKind::Conversion, "22001"),
        ("SELECT * FROM missing", ErrorKind::InvalidStatement, "42P01"),
        ("SELECT missing FROM t", ErrorKind::InvalidStatement, "42703"),
        ("SELECT missing()", ErrorKind::InvalidStatement, "42883"),
        ("SELECT FROM WHERE", ErrorKind::InvalidStatement, "42601"),
        ("CREATE TABLE t (id int)", ErrorKind::InvalidStatement, "42P07"),
        ("SELECT 1 = 'x'::text", ErrorKind::InvalidStatement, "42883"),
        ("DROP TABLE t", ErrorKind::Database, "2BP01"),
        ("DO $$ BEGIN RAISE EXCEPTION 'my own'; END $$", ErrorKind::Database, "P0001"),
        ("CREATE TABLE u (a int) WITH (nothing = 1)", ErrorKind::Conversion, "22023"),
        ("SELECT * FROM t FOR UPDATE OF w", ErrorKind::InvalidStatement, "42P01"),
        ("SELECT DISTINCT id FROM t FOR UPDATE", ErrorKind::Unsupported, "0A000"),
        ("CREATE TABLE missing_schema.t (a int)", ErrorKind::InvalidStatement, "3F000"),
    ] {
        let error = run(&mut c, text).await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (kind, Some(code)), "{text}: {error}");
        assert!(c.is_reusable(), "{text}");
    }
}

#[tokio::test]
async fn permissions() {
    let mut c = schema("permissions").await;
    run(&mut c, "CREATE TABLE t (id int)").await.unwrap();
    run(&mut c, "DROP ROLE IF EXISTS activerecord_nobody; CREATE ROLE activerecord_nobody").await.unwrap();
    run(&mut c, "GRANT USAGE ON SCHEMA permissions TO activerecord_nobody").await.unwrap();
    run(&mut c, "SET ROLE activerecord_nobody").await.unwrap();
    let error = run(&mut c, "SELECT * FROM t").await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::PermissionDenied, Some("42501")), "{error}");
    run(&mut c, "RESET ROLE; REVOKE ALL ON SCHEMA permissions FROM activerecord_nobody; DROP ROLE activerecord_nobody")
        .await
        .unwrap();
}

/// As on a standby: reads work, and a write fails with `ReadOnly`.
#[tokio::test]
async fn a_server_that_only_reads() {
    let mut c = schema("only_reads").await;
    run(&mut c, "CREATE TABLE t (id int)").await.unwrap();
    run(&mut c, "SET default_transaction_read_only = on").await.unwrap();
    assert_eq!(one::<i64>(&mut c, "SELECT count(*) FROM t").await.unwrap(), 0);
    let error = run(&mut c, "INSERT INTO t VALUES (1)").await.unwrap_err();
    assert!(error.is_read_only(), "{error}");
    begin(&mut c).await.unwrap();
    assert_eq!(one::<i64>(&mut c, "SELECT count(*) FROM t").await.unwrap(), 0);
    commit(&mut c).await.unwrap();
}

#[tokio::test]
async fn locks_and_timeouts() {
    let mut a = schema("locks").await;
    let mut b = connect(&in_schema("locks").option("lock_timeout", "50ms")).await;
    // In another session, because on a slow machine this limit could be over before that of the lock. It starts after
    // the login.
    let mut limited = connect(&config()).await;
    run(&mut limited, "SET statement_timeout = '300ms'").await.unwrap();
    run(&mut a, "CREATE TABLE t (id int); INSERT INTO t VALUES (1)").await.unwrap();
    begin(&mut a).await.unwrap();
    run(&mut a, "UPDATE t SET id = 1").await.unwrap();
    for text in ["UPDATE t SET id = 2", "SELECT * FROM t FOR UPDATE NOWAIT"] {
        let error = run(&mut b, text).await.unwrap_err();
        assert!(error.kind() == ErrorKind::Busy && error.is_retryable(), "{error}");
        assert_eq!(error.code(), Some("55P03"));
    }
    let error = run(&mut limited, "SELECT pg_sleep(300)").await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::StatementTimeout, Some("57014")), "{error}");
    assert!(b.is_reusable() && limited.is_reusable());
    rollback(&mut a).await.unwrap();
    assert_eq!(run(&mut b, "UPDATE t SET id = 2").await.unwrap().rows, 1);
}

#[tokio::test]
async fn a_deadlock_has_one_victim() {
    let mut a = schema("deadlock").await;
    let mut b = connect(&in_schema("deadlock")).await;
    run(&mut a, "CREATE TABLE t (id int); INSERT INTO t VALUES (1), (2)").await.unwrap();
    for (c, id) in [(&mut a, 1), (&mut b, 2)] {
        begin(c).await.unwrap();
        run(c, "SET LOCAL deadlock_timeout = '50ms'").await.unwrap();
        execute(c, "UPDATE t SET id = id WHERE id = $1", params![id]).await.unwrap();
    }
    let (first, second) = tokio::join!(
        run(&mut a, "UPDATE t SET id = id WHERE id = 2"),
        run(&mut b, "UPDATE t SET id = id WHERE id = 1"),
    );
    let (victim, other) = if first.is_err() { (first, second) } else { (second, first) };
    let error = victim.unwrap_err();
    assert!(error.kind() == ErrorKind::Deadlock && error.is_retryable(), "{error}");
    other.unwrap();
    rollback(&mut a).await.unwrap();
    rollback(&mut b).await.unwrap();
}

#[tokio::test]
async fn a_snapshot_that_is_out_of_date() {
    let mut a = schema("snapshot").await;
    let mut b = connect(&in_schema("snapshot")).await;
    run(&mut a, "CREATE TABLE t (n int); INSERT INTO t VALUES (1)").await.unwrap();
    let mut options = activerecord_core::backend::TransactionOptions::default();
    options.isolation = Some(activerecord_core::Isolation::RepeatableRead);
    a.control(Control::Begin(options)).await.unwrap();
    assert_eq!(one::<i64>(&mut a, "SELECT n FROM t").await.unwrap(), 1);
    run(&mut b, "UPDATE t SET n = 2").await.unwrap();
    let error = run(&mut a, "UPDATE t SET n = 3").await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Serialization, Some("40001")), "{error}");
}

#[tokio::test]
async fn an_idle_transaction_is_ended() {
    let mut c = connect(&config().option("idle_in_transaction_session_timeout", "30ms")).await;
    let process = process(&mut c).await;
    begin(&mut c).await.unwrap();
    until_gone(process).await;
    let error = run(&mut c, "SELECT 1").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error}");
    assert!(!c.is_reusable());
    assert!(c.ping().await.unwrap_err().is_connection_lost());
    assert!(rollback(&mut c).await.unwrap_err().is_connection_lost());
}
