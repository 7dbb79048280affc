//! The state of a session does not reach the next user of its connection: a program's own SQL that can change it makes the
//! connection the program's alone, until it is returned and closed.

use activerecord::PoolOptions;
use activerecord::prelude::*;
use activerecord::query::raw;

use test_support::Database;

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Locker {
    id: i64,
    label: String,
}

/// A database, and a connection to it whose pool has one session.
async fn lockers() -> Result<(Database, String)> {
    let db = Database::new(["lockers (id ID, label STRING NOT NULL)"]).await;
    let name = db.alias("alone", |config| config.pool(PoolOptions::new().max_connections(1)))?;
    Ok((db, name))
}

/// SQL that only some databases have: the statements that change a session, and those that do not.
struct Texts {
    changing: &'static [&'static str],
    clean: &'static [&'static str],
    /// A part of a query that changes the session.
    fragment: Option<&'static str>,
}

const SQLITE: Texts = Texts {
    changing: &[
        "PRAGMA query_only = 1",
        "PRAGMA query_only=1",
        "PRAGMA query_only(1)",
        "PRAGMA main.cache_size = 5",
        "PRAGMA foreign_keys = OFF",
        "PRAGMA case_sensitive_like=ON",
        "PRAGMA recursive_triggers/**/=/**/ON",
        "/* a */ -- b\n pragma ignore_check_constraints = 1",
        "PRAGMA temp_store = memory",
        "ATTACH ':memory:' AS other",
        "CREATE TEMP TABLE t (a)",
        "CREATE TEMPORARY TABLE IF NOT EXISTS lockers (a)",
        "CREATE TABLE temp.lockers (a)",
        "CREATE TEMP VIEW lockers AS SELECT 1 AS id",
        "CREATE TEMP TRIGGER a AFTER INSERT ON lockers BEGIN SELECT RAISE(ABORT, 'no'); END",
        "CREATE TRIGGER temp.a AFTER INSERT ON main.lockers BEGIN SELECT RAISE(ABORT, 'no'); END",
        "SELECT 1; PRAGMA query_only = 1",
        "INSERT INTO lockers (label) VALUES ('b'); CREATE TEMP TABLE u (a)",
    ],
    clean: &[
        "SELECT 1",
        "/* PRAGMA query_only = 1 */ SELECT 'PRAGMA query_only = 1'",
        "PRAGMA query_only",
        "PRAGMA table_info(lockers)",
        "CREATE TABLE temporary_lockers (temp TEXT)",
        "CREATE INDEX lockers_label ON lockers (label)",
        "CREATE TRIGGER b AFTER INSERT ON temporary_lockers BEGIN UPDATE lockers SET label = 'c' WHERE id = 0; END",
        "INSERT INTO temporary_lockers VALUES ('a'); DELETE FROM temporary_lockers",
        "ALTER TABLE temporary_lockers ADD COLUMN a TEXT",
        "DROP TABLE temporary_lockers",
        "EXPLAIN QUERY PLAN SELECT * FROM lockers",
        "ANALYZE",
    ],
    fragment: None,
};

const POSTGRES: Texts = Texts {
    changing: &[
        "SET search_path = pg_catalog",
        "SET SESSION statement_timeout = '1ms'",
        "set/**/datestyle/**/to 'German'",
        "SET ROLE NONE",
        "SET SESSION AUTHORIZATION DEFAULT",
        "-- a\n/* b /* c */ */ SET TIME ZONE 'Asia/Tokyo'",
        "RESET search_path",
        "SELECT set_config('search_path', 'pg_catalog', false)",
        "SELECT pg_catalog.\"set_config\"('search_path', 'pg_catalog', false)",
        "SELECT set_config('search_path', 'pg_catalog', NOT true)",
        "SELECT U&\"set\\005fconfig\"('search_path', 'pg_catalog', false)",
        "WITH x AS (SELECT set_config('search_path', 'pg_catalog', false)) SELECT * FROM x",
        "WITH x AS MATERIALIZED (SELECT pg_advisory_lock(7)) SELECT count(*) FROM x",
        "SELECT pg_try_advisory_lock(7)",
        "INSERT INTO lockers (label) SELECT set_config('search_path', 'pg_catalog', false)",
        "VALUES (pg_advisory_lock(8) IS NULL)",
        "SELECT query_to_xml('SELECT set_config(''search_path'', ''pg_catalog'', false)', true, true, '')",
        "SELECT setseed(0.5)",
        "CREATE TEMP TABLE lockers (id bigint)",
        "CREATE TABLE pg_temp.lockers (id bigint)",
        "CREATE TEMPORARY VIEW lockers AS SELECT 1 AS id",
        "SELECT 1 AS id INTO TEMP lockers",
        "SELECT 1 AS id INTO TEMPORARY TABLE lockers",
        "PREPARE p AS SELECT set_config('search_path', 'pg_catalog', false)",
        "DECLARE c CURSOR WITH HOLD FOR SELECT 1",
        "DISCARD PLANS",
        "DEALLOCATE ALL",
        "LOAD 'plpgsql'",
        "DO $$ BEGIN PERFORM set_config('search_path', 'pg_catalog', false); END $$",
        "SELECT 1; SET search_path = pg_catalog",
        "PREPARE q AS SELECT set_config('search_path', 'pg_catalog', false); EXECUTE q",
        "SET LOCAL statement_timeout = '1min'; SET statement_timeout = '1min'",
        "CREATE TABLE copies (id bigint); CREATE TEMP TABLE u AS SELECT 1 AS a",
    ],
    clean: &[
        "SELECT 1",
        "/* SET x */ SELECT 'SET', $$ set_config('a.b', 'c', false) $$",
        "SET LOCAL statement_timeout = '1min'",
        "SET CONSTRAINTS ALL DEFERRED",
        "SELECT set_config('a.b', 'c', true)",
        "SELECT pg_advisory_xact_lock(7)",
        "CREATE TABLE temporary_lockers (temp text)",
        "INSERT INTO temporary_lockers VALUES ('a')",
        "WITH x AS (DELETE FROM temporary_lockers RETURNING *) SELECT * FROM x",
        "COMMENT ON TABLE temporary_lockers IS 'SET'",
        "SELECT temp INTO other_lockers FROM temporary_lockers",
        "DROP TABLE temporary_lockers, other_lockers",
        "EXPLAIN ANALYZE SELECT * FROM lockers",
        "SHOW search_path",
    ],
    fragment: Some("set_config('search_path', 'pg_catalog', false)"),
};

const MYSQL: Texts = Texts {
    changing: &[
        "SET sql_mode = ''",
        "SET SESSION sql_select_limit = 1",
        "SET LOCAL sql_select_limit = 1",
        "SET @@session.sql_select_limit = 1",
        "SET NAMES latin1",
        "SET @a = 1",
        "/*!40101 SET sql_select_limit = 1 */",
        "# a\n-- b\n/* c */ SET time_zone = '+09:00'",
        "SELECT @a := 1",
        "SELECT (@a:=1)",
        "SELECT 1 INTO @a",
        "UPDATE lockers SET id = (@a := id)",
        "SELECT GET_LOCK('lockers', 1)",
        "SELECT `get_lock` ('lockers', 1)",
        "SELECT 1 FROM lockers WHERE GET_LOCK('lockers', 1) = 1 UNION SELECT GET_LOCK('lockers', 1)",
        "DO GET_LOCK('lockers', 1)",
        "CREATE TEMPORARY TABLE lockers (id INT)",
        "CREATE /* a */ TEMPORARY /* b */ TABLE IF NOT EXISTS lockers (id INT)",
        "PREPARE p FROM 'SET sql_select_limit = 1'",
        "PREPARE p FROM 'SET sql_select_limit = 1'; EXECUTE p",
        "HANDLER lockers OPEN",
        "USE mysql",
        "CALL nothing()",
        "FLUSH TABLES",
        "SELECT 1; SET sql_select_limit = 1",
        "INSERT INTO lockers (label) VALUES ('b'); CREATE TEMPORARY TABLE u (a INT)",
    ],
    clean: &[
        "SELECT 1",
        "SELECT '@a := 1', `label` FROM lockers -- SET a\n",
        "SELECT @@session.sql_mode, @a",
        "CREATE TABLE temporary_lockers (temp TEXT)",
        "INSERT INTO temporary_lockers VALUES ('a')",
        "REPLACE INTO temporary_lockers VALUES ('a')",
        "WITH x AS (SELECT 1 AS a) SELECT * FROM x",
        "TRUNCATE temporary_lockers",
        "ANALYZE TABLE lockers",
        "ALTER TABLE temporary_lockers ADD COLUMN a INT",
        "DROP TABLE temporary_lockers",
        "SHOW TABLES",
        "DESCRIBE lockers",
        "EXPLAIN SELECT * FROM lockers",
    ],
    fragment: Some("(@a := 1)"),
};

fn texts(db: &Database) -> &'static Texts {
    match db.profile().name() {
        "sqlite" => &SQLITE,
        "postgres" => &POSTGRES,
        _ => &MYSQL,
    }
}

/// Writes a row by a statement of the library, and returns what tells the session of the pool from its next one.
async fn session(db: &Database, name: &str) -> Result<String> {
    let ask = match db.profile().name() {
        // Each session counts the rows that it has changed. Only the first insert of a session returns 1.
        "sqlite" => "SELECT CAST(total_changes() > 1 AS TEXT)",
        "postgres" => "SELECT pg_backend_pid()::text",
        _ => "SELECT CAST(connection_id() AS CHAR)",
    };
    with_connection(name, async || Locker { label: "a".into(), ..Locker::default() }.insert().await).await?;
    connection(name)?.query(ask, []).await?[0].get(0)
}

/// Whether the pool has another session after `work`, whatever it returns.
async fn ends_session<T>(db: &Database, name: &str, work: impl AsyncFnOnce() -> Result<T>) -> Result<bool> {
    session(db, name).await?;
    let before = session(db, name).await?;
    work().await.ok();
    Ok(session(db, name).await? != before)
}

#[tokio::test]
async fn statements_that_change_it_end_it() -> Result<()> {
    let (db, name) = lockers().await?;
    let texts = texts(&db);
    let cases = texts.changing.iter().map(|text| (*text, true)).chain(texts.clean.iter().map(|text| (*text, false)));
    for (text, expected) in cases {
        let executed = ends_session(&db, &name, async || connection(&name)?.execute(text, []).await).await?;
        assert_eq!(executed, expected, "execute {text}");
    }
    // The other ways to run a text: a few are enough, because a new session takes a while.
    let some = texts.changing.iter().step_by(5).map(|text| (*text, true)).chain([("SELECT 1", false)]);
    for (text, expected) in some {
        let queried = ends_session(&db, &name, async || connection(&name)?.query(text, []).await).await?;
        assert!(queried == expected || (text.contains(';') && !queried), "query {text}");
        let raw = ends_session(&db, &name, async || Locker::raw_query(text, []).using(&name).all().await).await?;
        assert!(raw == expected || (text.contains(';') && !raw), "raw_query {text}");
    }
    Ok(())
}

/// In a transaction and in a savepoint, committed, rolled back and dropped.
#[tokio::test]
async fn in_a_transaction_they_end_it_with_the_transaction() -> Result<()> {
    let (db, name) = lockers().await?;
    let texts = texts(&db);
    for (text, expected) in [(texts.changing[0], true), (texts.clean[1], false)] {
        let run = async || connection(&name)?.execute(text, []).await.map(drop);
        for commits in [true, false] {
            let end = if commits { Ok(()) } else { Err(Error::invalid("no")) };
            let ended = ends_session(&db, &name, async || {
                transaction(&name, async || {
                    run().await?;
                    // The statement's effect lasts until the end of the transaction.
                    connection(&name)?.query("SELECT 1", []).await?;
                    end
                })
                .await
            });
            assert_eq!(ended.await?, expected, "{text}, commits: {commits}");
        }
        let nested = ends_session(&db, &name, async || {
            transaction(&name, async || {
                transaction(&name, run).await?;
                connection(&name)?.query("SELECT 1", []).await.map(drop)
            })
            .await
        });
        assert_eq!(nested.await?, expected, "{text} in a savepoint");
    }
    Ok(())
}

#[tokio::test]
async fn parts_of_queries_end_it_too() -> Result<()> {
    let (db, name) = lockers().await?;
    let Some(fragment) = texts(&db).fragment else { return Ok(()) };
    let filtered = ends_session(&db, &name, async || {
        Locker::using(&name).filter_raw(format!("{fragment} IS NOT NULL"), []).count().await
    });
    assert!(filtered.await?);
    let selected = ends_session(&db, &name, async || {
        let fragment = raw::<String>(fragment, []);
        Locker::using(&name).select((fragment,)).stream().next().await
    });
    assert!(selected.await?);
    let harmless = Locker::using(&name).filter_raw("label = ?", ["set_config("]);
    assert!(!ends_session(&db, &name, async || harmless.count().await).await?);
    Ok(())
}
