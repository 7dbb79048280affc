//! Whole databases, tables without a key, and values that a target would change.

use activerecord::prelude::*;
use activerecord::sync::{Outcome, SyncDatabase, SyncTable};

use super::{Database, pairs, profiles};

async fn run(database: &Database, statements: &[&str]) -> Result<()> {
    for statement in statements {
        connection(database)?.execute(statement, []).await?;
    }
    Ok(())
}

async fn texts(database: &Database, sql: &str) -> Result<Vec<String>> {
    let rows = connection(database)?.query(sql, []).await?;
    rows.iter().map(|row| row.get(0)).collect()
}

/// The tables refer to each other in a cycle, and one to itself. Another one fails; the others are copied.
#[tokio::test]
async fn tables_are_copied_in_any_order() -> Result<()> {
    for (from, to) in pairs(&[], &[]).await? {
        run(
            &from,
            &[
                "CREATE TABLE teams (id int NOT NULL PRIMARY KEY, lead_id int)",
                "CREATE TABLE a_staff (id int NOT NULL PRIMARY KEY, team int REFERENCES teams (id), boss int REFERENCES a_staff (id))",
                "CREATE INDEX staff_by_team ON a_staff (team)",
                "INSERT INTO teams VALUES (1, 2), (2, 1)",
                "INSERT INTO a_staff VALUES (1, 1, NULL), (2, 2, NULL), (3, 1, 1)",
                "UPDATE a_staff SET boss = 2 WHERE id = 1",
                "CREATE VIEW leads AS SELECT lead_id FROM teams",
            ],
        )
        .await?;
        let job = SyncDatabase::new(&*from, &*to).each(|table| table.batch(2));
        let plan = job.plan().await?;
        assert_eq!(plan.tables.iter().map(|table| (table.rows, table.is_new)).collect::<Vec<_>>().len(), 2);
        let report = job.run().await?;
        let what = format!("from {} to {}: {report:?}", &*from, &*to);
        assert!(
            report.tables.iter().all(|table| table.outcome == Outcome::Copied && table.report.refused == 0),
            "{what}"
        );
        let views = report
            .left_out
            .iter()
            .filter(|left| left.what == "view" && !left.name.contains('.'))
            .map(|left| left.name.as_str());
        assert_eq!(views.collect::<Vec<_>>(), ["leads"], "{what}");
        assert!(!report.is_complete(), "{what}");
        // The database of the tests has the schemas of other tests, too.
        let compared = job.verify().await?.tables;
        assert!(compared.iter().all(|table| table.why.is_none() && table.differences.is_empty()), "{what}");
        let again = job.run().await?;
        assert!(again.tables.iter().all(|table| table.report.written == 0), "{what}");
        let table = connection(&to)?.describe("a_staff").await?.ok_or_else(|| Error::invalid("no a_staff"))?;
        assert!(table.indexes.iter().any(|index| index.columns().is_some_and(|columns| columns == ["team"])), "{what}");
    }
    Ok(())
}

#[tokio::test]
async fn a_failed_table_stops_no_other() -> Result<()> {
    for (from, to) in pairs(&["a (id ID)", "m (id ID, n I64)", "z (id ID)"], &["m (id ID)"]).await? {
        run(&from, &["INSERT INTO a (id) VALUES (1)", "INSERT INTO z (id) VALUES (1)"]).await?;
        let report = SyncDatabase::new(&*from, &*to).run().await?;
        let outcomes: Vec<_> = report.tables.iter().map(|table| (&*table.table, table.outcome)).collect();
        assert_eq!(outcomes, [("a", Outcome::Copied), ("m", Outcome::Failed), ("z", Outcome::Copied)], "{report:?}");
        assert!(report.tables[1].why.as_ref().is_some_and(|why| why.contains("no column `n`")), "{report:?}");
        assert_eq!(SyncTable::new("z", &*from, &*to).run().await?.unchanged, 1);
    }
    Ok(())
}

/// Rows that occur twice come twice, and a row that another program has written is not deleted.
#[tokio::test]
async fn a_table_without_a_key_is_replaced() -> Result<()> {
    for (from, to) in pairs(&["logs (n I64, what TEXT)"], &[]).await? {
        run(&from, &["INSERT INTO logs (n, what) VALUES (1, 'x'), (1, 'x'), (2, NULL)"]).await?;
        let job = SyncTable::new("logs", &*from, &*to);
        assert_eq!(job.run().await?.written, 3);
        assert!(job.verify().await?.is_empty());
        let again = job.run().await?;
        assert_eq!((again.written, again.unchanged), (0, 3), "{again:?}");
        run(&from, &["DELETE FROM logs WHERE n = 2", "INSERT INTO logs (n, what) VALUES (3, 'y')"]).await?;
        let differences = job.verify().await?;
        assert_eq!((differences.count, differences.target_rows), (2, 3), "{differences:?}");
        assert_eq!(job.run().await?.deleted, 3);
        assert!(job.verify().await?.is_empty());
        let other = Database::on(to.profile(), &["logs (n I64, what TEXT)"]).await?;
        run(&other, &["INSERT INTO logs (n, what) VALUES (9, 'mine')"]).await?;
        let error = SyncTable::new("logs", &*from, &*other).run().await.unwrap_err();
        assert!(error.to_string().contains("has 1 rows that this job has not written"), "{error}");
    }
    Ok(())
}

/// Keys that only differ by case or by blanks are two rows, or the second one is refused; it never overwrites the first.
#[tokio::test]
async fn keys_do_not_fold() -> Result<()> {
    for (from, to) in pairs(&["words (id STRING PRIMARY KEY, n I64)"], &[]).await? {
        let kept =
            run(&from, &["INSERT INTO words (id, n) VALUES ('a', 1)", "INSERT INTO words (id, n) VALUES ('A', 2)"])
                .await;
        if kept.is_err() {
            // The source itself takes both for one.
            continue;
        }
        let report = SyncTable::new("words", &*from, &*to).batch(1).run().await?;
        assert_eq!((report.written, report.refused), (2, 0), "from {} to {}: {report:?}", &*from, &*to);
    }
    for profile in profiles() {
        let (from, to) = (Database::on(profile, &[]).await?, Database::on(profile, &[]).await?);
        let (exact, folded) = match profile.name() {
            "postgres" => ("text", "text COLLATE ci"),
            "sqlite" => ("text", "text COLLATE NOCASE"),
            _ => ("varchar(20) COLLATE utf8mb4_bin", "varchar(20) COLLATE utf8mb4_general_ci"),
        };
        if profile.name() == "postgres" {
            run(&to, &["CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false)"])
                .await?;
        }
        run(&from, &[&format!("CREATE TABLE words (id {exact} PRIMARY KEY, n int)")]).await?;
        run(&to, &[&format!("CREATE TABLE words (id {folded} PRIMARY KEY, n int)")]).await?;
        run(&from, &["INSERT INTO words VALUES ('a', 1), ('A', 2), ('b', 3)"]).await?;
        for batch in [1, 10] {
            let report = SyncTable::new("words", &*from, &*to).batch(batch).run().await?;
            assert_eq!(report.refused, 1, "{}: {report:?}", profile.name());
            let words = texts(&to, "SELECT id FROM words ORDER BY n").await?;
            assert_eq!(words.len(), 2, "{}: {words:?}", profile.name());
        }
        assert_eq!(SyncTable::new("words", &*from, &*to).verify().await?.count, 1, "{}", profile.name());
    }
    Ok(())
}

/// A value that the column of the target would change is refused, and named.
#[tokio::test]
async fn no_value_is_changed() -> Result<()> {
    for profile in profiles() {
        let number = if profile.name() == "sqlite" { "decimal(40, 20)" } else { "decimal(12, 2)" };
        let from = Database::on(profile, &[]).await?;
        let to = Database::on(profile, &[]).await?;
        run(&from, &["CREATE TABLE sums (id int PRIMARY KEY, n decimal(30, 4))"]).await?;
        run(&to, &[&format!("CREATE TABLE sums (id int PRIMARY KEY, n {number})")]).await?;
        run(&from, &["INSERT INTO sums VALUES (1, '1.5'), (2, '2.1234'), (3, '12345678901234567890.5')"]).await?;
        let report = SyncTable::new("sums", &*from, &*to).run().await?;
        let refused: Vec<_> = report.bad_rows.iter().map(|row| row.key.as_str()).collect();
        // SQLite has made a float of the long number: the text of the float would not be one.
        let expected: &[&str] = if profile.name() == "sqlite" { &["id = 3"] } else { &["id = 2", "id = 3"] };
        assert_eq!(refused, expected, "{}: {report:?}", profile.name());
    }
    Ok(())
}

/// A row with the key zero is the same row after a change. MySQL and MariaDB would generate another key for it.
#[tokio::test]
async fn the_key_zero_stays() -> Result<()> {
    for (from, to) in pairs(&["marks (id ID, n I64)"], &["marks (id ID, n I64)"]).await? {
        run(&from, &["INSERT INTO marks (id, n) VALUES (7, 1)", "UPDATE marks SET id = 0"]).await?;
        let job = SyncTable::new("marks", &*from, &*to);
        for n in ["1", "2"] {
            run(&from, &[&format!("UPDATE marks SET n = {n}")]).await?;
            assert_eq!(job.run().await?.written, 1, "from {} to {}", &*from, &*to);
            assert!(job.verify().await?.is_empty(), "from {} to {}", &*from, &*to);
            let rows = connection(&to)?.query("SELECT id, n FROM marks", []).await?;
            assert_eq!((rows.len(), rows[0].get::<i64>(0)?), (1, 0), "from {} to {}", &*from, &*to);
        }
    }
    Ok(())
}

/// A target that was dropped, made again, or emptied is copied from the beginning.
#[tokio::test]
async fn a_checkpoint_belongs_to_its_table() -> Result<()> {
    for (from, to) in pairs(&["visits (id ID, at STRING NOT NULL)"], &[]).await? {
        for day in 1..=5 {
            run(&from, &[&format!("INSERT INTO visits (at) VALUES ('2013-01-0{day} 05:00:00')")]).await?;
        }
        let job = SyncTable::new("visits", &*from, &*to).since("at");
        assert_eq!(job.run().await?.written, 5);
        for change in ["DROP TABLE visits", "DELETE FROM visits"] {
            run(&to, &[change]).await?;
            assert_eq!(job.run().await?.written, 5, "{change}, from {} to {}", &*from, &*to);
        }
    }
    Ok(())
}
