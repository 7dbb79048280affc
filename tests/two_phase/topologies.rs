//! Servers that cannot be the commit point: recovery decides by taking a key, and the key must be on one server that accepts
//! writes.

use activerecord::prelude::*;
use test_support::{Profile, patient_pool, services, until};

use crate::{ALONE, balance, bank, left, preparing, transfer};

/// Registers a connection to this server, which no test changes.
fn configure(name: &str, variable: &str) -> Result<()> {
    ConnectionManager::configure(name, Config::url(services::url(variable)?)?.pool(patient_pool(2)))
}

/// Whether the doctor reports this setting of the connection.
async fn is_reported(name: &str, setting: &str) -> Result<bool> {
    let findings = TwoPhase::doctor().await?;
    Ok(findings.iter().any(|finding| finding.connection == name && finding.what.contains(setting)))
}

/// A replica accepts no writes, so it can neither decide nor be prepared.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_is_refused() -> Result<()> {
    let _alone = ALONE.lock().await;
    let banks = preparing().await?;
    let replicas = [
        ("a standby", "DATABASE_URL_POSTGRES_REPLICA", "pg_is_in_recovery"),
        ("a replica", "DATABASE_URL_MARIADB_REPLICA", "read_only"),
    ];
    for (name, variable, setting) in replicas {
        configure(name, variable)?;
        for (first, second) in [(name, &*banks[0]), (&*banks[0], name)] {
            let refused = transfer(first, second, 1).await;
            let error = refused.err().ok_or_else(|| Error::invalid(format!("{name} was accepted")))?;
            assert!(error.is_unsupported() && error.message().contains(setting), "{error}");
        }
        assert!(is_reported(name, setting).await?);
        ConnectionManager::remove(name).await?;
    }
    assert_eq!((balance(&banks[0]).await?, left().await?), (100, 0));
    Ok(())
}

/// A login of PostgreSQL whose transactions are read-only.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_only_login_is_refused() -> Result<()> {
    let _alone = ALONE.lock().await;
    let banks = preparing().await?;
    let one = bank(Profile::all().into_iter().find(|one| one.name() == "postgres").ok_or_else(no_server)?).await?;
    let name = one.alias("read only", |config| config.on_connect(["SET default_transaction_read_only = on"]))?;
    let other = banks.iter().find(|other| other.profile().name() != "postgres").ok_or_else(no_server)?;
    let refused = transfer(&name, other, 1).await;
    let error = refused.err().ok_or_else(|| Error::invalid("it was accepted"))?;
    assert!(error.is_unsupported() && error.message().contains("default_transaction_read_only"), "{error}");
    assert!(is_reported(&name, "default_transaction_read_only").await?);
    assert_eq!((balance(&one).await?, balance(other).await?, left().await?), (100, 100, 0));
    Ok(())
}

fn no_server() -> Error {
    Error::invalid("this test needs PostgreSQL and another server")
}

/// On a node of a Galera cluster the key of a decision can be taken on another node, while the coordinator of this one is
/// about to commit.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_of_a_galera_cluster_cannot_decide() -> Result<()> {
    let _alone = ALONE.lock().await;
    let banks = preparing().await?;
    configure("galera", "DATABASE_URL_GALERA")?;
    // A node answers before it can be used.
    let create = "CREATE TABLE IF NOT EXISTS accounts (id BIGINT PRIMARY KEY AUTO_INCREMENT, balance BIGINT NOT NULL)";
    until("the node is ready", async || Ok(connection("galera")?.execute(create, []).await.is_ok())).await?;
    connection("galera")?.execute("REPLACE INTO accounts VALUES (1, 100)", []).await?;
    for bank in &banks {
        let refused = transfer("galera", bank, 1).await;
        let error = refused.err().ok_or_else(|| Error::invalid("it was accepted"))?;
        assert!(error.is_unsupported() && error.message().contains("wsrep_on"), "{error}");
        assert_eq!((balance("galera").await?, balance(bank).await?, left().await?), (100, 100, 0));
    }
    assert!(is_reported("galera", "wsrep_on").await?);
    for bank in &banks {
        assert!(!is_reported(bank, "one server decides").await?);
    }
    ConnectionManager::remove("galera").await
}
