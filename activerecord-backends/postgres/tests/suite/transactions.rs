//! Transactions on one connection, and their effects on other connections.

use activerecord_core::backend::{Control, Isolation, TransactionOptions};
use activerecord_core::{ErrorKind, Flow, RowRef};

use crate::support::*;

async fn begin_with(c: &mut Conn, isolation: Option<Isolation>, read_only: bool) {
    let mut options = TransactionOptions::default();
    (options.isolation, options.read_only) = (isolation, read_only);
    c.control(Control::Begin(options)).await.unwrap();
}

#[tokio::test]
async fn a_transaction_commits_or_rolls_back() {
    let mut a = schema("ends_as_told").await;
    let mut b = connect(&in_schema("ends_as_told")).await;
    run(&mut a, "CREATE TABLE t (n int)").await.unwrap();
    begin(&mut a).await.unwrap();
    run(&mut a, "INSERT INTO t VALUES (1)").await.unwrap();
    assert!(!a.is_reusable());
    assert_eq!(one::<i64>(&mut b, "SELECT count(*) FROM t").await.unwrap(), 0);
    a.control(Control::Savepoint("s\"x")).await.unwrap();
    run(&mut a, "INSERT INTO t VALUES (2)").await.unwrap();
    a.control(Control::RollbackTo("s\"x")).await.unwrap();
    a.control(Control::Release("s\"x")).await.unwrap();
    commit(&mut a).await.unwrap();
    assert!(a.is_reusable());
    assert_eq!(one::<i64>(&mut b, "SELECT count(*) FROM t").await.unwrap(), 1);
    begin(&mut b).await.unwrap();
    run(&mut b, "DELETE FROM t").await.unwrap();
    rollback(&mut b).await.unwrap();
    assert!(b.is_reusable());
    assert_eq!(one::<i64>(&mut a, "SELECT count(*) FROM t").await.unwrap(), 1);
    rollback(&mut b).await.unwrap();
}

#[tokio::test]
async fn control_out_of_place() {
    let mut c = connect(&config()).await;
    for control in [Control::Commit, Control::Savepoint("s"), Control::Release("s"), Control::RollbackTo("s")] {
        assert_eq!(c.control(control).await.unwrap_err().kind(), ErrorKind::Transaction, "{control:?}");
        assert!(c.is_reusable());
    }
    begin(&mut c).await.unwrap();
    assert_eq!(begin(&mut c).await.unwrap_err().kind(), ErrorKind::Transaction);
    let error = c.control(Control::Release("missing")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidStatement, "{error}");
    assert_eq!(commit(&mut c).await.unwrap_err().kind(), ErrorKind::Transaction);
    rollback(&mut c).await.unwrap();
    assert!(c.is_reusable());
}

#[tokio::test]
async fn options_take_effect() {
    let mut c = connect(&config()).await;
    for (isolation, expected) in [
        (None, "read committed"),
        (Some(Isolation::ReadUncommitted), "read committed"),
        (Some(Isolation::ReadCommitted), "read committed"),
        (Some(Isolation::RepeatableRead), "repeatable read"),
        (Some(Isolation::Serializable), "serializable"),
    ] {
        for read_only in [false, true] {
            begin_with(&mut c, isolation, read_only).await;
            assert_eq!(one::<String>(&mut c, "SHOW transaction_isolation").await.unwrap(), expected);
            let shown: String = one(&mut c, "SHOW transaction_read_only").await.unwrap();
            assert_eq!(shown, if read_only { "on" } else { "off" });
            commit(&mut c).await.unwrap();
        }
    }
    begin_with(&mut c, None, true).await;
    let error = run(&mut c, "CREATE TABLE never (n int)").await.unwrap_err();
    assert!(error.is_read_only() && error.code() == Some("25006"), "{error}");
    rollback(&mut c).await.unwrap();
}

/// PostgreSQL answers this COMMIT with the tag ROLLBACK, which the driver reports as success.
#[tokio::test]
async fn a_failed_transaction_is_not_committed() {
    let mut c = schema("failed_transaction").await;
    run(&mut c, "CREATE TABLE t (n int PRIMARY KEY)").await.unwrap();
    begin(&mut c).await.unwrap();
    run(&mut c, "INSERT INTO t VALUES (1)").await.unwrap();
    assert!(run(&mut c, "INSERT INTO t VALUES (1)").await.unwrap_err().is_unique_violation());
    for text in ["INSERT INTO t VALUES (2)", "SELECT 1", "INSERT INTO t VALUES (3); INSERT INTO t VALUES (4)"] {
        let error = run(&mut c, text).await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (ErrorKind::Transaction, Some("25P02")), "{text}");
    }
    assert_eq!(commit(&mut c).await.unwrap_err().kind(), ErrorKind::Transaction);
    assert!(!c.is_reusable());
    rollback(&mut c).await.unwrap();
    assert!(c.is_reusable());
    assert_eq!(one::<i64>(&mut c, "SELECT count(*) FROM t").await.unwrap(), 0);
}

#[tokio::test]
async fn a_savepoint_undoes_an_error() {
    let mut c = schema("savepoint_undoes").await;
    run(&mut c, "CREATE TABLE t (n int PRIMARY KEY)").await.unwrap();
    begin(&mut c).await.unwrap();
    run(&mut c, "INSERT INTO t VALUES (1)").await.unwrap();
    c.control(Control::Savepoint("s")).await.unwrap();
    run(&mut c, "INSERT INTO t VALUES (1)").await.unwrap_err();
    c.control(Control::RollbackTo("s")).await.unwrap();
    c.control(Control::Release("s")).await.unwrap();
    commit(&mut c).await.unwrap();
    assert_eq!(one::<i64>(&mut c, "SELECT count(*) FROM t").await.unwrap(), 1);
}

#[tokio::test]
async fn a_commit_that_fails_commits_nothing() {
    let mut c = schema("commit_fails").await;
    run(
        &mut c,
        "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (p int REFERENCES p DEFERRABLE INITIALLY DEFERRED)",
    )
    .await
    .unwrap();
    begin(&mut c).await.unwrap();
    run(&mut c, "INSERT INTO c VALUES (7)").await.unwrap();
    let error = commit(&mut c).await.unwrap_err();
    assert_eq!((error.kind(), error.constraint()), (ErrorKind::ForeignKeyViolation, Some("c_p_fkey")));
    rollback(&mut c).await.unwrap();
    assert!(c.is_reusable());
    assert_eq!(one::<i64>(&mut c, "SELECT count(*) FROM c").await.unwrap(), 0);
}

#[tokio::test]
async fn serializable_transactions_that_collide() {
    let mut a = schema("collide").await;
    let mut b = connect(&in_schema("collide")).await;
    run(&mut a, "CREATE TABLE t (n int); INSERT INTO t VALUES (1), (2)").await.unwrap();
    for c in [&mut a, &mut b] {
        begin_with(c, Some(Isolation::Serializable), false).await;
        assert_eq!(one::<i64>(c, "SELECT sum(n) FROM t").await.unwrap(), 3);
        run(c, "INSERT INTO t VALUES (10)").await.unwrap();
    }
    commit(&mut a).await.unwrap();
    let error = commit(&mut b).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Serialization && error.is_retryable(), "{error}");
    assert!(b.is_reusable());
    assert_eq!(one::<i64>(&mut b, "SELECT sum(n) FROM t").await.unwrap(), 13);
}

/// The rows after the first one end with an error, so the transaction has failed.
#[tokio::test]
async fn an_error_after_the_last_row_that_was_wanted() {
    let mut c = schema("error_after").await;
    run(&mut c, "CREATE TABLE t (n int)").await.unwrap();
    begin(&mut c).await.unwrap();
    run(&mut c, "INSERT INTO t VALUES (1)").await.unwrap();
    let select = sql("SELECT 1 / (100000 - n) FROM generate_series(1, 100000) n", vec![]);
    let mut stop = |_: &dyn RowRef| Ok(Flow::Stop);
    c.fetch(&select, &mut stop).await.unwrap();
    assert!(!c.is_reusable());
    assert_eq!(commit(&mut c).await.unwrap_err().kind(), ErrorKind::Conversion);
    assert_eq!(commit(&mut c).await.unwrap_err().kind(), ErrorKind::Transaction);
    rollback(&mut c).await.unwrap();
    assert!(c.is_reusable());
    assert_eq!(one::<i64>(&mut c, "SELECT count(*) FROM t").await.unwrap(), 0);

    begin(&mut c).await.unwrap();
    c.control(Control::Savepoint("s")).await.unwrap();
    c.fetch(&select, &mut stop).await.unwrap();
    c.control(Control::RollbackTo("s")).await.unwrap();
    run(&mut c, "INSERT INTO t VALUES (2)").await.unwrap();
    commit(&mut c).await.unwrap();
    assert_eq!(one::<i64>(&mut c, "SELECT n FROM t").await.unwrap(), 2);
}
