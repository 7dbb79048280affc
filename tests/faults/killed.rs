//! A server is killed between two uses, during a query, and during commits.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64};

use activerecord::prelude::*;
use tokio::task::JoinSet;

use crate::ledger::{Entry, Ledger};
use crate::server::{ALONE, MARIADB, POSTGRES, Server};
use test_support::until;

/// Opens this many connections, and returns all of them to the pool.
async fn open(name: &str, connections: usize) -> Result<()> {
    let mut open = Vec::new();
    for _ in 0..connections {
        open.push(Transaction::begin(name).independent().await?);
    }
    for transaction in open {
        transaction.rollback().await?;
    }
    Ok(())
}

fn failed<T>(result: Result<T>) -> Error {
    match result {
        Ok(_) => panic!("expected an error"),
        Err(error) => error,
    }
}

/// The first statement after the kill can get a dead connection. The pool pings the other idle connections before their
/// use.
async fn between_two_uses(server: &Server, name: &str) -> Result<()> {
    server.configure(name, 4)?;
    open(name, 4).await?;
    server.kill()?;
    let error = failed(connection(name)?.query("SELECT 1", []).await);
    assert!(error.is_connection_lost(), "{error:?}");
    assert_eq!(error.connection(), Some(name));
    let refused = failed(connection(name)?.query("SELECT 1", []).await);
    assert!(refused.is_connection_lost(), "{refused:?}");
    server.restart()?;
    for _ in 0..8 {
        connection(name)?.query("SELECT 1", []).await?;
    }
    server.kill()?;
    server.restart()?;
    open(name, 4).await.err();
    for _ in 0..8 {
        connection(name)?.query("SELECT 1", []).await?;
    }
    ConnectionManager::remove(name).await
}

async fn during_a_query(server: &'static Server, name: &'static str) -> Result<()> {
    server.configure(name, 4)?;
    let query = tokio::spawn(async move { connection(name)?.query(server.sleep, []).await });
    until("the query runs", async || {
        let rows = connection(name)?.query(server.sleepers, []).await?;
        Ok(rows[0].get::<i64>(0)? == 1)
    })
    .await?;
    server.kill()?;
    let error = failed(query.await.map_err(Error::custom)?);
    assert!(error.is_connection_lost(), "{error:?}");
    assert!(error.sql().is_some_and(|sql| sql == server.sleep), "{error:?}");
    server.restart()?;
    connection(name)?.query("SELECT 1", []).await?;
    ConnectionManager::remove(name).await
}

/// Kills the server while eight tasks commit, up to ten times, until the answer to a COMMIT is lost. Then compares the
/// rows with the results of the transactions. Returns the difference.
async fn during_commits(server: &Server, name: &str, forgetful: bool) -> Result<Option<String>> {
    server.configure(name, 8)?;
    let (before, behind) = if forgetful { server.forgetful } else { ("", "") };
    connection(name)?.execute("DROP TABLE IF EXISTS entries", []).await?;
    connection(name)?.execute(&format!("CREATE {before} TABLE entries (id BIGINT PRIMARY KEY) {behind}"), []).await?;
    let (ids, mut ledger) = (Arc::new(AtomicI64::new(1)), Ledger::default());
    for _ in 0..10 {
        let written = ledger.committed.len() as u64;
        let stop = Arc::new(AtomicBool::new(false));
        let mut tasks = JoinSet::new();
        for _ in 0..8 {
            let (name, ids, stop) = (name.to_owned(), Arc::clone(&ids), Arc::clone(&stop));
            tasks.spawn(async move { Ledger::write(&name, &ids, &stop).await });
        }
        until("entries are written", async || Ok(Entry::using(name).count().await? > written + 50)).await?;
        server.kill()?;
        for task in tasks.join_all().await {
            ledger.add(task?);
        }
        server.restart()?;
        open(name, 8).await.err();
        if !ledger.unknown.is_empty() || forgetful {
            break;
        }
    }
    assert!(forgetful || !ledger.unknown.is_empty(), "no COMMIT was running at any of ten kills");
    let wrong = ledger.judge(name).await?;
    connection(name)?.execute("DROP TABLE entries", []).await?;
    ConnectionManager::remove(name).await?;
    Ok(wrong)
}

async fn is_killed(server: &'static Server, names: [&'static str; 3]) -> Result<()> {
    let _alone = ALONE.lock().await;
    if server.is_left_out() {
        return Ok(());
    }
    let [idle, queried, committed] = names;
    between_two_uses(server, idle).await?;
    during_a_query(server, queried).await?;
    assert_eq!(during_commits(server, committed, false).await?, None);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_is_killed() -> Result<()> {
    is_killed(&POSTGRES, ["idle postgres", "queried postgres", "committed postgres"]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mariadb_is_killed() -> Result<()> {
    is_killed(&MARIADB, ["idle mariadb", "queried mariadb", "committed mariadb"]).await
}

/// The broken variant: tables that lose their rows in a crash.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_rows_are_detected() -> Result<()> {
    let _alone = ALONE.lock().await;
    for (server, name) in [(&POSTGRES, "forgetful postgres"), (&MARIADB, "forgetful mariadb")] {
        if !server.is_left_out() {
            let wrong = during_commits(server, name, true).await?;
            assert!(wrong.as_ref().is_some_and(|wrong| wrong.contains("lost")), "{wrong:?}");
        }
    }
    Ok(())
}
