//! Statements: outcomes, rows, scripts, and refused texts.

use activerecord_core::sql::{Access, Sql};
use activerecord_core::{Error, ErrorKind, Flow, RowRef, ToValue, Value, params};

use crate::support::*;

const TABLE: &str = "CREATE TABLE t (id BIGINT PRIMARY KEY AUTO_INCREMENT, n INT NOT NULL UNIQUE, s TEXT)";

#[test]
fn outcomes_have_the_number_of_rows_and_the_first_key() {
    on_each_server(async |server| {
        let mut c = server.connect().await;
        assert_eq!(run(&mut c, TABLE).await.unwrap().rows, 0);
        let insert = execute(&mut c, "INSERT INTO t (n, s) VALUES (?, ?)", params![1, "a"]).await.unwrap();
        assert_eq!((insert.rows, insert.last_insert_id), (1, Some(1)));
        let several = run(&mut c, "INSERT INTO t (n) VALUES (2), (3)").await.unwrap();
        assert_eq!((several.rows, several.last_insert_id), (2, Some(2)));
        let nothing = run(&mut c, "UPDATE t SET n = n, s = 'a' WHERE n = 1").await.unwrap();
        assert_eq!((nothing.rows, nothing.last_insert_id), (1, None), "an update that changes nothing counts");
        assert_eq!(run(&mut c, "UPDATE t SET s = 'b'").await.unwrap().rows, 3);
        assert_eq!(run(&mut c, "SELECT * FROM t").await.unwrap().rows, 0);
        assert_eq!(run(&mut c, "DELETE FROM t WHERE n > 1").await.unwrap().rows, 2);
        assert_eq!(run(&mut c, "DELETE FROM t WHERE n > 1").await.unwrap().rows, 0);
        let read = Sql::new("INSERT INTO t (n) VALUES (9)", vec![], Access::Read);
        assert_eq!(c.execute(&read).await.unwrap().rows, 1, "the database determines the access");
        assert!(c.is_reusable());
    });
}

#[test]
fn an_upsert_returns_no_generated_key() {
    on_each_server(async |server| {
        let mut c = server.connect().await;
        run(&mut c, TABLE).await.unwrap();
        let upsert = "INSERT INTO t (n, s) VALUES (?, ?) ON DUPLICATE KEY UPDATE s = VALUES(s)";
        let inserted = execute(&mut c, upsert, params![1, "a"]).await.unwrap();
        assert_eq!((inserted.rows, inserted.last_insert_id), (1, Some(1)));
        assert_eq!(execute(&mut c, upsert, params![1, "b"]).await.unwrap().rows, 2);
        assert_eq!(execute(&mut c, upsert, params![1, "b"]).await.unwrap().rows, 1);
        assert_eq!(one::<String>(&mut c, "SELECT s FROM t").await.unwrap(), "b");
    });
}

#[test]
fn mariadb_returns_what_it_inserted() {
    on_each_server(async |server| {
        let mut c = server.connect().await;
        run(&mut c, TABLE).await.unwrap();
        assert_eq!(c.capabilities().insert_returning, server.is_mariadb());
        if !server.is_mariadb() {
            return;
        }
        let returned = rows(&mut c, "INSERT INTO t (n) VALUES (5), (6) RETURNING id, n", vec![]).await.unwrap();
        assert_eq!(returned.len(), 2);
        assert_eq!((returned[1].get::<i64>("id").unwrap(), returned[1].get::<i64>("n").unwrap()), (2, 6));
        let delete = run(&mut c, "DELETE FROM t RETURNING id").await.unwrap();
        assert_eq!(delete.rows, 2);
    });
}

#[test]
fn a_sinks_error_is_returned_as_it_is() {
    on_each_server(async |server| {
        let mut c = server.connect().await;
        let select = sql("SELECT 1 UNION SELECT 2 UNION SELECT 3", vec![]);
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
    });
}

#[test]
fn a_read_of_one_row_ends_after_it() {
    on_each_server(async |server| {
        let mut c = server.connect().await;
        let select = Sql::new("SELECT 1 UNION SELECT 2", vec![], Access::Read).one_row();
        let mut seen = 0;
        let mut count = |_: &dyn RowRef| {
            seen += 1;
            Ok(Flow::More)
        };
        c.fetch(&select, &mut count).await.unwrap();
        assert_eq!(seen, 1);
        assert!(c.is_reusable());
    });
}

#[test]
fn many_unwanted_rows_are_not_read() {
    on_each_server(async |server| {
        let mut c = server.connect().await;
        run(&mut c, TABLE).await.unwrap();
        fill(&mut c, 5000).await;
        let select = Sql::new("SELECT * FROM t", vec![], Access::Read);
        let mut stop = |_: &dyn RowRef| Ok(Flow::Stop);
        begin(&mut c).await.unwrap();
        c.fetch(&select, &mut stop).await.unwrap();
        assert_eq!(one::<i64>(&mut c, "SELECT count(*) FROM t").await.unwrap(), 5000, "the transaction continues");
        rollback(&mut c).await.unwrap();
        assert!(c.is_reusable());
        c.fetch(&select, &mut stop).await.unwrap();
        assert!(!c.is_reusable());
    });
}

pub(crate) async fn fill(c: &mut Conn, rows: u32) {
    let text = format!("INSERT INTO t (n, s) VALUES (?, 'text'){}", ", (?, 'text')".repeat(rows as usize - 1));
    execute(c, &text, (0..rows).map(|n| n.to_value()).collect()).await.unwrap();
}

#[test]
fn a_pause_returns_pending_once() {
    on_each_server(async |server| {
        let mut c = server.connect().await;
        let select = sql("SELECT 1 UNION SELECT 2 UNION SELECT 3", vec![]);
        let mut seen = 0;
        let mut pause = |_: &dyn RowRef| {
            seen += 1;
            Ok(Flow::Pause)
        };
        unpaused(c.fetch(&select, &mut pause)).await.unwrap();
        assert_eq!(seen, 3);
    });
}

#[test]
fn columns_have_names_and_an_end() {
    on_each_server(async |server| {
        let mut c = server.connect().await;
        let select = sql("SELECT 1 AS a, 'x' AS `b c`", vec![]);
        let mut seen = 0;
        let mut check = |row: &dyn RowRef| {
            seen += 1;
            assert_eq!((row.len(), row.column_name(0), row.column_name(1), row.column_name(2)), (2, "a", "b c", ""));
            assert_eq!(row.value(2).unwrap_err().kind(), ErrorKind::Conversion);
            Ok(Flow::More)
        };
        c.fetch(&select, &mut check).await.unwrap();
        assert_eq!(seen, 1);
    });
}

#[test]
fn a_cached_statement_follows_the_schema() {
    on_each_server(async |server| {
        let mut c = server.connect().await;
        run(&mut c, "CREATE TABLE t (a INT)").await.unwrap();
        run(&mut c, "INSERT INTO t VALUES (1)").await.unwrap();
        assert_eq!(rows(&mut c, "SELECT * FROM t", vec![]).await.unwrap()[0].values().len(), 1);
        run(&mut c, "ALTER TABLE t ADD COLUMN b INT DEFAULT 2").await.unwrap();
        let row = rows(&mut c, "SELECT * FROM t", vec![]).await.unwrap().remove(0);
        assert_eq!((row.values().len(), row.get::<i64>("b").unwrap()), (2, 2));
        run(&mut c, "DROP TABLE t").await.unwrap();
        let error = rows(&mut c, "SELECT * FROM t", vec![]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidStatement);
    });
}

#[test]
fn more_texts_than_the_cache_keeps() {
    on_each_server(async |server| {
        let mut c = server.with(|config| config.option("statement_cache_capacity", "5")).connect().await.unwrap();
        for round in 0..2 {
            for n in 0..20_i64 {
                assert_eq!(one::<i64>(&mut c, &format!("SELECT {n}")).await.unwrap(), n, "round {round}");
            }
        }
    });
}

#[test]
fn binds_are_counted() {
    on_each_server(async |server| {
        let mut c = server.connect().await;
        for (text, binds) in [("SELECT ?", vec![]), ("SELECT ?, ?", params![1]), ("SELECT 1", params![1, 2])] {
            let error = rows(&mut c, text, binds).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidStatement);
            assert!(error.message().contains("placeholders"), "{error}");
            assert_eq!(error.sql(), Some(text));
            assert!(c.is_reusable());
        }
    });
}

#[test]
fn texts_without_one_statement_are_refused() {
    on_each_server(async |server| {
        let mut c = server.connect().await;
        run(&mut c, "CREATE TABLE t (a INT)").await.unwrap();
        for text in [
            "SELEC 1",
            "SELECT * FROM missing",
            "SELECT missing FROM t",
            "SELECT missing()",
            "",
            "  -- nothing\n",
            "SELECT 1; SELECT 2",
            "SELECT a FROM t GROUP BY 1 HAVING missing",
        ] {
            let error = rows(&mut c, text, vec![]).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidStatement, "{text}: {error}");
            assert!(c.is_reusable(), "{text}");
        }
        assert_eq!(one::<i64>(&mut c, "SELECT 1; -- the end\n /* really */ ").await.unwrap(), 1);
    });
}

#[test]
fn statements_that_change_the_session_are_refused() {
    on_each_server(async |server| {
        let mut c = server.connect().await;
        run(&mut c, TABLE).await.unwrap();
        for text in ["BEGIN", "  commit", "-- a\nROLLBACK", "SAVEPOINT a", "SELECT 1; BEGIN; SELECT 2", "XA START 'a'"]
        {
            let error = run(&mut c, text).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidStatement, "{text}");
            assert!(c.is_reusable(), "{text}");
        }
        assert!(run(&mut c, "LOCK TABLES t READ").await.unwrap_err().is_unsupported());
        begin(&mut c).await.unwrap();
        run(&mut c, "INSERT INTO t (n) VALUES (1)").await.unwrap();
        for text in
            ["CREATE TABLE u (a INT)", "SELECT 1; DROP TABLE t", "truncate t", "/*!40000 ALTER TABLE t FORCE */"]
        {
            let error = run(&mut c, text).await.unwrap_err();
            assert!(error.is_unsupported() && error.message().contains("implicit commit"), "{text}: {error}");
        }
        run(&mut c, "CREATE TEMPORARY TABLE temporary (a INT)").await.unwrap();
        rollback(&mut c).await.unwrap();
        assert_eq!(one::<i64>(&mut c, "SELECT count(*) FROM t").await.unwrap(), 0);
    });
}

#[test]
fn a_script_runs_as_a_whole_or_not_at_all() {
    on_each_server(async |server| {
        let mut c = server.connect().await;
        run(&mut c, TABLE).await.unwrap();
        let script = "INSERT INTO t (n, s) VALUES (1, 'a;b'), (2, 'c'); # a comment; with a semicolon
             UPDATE t SET s = 'x' WHERE n = 2; SELECT * FROM t;";
        let outcome = run(&mut c, script).await.unwrap();
        assert_eq!((outcome.rows, outcome.last_insert_id), (3, None));
        let broken = "INSERT INTO t (n) VALUES (3); SELECT 1; INSERT INTO t (n) VALUES (1)";
        let error = run(&mut c, broken).await.unwrap_err();
        assert!(error.is_unique_violation() && error.message().contains("statement 3"), "{error}");
        assert!(c.is_reusable());
        assert_eq!(one::<i64>(&mut c, "SELECT count(*) FROM t").await.unwrap(), 2);

        begin(&mut c).await.unwrap();
        run(&mut c, "INSERT INTO t (n) VALUES (4)").await.unwrap();
        run(&mut c, broken).await.unwrap_err();
        run(&mut c, "INSERT INTO t (n) VALUES (5); INSERT INTO t (n) VALUES (6)").await.unwrap();
        commit(&mut c).await.unwrap();
        assert_eq!(one::<i64>(&mut c, "SELECT sum(n) FROM t").await.unwrap(), 1 + 2 + 4 + 5 + 6);
        let error = execute(&mut c, "INSERT INTO t (n) VALUES (?); SELECT 1", params![7]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidStatement);
    });
}

#[test]
fn a_script_of_definitions() {
    on_each_server(async |server| {
        let mut c = server.connect().await;
        let script = "CREATE TABLE a (id INT PRIMARY KEY); CREATE TABLE b (id INT, FOREIGN KEY (id) REFERENCES a (id));
             INSERT INTO a VALUES (1); INSERT INTO b VALUES (1);
             CREATE PROCEDURE p() BEGIN INSERT INTO a VALUES (2); INSERT INTO a VALUES (3); END";
        assert_eq!(run(&mut c, script).await.unwrap().rows, 2);
        run(&mut c, "CALL p()").await.unwrap();
        assert_eq!(one::<i64>(&mut c, "SELECT sum(id) FROM a").await.unwrap(), 6);
        let error = run(&mut c, "CREATE TABLE d (id INT); INSERT INTO a VALUES (1)").await.unwrap_err();
        assert!(error.is_unique_violation() && error.message().contains("statement 2"), "{error}");
        assert_eq!(
            one::<i64>(&mut c, "SELECT count(*) FROM d").await.unwrap(),
            0,
            "the statements before the error keep their effect"
        );
    });
}

#[test]
fn statements_that_cannot_be_prepared_are_sent_as_text() {
    on_each_server(async |server| {
        let mut c = server.connect().await;
        run(&mut c, TABLE).await.unwrap();
        fill(&mut c, 3).await;
        for text in ["SHOW TABLES", "CHECK TABLE t", "EXPLAIN SELECT * FROM t", "XA RECOVER", "HANDLER t OPEN"] {
            rows(&mut c, text, vec![]).await.unwrap_or_else(|error| panic!("{text}: {error}"));
        }
    });
}

#[test]
fn as_many_values_as_the_server_accepts() {
    on_each_server(async |server| {
        let mut c = server.connect().await;
        run(&mut c, "CREATE TABLE t (a INT, b INT)").await.unwrap();
        let most = c.capabilities().max_binds / 2;
        let text = format!("INSERT INTO t VALUES (?, ?){}", ", (?, ?)".repeat(most - 1));
        let binds: Vec<Value> = (0..).map(Value::I64).take(2 * most).collect();
        for _ in 0..2 {
            assert_eq!(execute(&mut c, &text, binds.clone()).await.unwrap().rows, most as u64);
        }
        assert!(c.is_reusable());
    });
}

/// The SQL that the dialect in core uses.
#[test]
fn the_servers_accept_the_dialects_sql() {
    on_each_server(async |server| {
        let mut c = server.connect().await;
        run(&mut c, "CREATE TABLE t (id INT PRIMARY KEY, s VARCHAR(20), l VARCHAR(20) CHARACTER SET latin1)")
            .await
            .unwrap();
        run(&mut c, "INSERT INTO t VALUES (1, 'aé', 'aé'), (2, 'Aé', 'Aé'), (3, 'b', 'b')").await.unwrap();
        for column in ["s", "l"] {
            for (pattern, found) in [("a_", 1), ("A%", 1), ("%é", 2), ("a", 0)] {
                let text = format!("SELECT id FROM t WHERE `{column}` LIKE ? COLLATE utf8mb4_bin");
                let rows = rows(&mut c, &text, params![pattern]).await.unwrap();
                assert_eq!(rows.len(), found, "{column} LIKE {pattern}");
            }
        }
        let limited = "SELECT id FROM t WHERE id IN (SELECT * FROM (SELECT id FROM t ORDER BY id LIMIT ?) AS `source`)";
        assert_eq!(rows(&mut c, limited, params![2_i64]).await.unwrap().len(), 2);
        for text in ["UPDATE t SET s = 'c'", "DELETE FROM t"] {
            let text = format!("{text} WHERE id IN (SELECT * FROM (SELECT id FROM t WHERE id > ?) AS `source`)");
            assert_eq!(execute(&mut c, &text, params![1]).await.unwrap().rows, 2);
        }
    });
}

#[test]
fn long_statements_need_limited_memory() {
    on_each_server(async |server| {
        let mut c = server.connect().await;
        run(&mut c, "CREATE TABLE t (n INT)").await.unwrap();
        for number in 0..40 {
            let insert = format!("INSERT INTO t VALUES (?){} -- {number}", ",(?)".repeat(10_000));
            assert_eq!(execute(&mut c, &insert, vec![Value::I32(1); 10_001]).await.unwrap().rows, 10_001);
        }
        let counted = rows(&mut c, "SHOW SESSION STATUS LIKE 'Com_stmt_%'", vec![]).await.unwrap();
        let count = |name: &str| {
            let row = counted.iter().find(|row| row.get::<String>(0).unwrap() == name).unwrap();
            row.get::<String>(1).unwrap().parse::<i32>().unwrap()
        };
        let open = count("Com_stmt_prepare") - count("Com_stmt_close");
        assert!((1..20).contains(&open), "{open} statements are prepared");
    });
}
