//! No limit of a server cuts an answer in silence: it is lifted when a connection opens, or reaching it is an error.

use activerecord::ErrorKind;
use activerecord::prelude::*;
use activerecord::query::{count_rows, literal};

use test_support::Database;

#[derive(ActiveRecord, Clone, Debug, Default)]
struct Seed {
    id: i64,
}

#[derive(Cte, Debug)]
struct Number {
    n: i64,
}

async fn seeds() -> Result<Database> {
    let db = Database::new(["seeds (id ID)"]).await;
    with_connection(&db, async || Seed { id: 1 }.insert().await).await?;
    Ok(db)
}

/// MariaDB ends a recursive query after 1,000 rounds without an error.
#[tokio::test]
async fn a_recursive_query_goes_on_to_its_end() -> Result<()> {
    with_connection(&seeds().await?, async || {
        for most in [999, 1_000, 1_001, 5_000, 70_000] {
            let numbers = || {
                let step = Seed::query().join(Number::N.lt(most)).select((Number::N + 1,));
                Number::recursive(Seed::select((literal(1_i64),)), step)
            };
            assert_eq!(numbers().count().await?, u64::try_from(most).unwrap_or_default());
            let mut rows = numbers().stream();
            let mut last = 0;
            while let Some(number) = rows.next().await? {
                last = last.max(number.n);
            }
            assert_eq!(last, most);
        }
        let step = Seed::query().join(Number::N.lt(3_000)).select((Number::N + 1,));
        let numbers = Number::recursive(Seed::select((literal(1_i64),)), step);
        let counted = numbers.group_by(Number::N % 3).select((Number::N % 3, count_rows())).all().await?;
        assert_eq!(counted.iter().map(|(_, count)| count).sum::<u64>(), 3_000);
        Ok(())
    })
    .await
}

/// The settings of a session, and the values that lift a limit, whatever the server's are.
#[tokio::test]
async fn limits_of_the_session_are_lifted() -> Result<()> {
    let db = Database::new([]).await;
    let settings = match db.profile().name() {
        "sqlite" => Vec::new(),
        "postgres" => vec![
            ("current_setting('gin_fuzzy_search_limit')", "0"),
            ("current_setting('transform_null_equals')", "off"),
            ("current_setting('standard_conforming_strings')", "on"),
        ],
        server => {
            let own: &[(&str, &str)] = match server {
                "mariadb" => &[("@@max_recursive_iterations", "4294967295"), ("@@check_constraint_checks = 1", "1")],
                _ => &[("@@cte_max_recursion_depth", "4294967295")],
            };
            let both: &[(&str, &str)] = &[
                ("@@sql_select_limit", "18446744073709551615"),
                ("@@sql_big_selects = 1", "1"),
                ("@@group_concat_max_len", "1073741824"),
                ("@@sql_auto_is_null = 0", "1"),
                ("@@completion_type", "NO_CHAIN"),
                ("@@unique_checks = 1", "1"),
                ("@@foreign_key_checks = 1", "1"),
                ("@@autocommit = 1", "1"),
                ("LOCATE('STRICT_TRANS_TABLES', @@sql_mode) > 0", "1"),
                ("LOCATE('ORACLE', @@sql_mode) + LOCATE('NO_BACKSLASH_ESCAPES', @@sql_mode)", "0"),
            ];
            [own, both].concat()
        }
    };
    for (setting, expected) in settings {
        let rows = connection(&db)?.query(&format!("SELECT CONCAT({setting}, '')"), []).await?;
        assert_eq!(rows[0].get::<String>(0)?, *expected, "{setting}");
    }
    Ok(())
}

/// Long lists in one value. MySQL cuts them at 1,024 bytes.
#[tokio::test]
async fn a_list_of_values_is_whole() -> Result<()> {
    let db = Database::new(["words (id ID, word STRING NOT NULL)"]).await;
    let aggregates: &[&str] = match db.profile().name() {
        "sqlite" => &["group_concat(word)", "json_group_array(word)"],
        "postgres" => &["string_agg(word, ',')", "json_agg(word)::text"],
        _ => &["GROUP_CONCAT(word)", "CAST(JSON_ARRAYAGG(word) AS CHAR)"],
    };
    let primary = connection(&db)?;
    let rows = (1..=20_000).map(|id| format!("({id}, 'word-{id:06}')")).collect::<Vec<_>>().join(", ");
    primary.execute(&format!("INSERT INTO words (id, word) VALUES {rows}"), []).await?;
    for aggregate in aggregates {
        let list: String = primary.query(&format!("SELECT {aggregate} FROM words"), []).await?[0].get(0)?;
        assert_eq!(list.matches("word-").count(), 20_000, "{aggregate}: {} bytes", list.len());
    }
    Ok(())
}

/// Whatever a statement has too much of, the answer is right or an error.
#[tokio::test]
async fn a_statement_that_is_too_large_is_an_error_or_right() -> Result<()> {
    let db = seeds().await?;
    let primary = connection(&db)?;
    let deep = |depth: usize| format!("SELECT {}1{} AS n", "(".repeat(depth), ")".repeat(depth));
    let sum = |terms: usize| format!("SELECT {} AS n", vec!["1"; terms].join(" + "));
    let union =
        |terms: usize| format!("SELECT count(*) AS n FROM ({}) t", vec!["SELECT 1 AS a"; terms].join(" UNION ALL "));
    for (what, sql, expected) in [
        ("a union of 400", union(400), 400),
        ("a union of 3,000", union(3_000), 3_000),
        ("a sum of 900", sum(900), 900),
        ("a sum of 20,000", sum(20_000), 20_000),
        ("parentheses, 90 deep", deep(90), 1),
        ("parentheses, 5,000 deep", deep(5_000), 1),
    ] {
        match primary.query(&sql, []).await {
            Ok(rows) => assert_eq!(rows[0].get::<i64>("n")?, expected, "{what}"),
            Err(error) => {
                let kinds = [ErrorKind::InvalidStatement, ErrorKind::Unsupported, ErrorKind::Database];
                assert!(kinds.contains(&error.kind()) && expected > 500, "{what}: {error:?}");
            }
        }
        primary.query("SELECT 1", []).await?;
    }
    let binds = vec![activerecord::value::Value::I64(1); 70_000];
    let refused = Seed::using(&db).filter_raw(format!("id IN ({})", vec!["?"; binds.len()].join(", ")), binds).all();
    assert!(refused.await.unwrap_err().is_unsupported());
    Ok(())
}

/// PostgreSQL shortens names to 63 bytes: two tables, columns or indexes could become one.
#[tokio::test]
async fn a_long_name_is_kept_or_refused() -> Result<()> {
    use activerecord::statement::{Delete, FromItem, Select, Statement};

    let db = Database::new([]).await;
    let name = |last: &str| format!("{}{last}", "n".repeat(63));
    let primary = connection(&db)?;
    for statement in [
        Statement::Delete(Delete { table: name("a").into(), filter: None }),
        Statement::Select(Select::from(FromItem::Named(name("b").into()))),
    ] {
        let error = match statement {
            Statement::Select(select) => primary.read(select).await.unwrap_err(),
            statement => primary.write(statement).await.unwrap_err(),
        };
        assert!(error.is_unsupported() || error.kind() == ErrorKind::InvalidStatement, "{error:?}");
    }
    if primary.capabilities().notifications {
        let error = primary.listen(&name("c")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidStatement, "{error:?}");
        assert!(primary.notify(&name("c"), "").await.is_err());
    }
    Ok(())
}
