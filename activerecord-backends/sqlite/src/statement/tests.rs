use super::*;

#[test]
fn what_is_known_of_a_new_statement() {
    let mut database = Database::new(rusqlite::Connection::open_in_memory().unwrap());
    for text in [
        "CREATE TABLE t (id INTEGER PRIMARY KEY, x INTEGER)",
        "CREATE TABLE log (x INTEGER)",
        "CREATE TABLE watched (x INTEGER)",
        "CREATE TRIGGER emptied AFTER INSERT ON watched BEGIN DELETE FROM log; END",
        "CREATE VIEW size AS SELECT count(*) AS rows FROM t",
        "CREATE VIEW today AS SELECT x FROM t WHERE x > unixepoch('now')",
    ] {
        database.connection().execute_batch(text).unwrap();
    }
    for (text, unbounded, changing) in [
        ("SELECT x FROM t", false, false),
        ("SELECT count(*) FROM t", true, false),
        ("SELECT [count] /* all */ (*) FROM \"t\"", true, false),
        ("SELECT count(*) FROM t WHERE x > 0", false, false),
        ("SELECT count(x) FROM t", false, false),
        ("SELECT rows FROM size", true, false),
        ("SELECT x, (SELECT count(*) FROM t) FROM t WHERE id = 1", true, false),
        ("WITH c AS (SELECT count(*) AS n FROM t) SELECT n FROM c", true, false),
        ("SELECT random()", false, true),
        ("SELECT \"randomBlob\"(1)", false, true),
        ("SELECT 'random', x FROM t -- random", false, false),
        ("SELECT x FROM t WHERE x > CURRENT_TIMESTAMP", false, true),
        ("SELECT date(x) FROM t", false, false),
        ("SELECT x FROM t WHERE x > datetime('now', '-1 day')", false, true),
        ("SELECT x FROM today", false, true),
        ("PRAGMA integrity_check", true, false),
        ("INSERT INTO t (x) VALUES (1)", false, false),
        ("INSERT INTO watched VALUES (1)", true, false),
        ("DELETE FROM t", true, false),
        ("DELETE FROM t WHERE id = 1", false, false),
        ("WITH c AS (SELECT 1 WHERE 1) DELETE FROM t", true, false),
        ("UPDATE t SET x = (SELECT 1 WHERE 1)", true, false),
        ("UPDATE t SET x = 1 WHERE id = 1", false, false),
    ] {
        // What others compile says nothing of this statement.
        database.connection().query_row("PRAGMA cache_size", [], |_| Ok(())).unwrap();
        database.connection().query_row("SELECT count(*), random() FROM t", [], |_| Ok(())).unwrap();
        let Prepared::One(slot) = database.prepare(text, None).unwrap() else { panic!("{text}") };
        let profile = *database.cursor(slot).profile();
        assert_eq!((profile.unbounded, profile.is_changing()), (unbounded, changing), "{text}");
    }
}

#[test]
fn the_bytes_of_all_statements_are_limited() {
    let mut database = Database::new(rusqlite::Connection::open_in_memory().unwrap());
    database.connection().execute_batch("CREATE TABLE t (x INTEGER)").unwrap();
    let insert = |rows: usize| format!("INSERT INTO t VALUES {}", vec!["(?)"; rows].join(","));
    for rows in 1..=512 {
        database.prepare(&insert(rows), None).unwrap();
    }
    assert!(database.statements.bytes() <= CAPACITY.bytes);
    database.prepare("SELECT x FROM t", None).unwrap();
    for rows in 0..100 {
        database.prepare(&insert(10_000 + rows), None).unwrap();
    }
    assert!(database.statements.bytes() <= CAPACITY.bytes);
    assert!(database.has("SELECT x FROM t"), "long statements do not displace short ones");
    assert!(database.has(&insert(10_099)));
    assert!(!database.has(&insert(10_098)));
}
