//! SQLite's errors: their kinds, and the constraints that they name.

use activerecord_core::{ErrorKind, params};

use crate::support::*;

#[tokio::test]
async fn constraints_are_named() {
    let mut c = memory().connect().await.unwrap();
    run(
        &mut c,
        "CREATE TABLE p (id INTEGER PRIMARY KEY);
         CREATE TABLE t (id INTEGER PRIMARY KEY, email TEXT UNIQUE, a INTEGER NOT NULL DEFAULT 0, b INTEGER, parent REFERENCES p,
            CONSTRAINT positive CHECK (a >= 0), UNIQUE (a, b));
         CREATE UNIQUE INDEX t_length ON t (length(email)) WHERE a = 0;
         INSERT INTO t VALUES (1, 'secret@b.c', 0, 0, NULL);",
    )
    .await
    .unwrap();
    for (text, kind, constraint) in [
        ("INSERT INTO t (email, a) VALUES ('secret@b.c', 1)", ErrorKind::UniqueViolation, Some("t.email")),
        ("INSERT INTO t (email) VALUES ('SECRET@b.c')", ErrorKind::UniqueViolation, Some("t_length")),
        ("INSERT INTO t (a, b) VALUES (0, 0)", ErrorKind::UniqueViolation, Some("t.a, t.b")),
        ("INSERT INTO t (id) VALUES (1)", ErrorKind::UniqueViolation, Some("t.id")),
        ("INSERT INTO t (a) VALUES (NULL)", ErrorKind::NotNullViolation, Some("t.a")),
        ("INSERT INTO t (a) VALUES (-1)", ErrorKind::CheckViolation, Some("positive")),
        ("INSERT INTO t (parent) VALUES (9)", ErrorKind::ForeignKeyViolation, None),
        ("INSERT INTO t (id) VALUES ('secret')", ErrorKind::Conversion, None),
    ] {
        let error = run(&mut c, text).await.unwrap_err();
        assert_eq!((error.kind(), error.constraint()), (kind, constraint), "{error}");
        assert!(!error.message().contains("secret"), "{error}");
        assert_eq!(error.sql(), Some(text));
        assert!(error.code().is_some_and(|code| code.starts_with("SQLITE_")), "{error:?}");
        assert!(c.is_reusable());
    }
    let error = run(&mut c, "INSERT INTO t (email) VALUES ('secret@b.c')").await.unwrap_err();
    assert_eq!(error.code(), Some("SQLITE_CONSTRAINT_UNIQUE"));
}

#[tokio::test]
async fn foreign_keys_can_be_off() {
    let file = File::new();
    let mut c = backend(&file.config().option("foreign_keys", "off")).unwrap().connect().await.unwrap();
    run(&mut c, "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE t (parent REFERENCES p)").await.unwrap();
    run(&mut c, "INSERT INTO t VALUES (9)").await.unwrap();
}

#[tokio::test]
async fn a_full_disk() {
    let file = File::new();
    let mut c = backend(&file.config().option("max_pages", "20")).unwrap().connect().await.unwrap();
    run(&mut c, "CREATE TABLE t (b BLOB)").await.unwrap();
    run(&mut c, "INSERT INTO t VALUES (zeroblob(1000))").await.unwrap();
    let error = execute(&mut c, "INSERT INTO t VALUES (?)", params![vec![1_u8; 200_000]]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DiskFull, "{error}");
    assert_eq!(one::<i64>(&mut c, "SELECT count(*) FROM t").await.unwrap(), 1);

    begin(&mut c).await.unwrap();
    run(&mut c, "INSERT INTO t VALUES (zeroblob(10))").await.unwrap();
    let error = execute(&mut c, "INSERT INTO t VALUES (?)", params![vec![1_u8; 200_000]]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DiskFull);
    rollback(&mut c).await.unwrap();
    assert!(c.is_reusable());
    assert_eq!(one::<i64>(&mut c, "SELECT count(*) FROM t").await.unwrap(), 1);
}

#[tokio::test]
async fn a_file_that_becomes_damaged() {
    let file = File::new();
    {
        let mut c = file.backend().connect().await.unwrap();
        run(&mut c, "CREATE TABLE t (a); INSERT INTO t VALUES (zeroblob(50000))").await.unwrap();
        c.close().await;
    }
    let mut bytes = std::fs::read(&file.path).unwrap();
    for byte in &mut bytes[4096..] {
        *byte = 0x5a;
    }
    std::fs::write(&file.path, bytes).unwrap();
    let mut c = file.backend().connect().await.unwrap();
    let error = rows(&mut c, "SELECT * FROM t", vec![]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
    assert!(!c.is_reusable(), "the next user would get the error too");
}
