//! Settings, and files that cannot be opened.

use activerecord_core::{Config, ErrorKind};

use crate::support::*;

async fn connect_error(config: &Config) -> activerecord_core::Error {
    match backend(config).unwrap().connect().await {
        Ok(_) => panic!("{config:?} was opened"),
        Err(error) => error,
    }
}

#[test]
fn settings_are_checked_without_a_file_or_a_runtime() {
    for (option, value, words) in [
        ("busy_timout", "1s", "`busy_timeout`"),
        ("mode", "rx", "`mode`"),
        ("busy_timeout", "soon", "`busy_timeout`"),
        ("journal_mode", "wall", "`wal`"),
        ("synchronous", "ful", "`full`"),
        ("foreign_keys", "maybe", "`foreign_keys`"),
        ("cache_size", "big", "`cache_size`"),
    ] {
        let error = backend(&Config::sqlite("/no/such/place.db").option(option, value)).unwrap_err();
        assert!(error.is_configuration() && error.message().contains(words), "{error}");
    }
    assert!(backend(&Config::sqlite("x.db").host("db1")).unwrap_err().is_configuration());
    assert!(backend(&Config::sqlite("")).unwrap_err().is_configuration());
    assert_eq!(backend(&Config::sqlite("/no/such/place.db")).unwrap().dialect().name(), "sqlite");
}

#[tokio::test]
async fn a_missing_file_is_created_only_in_mode_rwc() {
    let file = File::new();
    let path = file.path.to_str().unwrap();
    let error = connect_error(&Config::sqlite(path)).await;
    assert!(
        error.is_configuration() && error.message().contains("mode=rwc") && error.message().contains(path),
        "{error}"
    );
    let error = connect_error(&Config::sqlite(path).option("mode", "ro")).await;
    assert!(error.message().contains(path), "{error}");
    assert!(!file.path.exists());
    file.backend().connect().await.unwrap();
    assert!(file.path.exists());
    Config::url(format!("sqlite://{path}")).map(|config| backend(&config)).unwrap().unwrap().connect().await.unwrap();
}

#[tokio::test]
async fn directories_are_neither_created_nor_opened() {
    let file = File::new();
    let deep = file.directory.path().join("a/b.db");
    let error = connect_error(&Config::sqlite(deep.to_str().unwrap()).option("mode", "rwc")).await;
    assert!(error.is_configuration() && error.message().contains("director"), "{error}");
    let error = connect_error(&Config::sqlite(file.directory.path().to_str().unwrap())).await;
    assert!(error.is_configuration() && error.message().contains("is a directory"), "{error}");
}

#[tokio::test]
async fn a_file_that_is_not_a_database() {
    let file = File::new();
    std::fs::write(&file.path, "just some text, and enough of it to be looked at as a header of a database").unwrap();
    let error = connect_error(&file.config()).await;
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert!(error.message().contains(file.path.to_str().unwrap()), "{error}");
}

#[tokio::test]
async fn a_read_only_connection() {
    let file = File::new();
    let mut writer = file.backend().connect().await.unwrap();
    run(&mut writer, "CREATE TABLE t (a); INSERT INTO t VALUES (1)").await.unwrap();
    let mut reader = backend(&file.config().option("mode", "ro")).unwrap().connect().await.unwrap();
    assert_eq!(one::<i64>(&mut reader, "SELECT a FROM t").await.unwrap(), 1);
    assert!(run(&mut reader, "INSERT INTO t VALUES (2)").await.unwrap_err().is_read_only());
    assert!(reader.is_reusable());
}

#[tokio::test]
async fn sessions_are_set_up() {
    let file = File::new();
    let mut c = file.backend().connect().await.unwrap();
    for (pragma, expected) in
        [("journal_mode", "wal"), ("synchronous", "2"), ("foreign_keys", "1"), ("trusted_schema", "0")]
    {
        let row = rows(&mut c, &format!("PRAGMA {pragma}"), vec![]).await.unwrap().remove(0);
        let found = row.get::<String>(0).or_else(|_| row.get::<i64>(0).map(|n| n.to_string())).unwrap();
        assert_eq!(found, expected, "{pragma}");
    }
    let other =
        file.config().option("journal_mode", "delete").option("synchronous", "normal").option("cache_size", "-4000");
    c.close().await;
    let mut c = backend(&other).unwrap().connect().await.unwrap();
    assert_eq!(one::<String>(&mut c, "PRAGMA journal_mode").await.unwrap(), "delete");
    assert_eq!(one::<i64>(&mut c, "PRAGMA synchronous").await.unwrap(), 1);
    assert_eq!(one::<i64>(&mut c, "PRAGMA cache_size").await.unwrap(), -4000);
}

#[tokio::test]
async fn many_connect_to_a_new_file_at_once() {
    let file = File::new();
    let backend = file.backend();
    let connecting: Vec<_> = (0..16)
        .map(|_| {
            let backend = backend.clone();
            tokio::spawn(async move { backend.connect().await.map(drop) })
        })
        .collect();
    for connected in connecting {
        connected.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_ping_reports_a_deleted_file() {
    let file = File::new();
    let mut c = file.backend().connect().await.unwrap();
    c.ping().await.unwrap();
    std::fs::remove_file(&file.path).unwrap();
    let error = c.ping().await.unwrap_err();
    assert!(error.is_connection_lost() && !c.is_reusable(), "{error}");
    let mut memory = memory().connect().await.unwrap();
    memory.ping().await.unwrap();
}

#[tokio::test]
async fn a_database_in_memory_lives_as_long_as_its_backend() {
    let (first, second) = (memory(), memory());
    let mut a = first.connect().await.unwrap();
    run(&mut a, "CREATE TABLE t (n); INSERT INTO t VALUES (1)").await.unwrap();
    let mut b = first.connect().await.unwrap();
    assert_eq!(one::<i64>(&mut b, "SELECT n FROM t").await.unwrap(), 1);
    a.close().await;
    b.close().await;
    let mut c = first.connect().await.unwrap();
    assert_eq!(one::<i64>(&mut c, "SELECT n FROM t").await.unwrap(), 1);
    let mut other = second.connect().await.unwrap();
    assert!(run(&mut other, "SELECT * FROM t").await.is_err());
    let named = backend(&Config::sqlite("anything").option("mode", "memory")).unwrap();
    named.connect().await.unwrap();
}

#[tokio::test]
async fn connecting_to_memory_does_not_wait_for_a_transaction() {
    let backend = backend(&Config::sqlite(":memory:").option("busy_timeout", "20ms")).unwrap();
    let mut a = backend.connect().await.unwrap();
    run(&mut a, "CREATE TABLE t (n)").await.unwrap();
    begin(&mut a).await.unwrap();
    run(&mut a, "INSERT INTO t VALUES (1)").await.unwrap();
    let mut b = backend.connect().await.unwrap();
    let error = run(&mut b, "SELECT * FROM t").await.unwrap_err();
    assert!(error.kind() == ErrorKind::Busy && b.is_reusable(), "{error}");
    commit(&mut a).await.unwrap();
    assert_eq!(one::<i64>(&mut b, "SELECT n FROM t").await.unwrap(), 1);
}

#[tokio::test]
async fn a_lock_is_waited_for_until_the_busy_timeout() {
    let file = File::new();
    let backend = backend(&file.config().option("busy_timeout", "30ms")).unwrap();
    let mut c = backend.connect().await.unwrap();
    run(&mut c, "CREATE TABLE t (a)").await.unwrap();
    let other = file.other();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = run(&mut c, "INSERT INTO t VALUES (1)").await.unwrap_err();
    assert!(error.is_retryable() && error.message().contains("busy_timeout (30ms)"), "{error}");
    let error = begin(&mut c).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Busy);
    assert!(c.is_reusable());
    assert_eq!(one::<i64>(&mut c, "SELECT count(*) FROM t").await.unwrap(), 0);
    other.execute_batch("ROLLBACK").unwrap();
    run(&mut c, "INSERT INTO t VALUES (1)").await.unwrap();
}
