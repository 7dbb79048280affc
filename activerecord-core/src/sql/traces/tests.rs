use super::super::scan::scan;
use super::*;
use crate::{MYSQL, POSTGRESQL, SQLITE};

type Row = (&'static [&'static Dialect], bool, &'static str);

const ALL: &[&Dialect] = &[&SQLITE, &POSTGRESQL, &MYSQL];
const LITE: &[&Dialect] = &[&SQLITE];
const PG: &[&Dialect] = &[&POSTGRESQL];
const MY: &[&Dialect] = &[&MYSQL];

const CHANGES: bool = true;
const CLEAN: bool = false;

fn changes(text: &str, dialect: &Dialect, new: fn(&Dialect) -> Traces<'_>) -> bool {
    let mut traces = new(dialect);
    scan(text, dialect).for_each(|token| traces.see(token));
    traces.found()
}

#[test]
fn statements() {
    let rows: &[Row] = &[
        (ALL, CLEAN, "SELECT 1"),
        (ALL, CLEAN, "  -- SET x = 1\n /* PRAGMA x = 1 */ select 'SET'"),
        (ALL, CLEAN, "(SELECT 1) UNION (SELECT 2)"),
        (ALL, CLEAN, "WITH x AS (SELECT 1) SELECT * FROM x"),
        (ALL, CLEAN, "INSERT INTO temp (a) VALUES ('get_lock(')"),
        (ALL, CLEAN, "INSERT INTO temporary_readings SELECT a INTO_b FROM t"),
        (ALL, CLEAN, "UPDATE t SET a = 1 WHERE b = ?"),
        (ALL, CLEAN, "DELETE FROM t; INSERT INTO t VALUES (1);"),
        (ALL, CLEAN, "CREATE TABLE readings (temp REAL, local TEXT)"),
        (ALL, CLEAN, "CREATE TABLE temperatures (a INTEGER)"),
        (ALL, CLEAN, "DROP TABLE IF EXISTS t"),
        (ALL, CLEAN, "ALTER TABLE t ADD COLUMN a INTEGER"),
        (ALL, CLEAN, "EXPLAIN SELECT 1"),
        (ALL, CLEAN, ""),
        (ALL, CHANGES, "CREATE TEMPORARY TABLE t (a INTEGER)"),
        (ALL, CHANGES, "create /* a */ temporary\ntable t (a INTEGER)"),
        (ALL, CHANGES, "SELECT 1; CREATE TEMPORARY VIEW v AS SELECT 1"),
        (ALL, CHANGES, "SOMETHING NEW"),
        (ALL, CHANGES, "; ; UNKNOWN"),
        (ALL, CHANGES, "1"),
        // SQLite.
        (LITE, CLEAN, "PRAGMA table_info(t)"),
        (LITE, CLEAN, "PRAGMA main.table_info(\"t\")"),
        (LITE, CLEAN, "PRAGMA query_only"),
        (LITE, CLEAN, "pragma integrity_check"),
        (LITE, CLEAN, "PRAGMA user_version = 3"),
        (LITE, CLEAN, "PRAGMA main.application_id(7)"),
        (LITE, CHANGES, "PRAGMA user_version = 3; PRAGMA query_only = 1"),
        (LITE, CLEAN, "VACUUM INTO 'copy.db'"),
        (LITE, CLEAN, "CREATE TRIGGER a AFTER INSERT ON t BEGIN UPDATE t SET a = 1; END"),
        (LITE, CHANGES, "PRAGMA query_only = 1"),
        (LITE, CHANGES, "PRAGMA query_only=ON"),
        (LITE, CHANGES, "PRAGMA main.cache_size(5)"),
        (LITE, CHANGES, "PRAGMA \"foreign_keys\"(0)"),
        (LITE, CHANGES, "-- a\nPRAGMA/**/case_sensitive_like/**/=/**/1"),
        (LITE, CHANGES, "SELECT 1; PRAGMA foreign_keys = 0"),
        (LITE, CHANGES, "ATTACH 'x.db' AS x"),
        (LITE, CHANGES, "DETACH x"),
        (LITE, CHANGES, "CREATE TEMP TABLE t (a)"),
        (LITE, CHANGES, "CREATE TABLE temp.t (a)"),
        (LITE, CHANGES, "CREATE TABLE IF NOT EXISTS [temp].t AS SELECT 1"),
        (LITE, CHANGES, "CREATE TRIGGER \"TEMP\" . a AFTER INSERT ON t BEGIN SELECT 1; END"),
        (LITE, CHANGES, "SELECT load_extension('x')"),
        // PostgreSQL.
        (PG, CLEAN, "SET LOCAL statement_timeout = 1"),
        (PG, CLEAN, "set constraints all deferred"),
        (PG, CLEAN, "SELECT set_config('a.b', ?, true)"),
        (PG, CLEAN, "SELECT set_config('a.b', (SELECT max(a) FROM t), TRUE /* for now */)"),
        (PG, CLEAN, "SELECT pg_advisory_xact_lock(1)"),
        (PG, CLEAN, "SELECT set_config FROM settings"),
        (PG, CLEAN, "SELECT $$ set_config('a', 'b', false) $$"),
        (PG, CLEAN, "SELECT a INTO new_table FROM t"),
        (PG, CLEAN, "MERGE INTO temp USING u ON true WHEN MATCHED THEN DELETE"),
        (PG, CLEAN, "TABLE t"),
        (PG, CLEAN, "COMMENT ON TABLE t IS 'SET'"),
        (PG, CLEAN, "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $f$ BEGIN PERFORM 1; END $f$"),
        (PG, CHANGES, "SET search_path = other"),
        (PG, CHANGES, "SET SESSION search_path TO other"),
        (PG, CHANGES, "set/**/role/**/other"),
        (PG, CHANGES, "SET LOCAL a.b = 1; SET a.b = 1"),
        (PG, CHANGES, "RESET ALL"),
        (PG, CHANGES, "DISCARD PLANS"),
        (PG, CHANGES, "LOAD 'auto_explain'"),
        (PG, CHANGES, "PREPARE p AS SELECT 1"),
        (PG, CHANGES, "EXECUTE p"),
        (PG, CHANGES, "EXPLAIN ANALYZE EXECUTE p"),
        (PG, CHANGES, "EXPLAIN (ANALYZE) CREATE TEMP TABLE t AS SELECT 1"),
        (PG, CHANGES, "DEALLOCATE ALL"),
        (PG, CHANGES, "DECLARE c CURSOR WITH HOLD FOR SELECT 1"),
        (PG, CHANGES, "LISTEN a"),
        (PG, CHANGES, "LOCK TABLE t"),
        (PG, CHANGES, "CALL p()"),
        (PG, CHANGES, "DO $$ BEGIN END $$"),
        (PG, CHANGES, "CREATE LOCAL TEMP TABLE t (a int)"),
        (PG, CHANGES, "CREATE OR REPLACE TEMP VIEW v AS SELECT 1"),
        (PG, CHANGES, "CREATE TABLE pg_temp.t (a int)"),
        (PG, CHANGES, "CREATE FUNCTION \"pg_temp_3\".f() RETURNS int LANGUAGE sql AS 'SELECT 1'"),
        (PG, CHANGES, "SELECT 1 AS a INTO TEMP t"),
        (PG, CHANGES, "SELECT 1 AS a INTO LOCAL TEMPORARY TABLE t"),
        (PG, CHANGES, "WITH x AS (SELECT 1) SELECT * INTO pg_temp.t FROM x"),
        (PG, CHANGES, "SELECT set_config('a.b', 'c', false)"),
        (PG, CHANGES, "SELECT set_config('a.b', 'c', ?)"),
        (PG, CHANGES, "SELECT set_config('a.b', 'c', NOT true)"),
        (PG, CHANGES, "SELECT set_config('a.b', set_config('a.c', 'd', false), true)"),
        (PG, CHANGES, "WITH x AS (SELECT pg_catalog.\"set_config\" /* a */ ('a.b', 'c', false)) SELECT 1"),
        (PG, CHANGES, "SELECT U&\"set\\005fconfig\"('a.b', 'c', false)"),
        (PG, CHANGES, "UPDATE t SET a = 1 WHERE pg_try_advisory_lock(b)"),
        (PG, CHANGES, "SELECT query_to_xml('SELECT set_config(..)', true, true, '')"),
        // MySQL and MariaDB.
        (MY, CLEAN, "SELECT @@session.sql_mode, @a"),
        (MY, CLEAN, "SELECT 1 INTO OUTFILE 'a'"),
        (MY, CLEAN, "SELECT ':=', \"@a := 1\", `get_lock` FROM t"),
        (MY, CLEAN, "REPLACE INTO temp VALUES (1)"),
        (MY, CLEAN, "SHOW VARIABLES LIKE 'a%'"),
        (MY, CLEAN, "TRUNCATE t"),
        (MY, CHANGES, "SET @a = 1"),
        (MY, CHANGES, "SET LOCAL sql_mode = ''"),
        (MY, CHANGES, "/*!40101 SET NAMES latin1 */"),
        (MY, CHANGES, "/*M! SET @a = 1 */"),
        (MY, CHANGES, "# a\nset names latin1"),
        (MY, CHANGES, "SELECT @a := 1"),
        (MY, CHANGES, "UPDATE t SET a = (@a := @a + 1)"),
        (MY, CHANGES, "SELECT 1 INTO @a"),
        (MY, CHANGES, "SELECT GET_LOCK('a', 1)"),
        (MY, CHANGES, "SELECT `get_lock` ('a', 1)"),
        (MY, CHANGES, "SELECT 1 AS $a$, GET_LOCK('a', 1) AS $a$"),
        (MY, CHANGES, "USE other"),
        (MY, CHANGES, "DROP DATABASE other"),
        (MY, CHANGES, "LOCK TABLES t READ"),
        (MY, CHANGES, "FLUSH TABLES WITH READ LOCK"),
        (MY, CHANGES, "HANDLER t OPEN"),
        (MY, CHANGES, "CALL p()"),
        (MY, CHANGES, "DO SLEEP(0)"),
        (MY, CHANGES, "PREPARE p FROM 'SELECT 1'"),
        (MY, CHANGES, "EXECUTE IMMEDIATE 'SET @a = 1'"),
        (MY, CHANGES, "CREATE OR REPLACE TEMPORARY TABLE t (a INT)"),
        (MY, CHANGES, "CREATE /*!40000 TEMPORARY */ TABLE t (a INT)"),
        (MY, CHANGES, "SELECT 1; SET @a = 1"),
    ];
    for (dialects, expected, text) in rows {
        for dialect in *dialects {
            assert_eq!(changes(text, dialect, Traces::of_statements), *expected, "{text:?} in {}", dialect.name);
        }
    }
}

#[test]
fn fragments() {
    let rows: &[Row] = &[
        (ALL, CLEAN, "a = ? AND b IN (SELECT c FROM d)"),
        (ALL, CLEAN, "set + create"),
        (PG, CLEAN, "set_config('a.b', ?, true) = ''"),
        (PG, CHANGES, "set_config('a.b', ?, false) = ''"),
        (PG, CHANGES, "pg_advisory_lock(id) IS NULL"),
        (MY, CHANGES, "(@a := id) > 0"),
        (MY, CHANGES, "get_lock(name, 0) = 1"),
    ];
    for (dialects, expected, text) in rows {
        for dialect in *dialects {
            assert_eq!(changes(text, dialect, Traces::of_fragment), *expected, "{text:?} in {}", dialect.name);
        }
    }
}

#[test]
fn the_first_words_say_whether_tables_can_change() {
    let rows: &[Row] = &[
        (ALL, false, "SELECT 1"),
        (ALL, false, "/* DROP */ with a as (select 1) select * from a;"),
        (ALL, false, "(SELECT 1) UNION (SELECT 2)"),
        (ALL, false, "INSERT INTO t VALUES ('; DROP TABLE t'); -- ; DROP"),
        (ALL, false, ""),
        (ALL, false, ";"),
        (PG, false, "NOTIFY orders; TRUNCATE t; ANALYZE t"),
        (ALL, true, "create table t (a int)"),
        (ALL, true, "SELECT 1; ALTER TABLE t ADD b int"),
        (PG, true, "SELECT set_config('a.b', 'c', false); ALTER TABLE t ADD b int"),
        (ALL, true, "; DROP INDEX i"),
        (ALL, true, "CALL change()"),
        (ALL, true, "ATTACH 'a' AS b"),
        (MY, true, "/*!40000 ALTER TABLE t */"),
        (LITE, false, "PRAGMA user_version = 3; PRAGMA optimize"),
        (LITE, true, "PRAGMA writable_schema = 1"),
    ];
    for (dialects, expected, text) in rows {
        for dialect in *dialects {
            let mut traces = Traces::of_statements(dialect);
            scan(text, dialect).for_each(|token| traces.see(token));
            assert_eq!(traces.can_define(), *expected, "{text:?} in {}", dialect.name);
        }
    }
}
