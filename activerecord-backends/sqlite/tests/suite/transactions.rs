//! Transactions on one connection, and their effects on other connections.

use activerecord_core::ErrorKind;
use activerecord_core::backend::Control;

use crate::support::*;

#[tokio::test]
async fn a_transaction_commits_or_rolls_back() {
    let file = File::new();
    let backend = file.backend();
    let (mut a, mut b) = (backend.connect().await.unwrap(), backend.connect().await.unwrap());
    run(&mut a, "CREATE TABLE t (n)").await.unwrap();
    begin(&mut a).await.unwrap();
    run(&mut a, "INSERT INTO t VALUES (1)").await.unwrap();
    assert!(!a.is_reusable());
    assert_eq!(one::<i64>(&mut b, "SELECT count(*) FROM t").await.unwrap(), 0);
    a.control(Control::Savepoint("s")).await.unwrap();
    run(&mut a, "INSERT INTO t VALUES (2)").await.unwrap();
    a.control(Control::RollbackTo("s")).await.unwrap();
    a.control(Control::Release("s")).await.unwrap();
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
    let mut c = memory().connect().await.unwrap();
    for control in [Control::Commit, Control::Savepoint("s"), Control::Release("s"), Control::RollbackTo("s")] {
        assert_eq!(c.control(control).await.unwrap_err().kind(), ErrorKind::Transaction, "{control:?}");
        assert!(c.is_reusable());
    }
    begin(&mut c).await.unwrap();
    assert_eq!(begin(&mut c).await.unwrap_err().kind(), ErrorKind::Transaction);
    let error = c.control(Control::Release("missing")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidStatement, "{error}");
    commit(&mut c).await.unwrap();
}

#[tokio::test]
async fn a_read_only_transaction_sees_one_state_and_writes_nothing() {
    let file = File::new();
    let backend = file.backend();
    let (mut a, mut b) = (backend.connect().await.unwrap(), backend.connect().await.unwrap());
    run(&mut a, "CREATE TABLE t (n)").await.unwrap();
    begin_read_only(&mut a).await.unwrap();
    assert_eq!(one::<i64>(&mut a, "SELECT count(*) FROM t").await.unwrap(), 0);
    run(&mut b, "INSERT INTO t VALUES (1)").await.unwrap();
    assert_eq!(one::<i64>(&mut a, "SELECT count(*) FROM t").await.unwrap(), 0);
    for write in ["INSERT INTO t VALUES (2)", "CREATE TABLE u (a)", "DELETE FROM t; DELETE FROM t"] {
        assert!(run(&mut a, write).await.unwrap_err().is_read_only(), "{write}");
    }
    commit(&mut a).await.unwrap();
    run(&mut a, "INSERT INTO t VALUES (3)").await.unwrap();
    assert_eq!(one::<i64>(&mut a, "SELECT count(*) FROM t").await.unwrap(), 2);
    begin_read_only(&mut a).await.unwrap();
    rollback(&mut a).await.unwrap();
    run(&mut a, "INSERT INTO t VALUES (4)").await.unwrap();
}

#[tokio::test]
async fn no_statement_commits_by_itself_after_the_database_rolled_back() {
    let mut c = memory().connect().await.unwrap();
    run(&mut c, "CREATE TABLE t (id INTEGER PRIMARY KEY)").await.unwrap();
    begin(&mut c).await.unwrap();
    run(&mut c, "INSERT INTO t VALUES (1)").await.unwrap();
    assert!(run(&mut c, "INSERT OR ROLLBACK INTO t VALUES (1)").await.unwrap_err().is_unique_violation());
    for text in ["INSERT INTO t VALUES (2)", "SELECT 1", "INSERT INTO t VALUES (3); INSERT INTO t VALUES (4)"] {
        assert_eq!(run(&mut c, text).await.unwrap_err().kind(), ErrorKind::Transaction, "{text}");
    }
    for control in [Control::Savepoint("s"), Control::RollbackTo("s"), Control::Commit] {
        assert_eq!(c.control(control).await.unwrap_err().kind(), ErrorKind::Transaction);
    }
    assert!(!c.is_reusable());
    rollback(&mut c).await.unwrap();
    assert!(c.is_reusable());
    assert_eq!(one::<i64>(&mut c, "SELECT count(*) FROM t").await.unwrap(), 0);
}

#[tokio::test]
async fn a_commit_that_fails_commits_nothing() {
    let mut c = memory().connect().await.unwrap();
    run(&mut c, "CREATE TABLE p (id INTEGER PRIMARY KEY)").await.unwrap();
    run(&mut c, "CREATE TABLE c (p REFERENCES p DEFERRABLE INITIALLY DEFERRED)").await.unwrap();
    begin(&mut c).await.unwrap();
    run(&mut c, "INSERT INTO c VALUES (7)").await.unwrap();
    assert_eq!(commit(&mut c).await.unwrap_err().kind(), ErrorKind::ForeignKeyViolation);
    assert!(!c.is_reusable());
    run(&mut c, "INSERT INTO p VALUES (7)").await.unwrap();
    commit(&mut c).await.unwrap();
    assert_eq!(one::<i64>(&mut c, "SELECT count(*) FROM c").await.unwrap(), 1);
}

#[tokio::test]
async fn an_error_leaves_nothing_of_its_statement() {
    let mut c = memory().connect().await.unwrap();
    run(&mut c, "CREATE TABLE t (id INTEGER PRIMARY KEY)").await.unwrap();
    begin(&mut c).await.unwrap();
    run(&mut c, "INSERT INTO t VALUES (3)").await.unwrap();
    assert!(run(&mut c, "INSERT INTO t VALUES (1), (2), (3)").await.unwrap_err().is_unique_violation());
    commit(&mut c).await.unwrap();
    assert_eq!(one::<i64>(&mut c, "SELECT sum(id) FROM t").await.unwrap(), 3);
}

/// A step that exceeds the budget is interrupted. That does not end a transaction when the statement only reads. A
/// statement that writes is not interrupted inside a transaction.
#[tokio::test]
async fn slow_statements_leave_their_transaction_open() {
    const ROWS: &str = "WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 100000)";
    let file = File::new();
    for backend in [memory(), file.backend()] {
        let mut c = backend.connect().await.unwrap();
        run(&mut c, "CREATE TABLE t (n INTEGER)").await.unwrap();
        begin(&mut c).await.unwrap();
        run(&mut c, "INSERT INTO t VALUES (1)").await.unwrap();
        for _ in 0..2 {
            assert_eq!(one::<i64>(&mut c, &format!("{ROWS} SELECT max(x) FROM c WHERE x > 0")).await.unwrap(), 100_000);
            let insert = format!("{ROWS} INSERT INTO t SELECT x FROM c WHERE x > 0");
            assert_eq!(run(&mut c, &insert).await.unwrap().rows, 100_000);
            assert_eq!(run(&mut c, "DELETE FROM t WHERE n > 1 OR rowid > 1").await.unwrap().rows, 100_000);
        }
        commit(&mut c).await.unwrap();
        assert_eq!(one::<i64>(&mut c, "SELECT count(*) FROM t").await.unwrap(), 1);
    }
}

#[tokio::test]
async fn a_large_transaction_is_rolled_back_or_committed() {
    let file = File::new();
    let mut c = file.backend().connect().await.unwrap();
    run(&mut c, "CREATE TABLE t (n)").await.unwrap();
    let insert = "WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 50000) INSERT INTO t SELECT x FROM c";
    begin(&mut c).await.unwrap();
    c.control(Control::Savepoint("s")).await.unwrap();
    assert_eq!(run(&mut c, insert).await.unwrap().rows, 50_000);
    c.control(Control::RollbackTo("s")).await.unwrap();
    assert_eq!(one::<i64>(&mut c, "SELECT count(*) FROM t").await.unwrap(), 0);
    run(&mut c, insert).await.unwrap();
    rollback(&mut c).await.unwrap();
    assert_eq!(one::<i64>(&mut c, "SELECT count(*) FROM t").await.unwrap(), 0);
    begin(&mut c).await.unwrap();
    run(&mut c, insert).await.unwrap();
    commit(&mut c).await.unwrap();
    assert_eq!(one::<i64>(&mut c, "SELECT count(*) FROM t").await.unwrap(), 50_000);
}
