//! The names of triggers and functions belong to one table.

use activerecord::prelude::*;

use super::{databases, run, taken};

/// Tables whose names differ only in a character that is not a letter, after the length of a name, or, on PostgreSQL, in the
/// case: the catalog of MySQL and MariaDB cannot tell such tables apart.
#[tokio::test]
async fn similar_names_are_different_tables() -> Result<()> {
    let long = "a_table_with_a_very_long_name_that_fills_all_of_the_63_bytes_";
    let names = [format!("{long}1"), format!("{long}2"), "a_b".to_owned(), "a b".to_owned(), "a-b".to_owned()];
    let folded = ["Mixed".to_owned(), "mixed".to_owned()];
    for database in databases(["SELECT 1"; 3]).await? {
        let has_case = connection(&database)?.dialect().name() == "postgresql";
        let dotted = ["a.b".to_owned()];
        let names: Vec<_> = names.iter().chain(&dotted).chain(folded.iter().filter(|_| has_case)).collect();
        for name in &names {
            let create = format!("CREATE TABLE {} (id INTEGER PRIMARY KEY)", database.quoted(name));
            run(&database, &[&create]).await?;
        }
        for (number, name) in names.iter().enumerate() {
            Capture::install_table(&database, &one_part(name), Some(&format!("t{number}"))).await?;
        }
        for (number, name) in names.iter().enumerate() {
            run(&database, &[&format!("INSERT INTO {} VALUES (1)", database.quoted(name))]).await?;
            let topics: Vec<_> = taken(&database).await?.into_iter().map(|seen| seen.topic).collect();
            assert_eq!(topics, [format!("t{number}")], "{name}");
        }
        // The others keep their triggers.
        Capture::remove_table(&database, names[0]).await?;
        for name in &names {
            run(&database, &[&format!("INSERT INTO {} VALUES (2)", database.quoted(name))]).await?;
        }
        assert_eq!(taken(&database).await?.len(), names.len() - 1);
    }
    Ok(())
}

/// A dot in the name of a table separates no schema if the name is quoted.
fn one_part(name: &str) -> String {
    if name.contains('.') { format!("\"{name}\"") } else { name.to_owned() }
}

/// The same name in two schemas, and a table whose name is that of the other schema and table.
#[tokio::test]
async fn schemas_are_told_apart() -> Result<()> {
    let create = "CREATE TABLE t (id INTEGER PRIMARY KEY)";
    for database in databases(["", create, create]).await? {
        let other = format!("other_{}", fastrand::u32(..));
        let (near, far) = (format!("{other}_t"), format!("{other}.t"));
        let tables = ["t", &near, &far];
        run(&database, &[&format!("CREATE SCHEMA {other}")]).await?;
        for table in &tables[1..] {
            run(&database, &[&format!("CREATE TABLE {table} (id INTEGER PRIMARY KEY)")]).await?;
        }
        for (number, table) in tables.iter().enumerate() {
            Capture::install_table(&database, table, Some(&format!("t{number}"))).await?;
        }
        for (number, table) in tables.iter().enumerate() {
            run(&database, &[&format!("INSERT INTO {table} VALUES (1)")]).await?;
            let topics: Vec<_> = taken(&database).await?.into_iter().map(|seen| seen.topic).collect();
            assert_eq!(topics, [format!("t{number}")], "{table}");
        }
        Capture::remove_table(&database, &far).await?;
        run(&database, &[&format!("INSERT INTO {far} VALUES (2)"), "INSERT INTO t VALUES (2)"]).await?;
        assert_eq!(taken(&database).await?.len(), 1);
        run(&database, &[&format!("DROP TABLE {far}"), &format!("DROP SCHEMA {other}")]).await?;
    }
    Ok(())
}

/// An installation replaces the triggers of an earlier version, and those of the table's former name.
#[tokio::test]
async fn former_triggers_are_replaced() -> Result<()> {
    let create = "CREATE TABLE t (id INTEGER PRIMARY KEY)";
    for database in databases([create; 3]).await? {
        Capture::install_table(&database, "t", None).await?;
        run(&database, &["ALTER TABLE t RENAME TO u"]).await?;
        let former = match connection(&database)?.dialect().name() {
            "postgresql" => {
                "CREATE FUNCTION ar_insert_u() RETURNS trigger LANGUAGE plpgsql AS \
                 $$ BEGIN RAISE 'the former trigger fires'; END $$; \
                 CREATE TRIGGER ar_insert_u AFTER INSERT ON u FOR EACH ROW EXECUTE FUNCTION ar_insert_u()"
            }
            "sqlite" => {
                "CREATE TRIGGER ar_insert_u AFTER INSERT ON u BEGIN SELECT RAISE(ABORT, 'the former trigger fires'); END"
            }
            _ => "CREATE TRIGGER ar_insert_u AFTER INSERT ON u FOR EACH ROW SIGNAL SQLSTATE '45000'",
        };
        run(&database, &[former]).await?;
        Capture::install_table(&database, "u", None).await?;
        run(&database, &["INSERT INTO u VALUES (1)"]).await?;
        let topics: Vec<_> = taken(&database).await?.into_iter().map(|seen| seen.topic).collect();
        assert_eq!(topics, ["u_changes"]);
        Capture::remove_table(&database, "u").await?;
        run(&database, &["INSERT INTO u VALUES (2)"]).await?;
        assert_eq!(taken(&database).await?.len(), 0);
    }
    Ok(())
}
