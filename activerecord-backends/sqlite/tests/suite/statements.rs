//! Statements, one at a time: values there and back, outcomes, transactions.

use crate::support::*;
use activerecord_core::backend::Control;
use activerecord_core::{ErrorKind, params};

#[tokio::test]
async fn outcomes() {
    let file = File::new();
    let mut c = file.backend().connect().await.unwrap();
    assert_eq!(run(&mut c, "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER)").await.unwrap().rows, 0);
    let first = execute(&mut c, "INSERT INTO t (n) VALUES (?)", params![7]).await.unwrap();
    assert_eq!((first.rows, first.last_insert_id), (1, Some(1)));
    let two = execute(&mut c, "INSERT INTO t (n) VALUES (?), (?)", params![8, 9]).await.unwrap();
    assert_eq!((two.rows, two.last_insert_id), (2, None));
    let updated = run(&mut c, "UPDATE t SET n = n").await.unwrap();
    assert_eq!((updated.rows, updated.last_insert_id), (3, None));
    assert_eq!(run(&mut c, "DELETE FROM t WHERE n > 7").await.unwrap().rows, 2);
    assert_eq!(run(&mut c, "CREATE INDEX t_n ON t (n)").await.unwrap().rows, 0);
    assert_eq!(run(&mut c, "SELECT * FROM t").await.unwrap().rows, 0);
    assert_eq!(one::<i64>(&mut c, "INSERT INTO t (n) VALUES (5) RETURNING id").await.unwrap(), 2);
    assert!(c.is_reusable());
}

#[tokio::test]
async fn a_transaction_ends_as_told() {
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
    assert_eq!(one::<i64>(&mut a, "SELECT count(*) FROM t").await.unwrap(), 1);
    assert_eq!(commit(&mut b).await.unwrap_err().kind(), ErrorKind::Transaction);
}
