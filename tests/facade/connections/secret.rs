//! No text that a program can log contains a password.

use super::*;
use activerecord::PoolOptions;

const PASSWORD: &str = "hunter2";

fn hides<T: std::fmt::Debug>(place: &str, value: &T) {
    assert!(!format!("{value:?} {value:#?}").contains(PASSWORD), "{place}: {value:?}");
}

fn error_hides(place: &str, error: &Error) {
    hides(place, error);
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        assert!(!format!("{error} {error:?}").contains(PASSWORD), "{place}: {error:?}");
        source = error.source();
    }
    assert!(!format!("{error} {error:#}").contains(PASSWORD), "{place}: {error}");
}

#[test]
fn settings_hide_a_password() -> Result<()> {
    let url = format!("postgres://app:{PASSWORD}@db1/shop?password={PASSWORD}");
    hides("a URL", &Config::url(&url)?);
    hides("a builder", &Config::postgres("db1", "shop").username("app").password(PASSWORD));
    hides("a replica", &Config::postgres("db1", "shop").replica(&url));
    hides("a pool", &Config::mysql("db1", "shop").password(PASSWORD).pool(PoolOptions::new()));
    Ok(())
}

#[test]
fn errors_hide_a_password() {
    for url in [
        format!("postgres://app:{PASSWORD}@db1/shop?sslmod=require"),
        format!("postgress://app:{PASSWORD}@db1/shop"),
        format!("mysql://app:{PASSWORD}@db1:99999/shop"),
        format!("mysql://app:{PASSWORD}/x@db1/shop"),
        format!("postgres:app:{PASSWORD}@db1/shop"),
        format!("postgres:/app:{PASSWORD}@db1/shop"),
        format!("app:{PASSWORD}@db1/shop"),
        format!("sqlite://app:{PASSWORD}@main.db?mode={PASSWORD}x"),
        format!("sqlite://main.db?password={PASSWORD}"),
        format!("//app:{PASSWORD}@db1"),
    ] {
        let error = match Config::url(&url) {
            Ok(config) => {
                if !url.starts_with("sqlite:") {
                    hides(&url, &config);
                }
                ConnectionManager::configure("secret", config).unwrap_err()
            }
            Err(error) => error,
        };
        if !url.contains("mode=") {
            error_hides(&url, &error);
        }
        let replica = ConnectionManager::configure("secret", Config::sqlite("x.db").replica(&url)).unwrap_err();
        if !url.contains("mode=") {
            error_hides(&url, &replica);
        }
    }
}

#[test]
fn errors_of_files_hide_a_password() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret.toml");
    for text in [
        format!("[connections.a]\nurl = 'postgres://app:{PASSWORD}@db1:99999/shop'"),
        format!("[connections.a]\nurl = 'postgres://app:{PASSWORD}@db1/shop"),
        format!("[connections.a]\npassword = '{PASSWORD}' x"),
        format!("[connections.a]\nbackend = 'nosuch'\ndatabase = 'x'\npassword = '{PASSWORD}'"),
        format!("[connections.a]\nbackend = 'sqlite'\ndatabase = 'x'\npassword = '{PASSWORD}'"),
        format!("[connections.a]\nurl = 'sqlite:x'\nreplicas = ['postgres://app:{PASSWORD}@db1:99999/shop']"),
    ] {
        std::fs::write(&file, &text).unwrap();
        error_hides(&text, &ConnectionManager::configure_from_file(&file).unwrap_err());
    }
}

#[tokio::test]
async fn handles_hide_a_password() -> Result<()> {
    // The backend of this test accepts the settings of a server.
    let db = test_support::DatabaseFile::new([PLANES]).await;
    let url = test_support::stepwise::url(&db.path()).replace("file?", &format!("app:{PASSWORD}@db1/shop?"));
    ConnectionManager::configure("with a password", url)?;
    let handle = connection("with a password")?;
    hides("a handle", &handle);
    hides("a query", &Plane::using("with a password"));
    error_hides("a bad statement", &handle.execute("SELEC", []).await.unwrap_err());
    let tx = Transaction::begin("with a password").await?;
    hides("a transaction", &tx);
    hides("a query in it", &Plane::on(&tx));
    tx.rollback().await
}
