//! Tests the program by calls of its binary.

use std::path::Path;
use std::process::{Command, Output};

use activerecord::outbox::{Task, permanent};
use activerecord::prelude::*;
use activerecord::queue::SqlQueue;
use activerecord::saga::StepContext;

fn call(folder: &Path, arguments: &[&str]) -> Output {
    let output =
        Command::new(env!("CARGO_BIN_EXE_activerecord")).args(arguments).current_dir(folder).env_clear().output();
    output.unwrap_or_else(|error| panic!("{error}"))
}

fn printed(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Creates a folder with a database that has a dead letter and a stuck saga.
async fn folder() -> Result<tempfile::TempDir> {
    let folder = tempfile::tempdir().map_err(Error::custom)?;
    let url = format!("sqlite://{}/main.db?mode=rwc", folder.path().display());
    let settings = format!("[connections.primary]\nurl = \"{url}\"\n");
    std::fs::write(folder.path().join("activerecord.toml"), settings).map_err(Error::custom)?;
    let name = folder.path().display().to_string();
    ConnectionManager::configure(&name, url)?;
    Outbox::enqueue("mail", &1).on(&name).await?;
    let worker = Worker::new(&name).handle("mail", async |_: Task<i32>| Err(permanent(Error::invalid("no server"))));
    worker.run_once().await?;
    let saga = Saga::new("stuck").log_on(&name).pivot("ticket", async |_: &StepContext| Ok(1)).step(
        "print",
        async |_: &StepContext| Err::<(), _>(Error::invalid("no paper")),
        async |_: &StepContext, (): ()| Ok(()),
    );
    assert!(saga.run(&()).await.is_err_and(|error| error.is_stuck()));
    Ok(folder)
}

#[tokio::test]
async fn outboxes() -> Result<()> {
    let folder = folder().await?;
    let stats = call(folder.path(), &["outbox", "stats"]);
    assert_eq!(stats.status.code(), Some(3), "{}", printed(&stats));
    let list = call(folder.path(), &["outbox", "list", "--json"]);
    let dead: serde_json::Value = serde_json::from_slice(&list.stdout).map_err(Error::custom)?;
    assert_eq!((list.status.code(), dead[0]["last_error"].as_str()), (Some(3), Some("no server")));
    for verb in ["requeue", "purge"] {
        let unfiltered = call(folder.path(), &["outbox", verb]);
        assert_eq!(unfiltered.status.code(), Some(1), "{}", printed(&unfiltered));
        let unknown = call(folder.path(), &["outbox", verb, "999"]);
        assert_eq!(unknown.status.code(), Some(1), "{}", printed(&unknown));
    }
    let requeued = call(folder.path(), &["outbox", "requeue", "--topic", "mail"]);
    assert_eq!((requeued.status.code(), printed(&requeued).trim()), (Some(0), "requeued messages: 1"));
    let none = call(folder.path(), &["outbox", "list"]);
    assert_eq!((none.status.code(), printed(&none).trim()), (Some(0), "no dead letters"));
    Ok(())
}

/// The printed SQL creates all tables in an empty database.
#[tokio::test]
async fn tables() -> Result<()> {
    let folder = folder().await?;
    let sql = call(folder.path(), &["tables", "--sql", "--grants", "app"]);
    assert_eq!(sql.status.code(), Some(0), "{}", printed(&sql));
    let name = format!("{}-empty", folder.path().display());
    ConnectionManager::configure(&name, format!("sqlite://{}/empty.db?mode=rwc", folder.path().display()))?;
    for statement in printed(&sql).split(";\n").filter(|statement| !statement.trim().is_empty()) {
        connection(&name)?.execute(statement, []).await?;
    }
    // A table of an earlier version gets its column.
    let main = folder.path().display().to_string();
    connection(&main)?.execute("ALTER TABLE ar_outbox DROP COLUMN uuid", []).await?;
    let sql = printed(&call(folder.path(), &["tables", "--sql"]));
    let added: Vec<_> = sql.lines().filter(|line| line.starts_with("ALTER TABLE")).collect();
    assert_eq!(added.len(), 1, "{sql}");
    connection(&main)?.execute(added[0].trim_end_matches(';'), []).await?;
    Outbox::enqueue("mail", &2).on(&main).await?;
    let listed = call(folder.path(), &["tables", "--json"]);
    let listed: Vec<serde_json::Value> = serde_json::from_slice(&listed.stdout).map_err(Error::custom)?;
    let mut names: Vec<_> = listed.iter().filter_map(|table| table["table"].as_str()).collect();
    names.sort_unstable();
    assert_eq!(connection(&name)?.tables().await?, names);
    let exists = |table: &str| listed.iter().any(|row| row["table"] == table && row["exists"] == true);
    assert!(exists("ar_outbox") && exists("ar_saga") && !exists("ar_2pc"));
    Ok(())
}

#[tokio::test]
async fn sagas() -> Result<()> {
    let folder = folder().await?;
    let list = call(folder.path(), &["saga", "list", "--json"]);
    let stuck: serde_json::Value = serde_json::from_slice(&list.stdout).map_err(Error::custom)?;
    assert_eq!((list.status.code(), stuck[0]["name"].as_str()), (Some(3), Some("stuck")));
    let id = stuck[0]["id"].as_str().unwrap_or_default();
    let without = call(folder.path(), &["saga", "abandon", id]);
    assert_eq!(without.status.code(), Some(2), "a reason is required");
    let abandoned = call(folder.path(), &["saga", "abandon", id, "--reason", "nobody minds"]);
    assert_eq!(abandoned.status.code(), Some(0), "{}", printed(&abandoned));
    let none = call(folder.path(), &["saga", "list"]);
    assert_eq!((none.status.code(), printed(&none).trim()), (Some(0), "no saga is stuck"));
    let again = call(folder.path(), &["saga", "skip", id, "--reason", "again"]);
    assert_eq!(again.status.code(), Some(1), "{}", printed(&again));
    Ok(())
}

#[tokio::test]
async fn other_commands_and_exit_codes() -> Result<()> {
    let folder = folder().await?;
    for (arguments, code) in [
        (&["two-phase", "list"][..], 0),
        (&["two-phase", "recover"], 0),
        (&["two-phase", "force", "ar1-x-y", "--commit", "--reason", "lost"], 1),
        (&["two-phase", "force", "ar1-x-y", "--reason", "lost"], 2),
        (&["doctor"], 0),
        (&["completions", "bash"], 0),
        (&["doctor", "--config", "missing.toml"], 1),
        (&["nonsense"], 2),
    ] {
        let output = call(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", printed(&output));
    }
    let elsewhere = tempfile::tempdir().map_err(Error::custom)?;
    let nothing = call(elsewhere.path(), &["doctor"]);
    assert!(printed(&nothing).contains("no connections are configured"), "{}", printed(&nothing));
    Ok(())
}

#[tokio::test]
async fn tables_are_copied_compared_and_captured() -> Result<()> {
    let folder = tempfile::tempdir().map_err(Error::custom)?;
    let url = |name: &str| format!("sqlite://{}/{name}.db?mode=rwc", folder.path().display());
    let settings = format!("[connections.a]\nurl = \"{}\"\n[connections.b]\nurl = \"{}\"\n", url("a"), url("b"));
    std::fs::write(folder.path().join("activerecord.toml"), settings).map_err(Error::custom)?;
    let name = folder.path().display().to_string();
    ConnectionManager::configure(&name, url("a"))?;
    let here = connection(&name)?;
    here.execute("CREATE TABLE airports (code TEXT PRIMARY KEY, altitude INTEGER)", []).await?;
    here.execute("INSERT INTO airports VALUES ('EWR', 18), ('JFK', 13)", []).await?;
    let (from, to) = (["--from", "a"], ["--to", "b"]);
    let with = |words: &[&'static str]| [words, &from[..], &to[..]].concat();

    let unmade = call(folder.path(), &with(&["verify"]));
    assert_eq!(unmade.status.code(), Some(3), "{}", printed(&unmade));
    assert!(printed(&unmade).contains("airports: not compared: `b` has no table `airports`"), "{}", printed(&unmade));
    let copied = call(folder.path(), &with(&["sync", "--verify", "--json"]));
    assert_eq!(copied.status.code(), Some(0), "{}", printed(&copied));
    assert!(printed(&copied).contains("\"written\": 2"), "{}", printed(&copied));
    here.execute("UPDATE airports SET altitude = 20 WHERE code = 'EWR'", []).await?;
    let differ = call(folder.path(), &with(&["verify"]));
    assert_eq!(differ.status.code(), Some(3), "{}", printed(&differ));
    assert!(printed(&differ).contains("differs in altitude"), "{}", printed(&differ));
    let repaired = call(folder.path(), &with(&["verify", "--repair"]));
    assert_eq!(repaired.status.code(), Some(0), "{}", printed(&repaired));

    let captured = call(folder.path(), &["capture", "install", "--on", "a", "airports"]);
    assert_eq!(captured.status.code(), Some(0), "{}", printed(&captured));
    here.execute("DELETE FROM airports WHERE code = 'JFK'", []).await?;
    let queue = SqlQueue::on(&name);
    drop(activerecord::Queue::subscribe(&queue, "airports_changes", "test").await?);
    let relayed = call(folder.path(), &["relay", "--on", "a", "--topic", "airports_changes", "--to", "a", "--once"]);
    assert_eq!(printed(&relayed).trim(), "published messages: 1");
    let unknown = call(folder.path(), &["relay", "--on", "a", "--topic", "t", "--to", "kafka://here"]);
    assert!(printed(&unknown).contains("unknown scheme `kafka`"), "{}", printed(&unknown));
    let removed = call(folder.path(), &["capture", "remove", "--on", "a", "airports"]);
    assert_eq!(removed.status.code(), Some(0), "{}", printed(&removed));
    Ok(())
}

#[tokio::test]
async fn generated_keys_go_on_after_copied_ones() -> Result<()> {
    if test_support::is_left_out("postgres") {
        return Ok(());
    }
    let server = std::env::var("DATABASE_URL_POSTGRES").map_err(Error::custom)?;
    let folder = tempfile::tempdir().map_err(Error::custom)?;
    let schema = format!("activerecord_cli_{}", std::process::id());
    let source = format!("sqlite://{}/main.db?mode=rwc", folder.path().display());
    let target = format!("{server}{}search_path={schema}", if server.contains('?') { '&' } else { '?' });
    let settings = format!("[connections.a]\nurl = \"{source}\"\n[connections.b]\nurl = \"{target}\"\n");
    std::fs::write(folder.path().join("activerecord.toml"), settings).map_err(Error::custom)?;
    ConnectionManager::configure(&format!("{schema}_a"), source)?;
    ConnectionManager::configure(&format!("{schema}_b"), target)?;
    let (from, to) = (connection(&format!("{schema}_a"))?, connection(&format!("{schema}_b"))?);
    from.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT)", []).await?;
    from.execute("INSERT INTO notes VALUES (1, 'a'), (2, 'b')", []).await?;
    to.execute(&format!("CREATE SCHEMA {schema}"), []).await?;
    let sync = ["sync", "--from", "a", "--to", "b", "--table", "notes"];
    let insert = "INSERT INTO notes (body) VALUES ('c') RETURNING id";

    let kept = call(folder.path(), &[&sync[..], &["--keep-sequences"]].concat());
    assert_eq!(kept.status.code(), Some(0), "{}", printed(&kept));
    assert!(to.query(insert, []).await.is_err_and(|error| error.is_unique_violation()));
    let moved = call(folder.path(), &sync);
    assert_eq!(moved.status.code(), Some(0), "{}", printed(&moved));
    assert_eq!(to.query(insert, []).await?[0].get::<i64>("id")?, 3);
    to.execute(&format!("DROP SCHEMA {schema} CASCADE"), []).await.map(drop)
}
