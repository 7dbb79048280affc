//! What concerns a whole process: its environment, and all of its connections. The test runs itself in one of its own.

use std::process::Command;

use super::*;

const MARK: &str = "ACTIVERECORD_TEST_CHILD";
const FILE: &str = "ACTIVERECORD_TEST_FILE";
const THIS: &str = "connections::alone::in_a_process_of_its_own";

/// Runs this test in a process of its own, with these variables.
fn child(variables: &[(&str, &str)]) -> Result<String> {
    let mut command = Command::new(std::env::current_exe().map_err(Error::custom)?);
    command.args(["--exact", THIS, "--nocapture"]).env(MARK, "yes").envs(variables.iter().copied());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("DATABASE_URL") && !variables.iter().any(|(kept, _)| name == *kept) {
            command.env_remove(name);
        }
    }
    let output = command.output().map_err(Error::custom)?;
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    Ok(told)
}

/// What the child does: configures and verifies, and says what came of it.
async fn report() -> Result<()> {
    let configured = match std::env::var_os(FILE) {
        Some(file) => ConnectionManager::configure_from_file(file),
        None => ConnectionManager::configure_from_env(),
    };
    let told = match configured {
        Err(error) => error.to_string(),
        Ok(()) => match ConnectionManager::verify_all().await {
            Err(error) => format!("{:?}: {error}", error.kind()),
            Ok(()) => files().await?.join(", "),
        },
    };
    println!("[{told}]");
    Ok(())
}

/// The file of every connection.
async fn files() -> Result<Vec<String>> {
    let mut files = Vec::new();
    for name in ConnectionManager::names() {
        let rows = connection(&name)?.query("SELECT file FROM pragma_database_list", []).await?;
        let file: String = rows[0].get(0)?;
        files.push(format!("{name} is {}", file.rsplit('/').next().unwrap_or_default()));
    }
    Ok(files)
}

#[tokio::test]
async fn in_a_process_of_its_own() -> Result<()> {
    if std::env::var_os(MARK).is_some() {
        return report().await;
    }
    let folder = tempfile::tempdir().unwrap();
    let url = |name: &str| format!("sqlite://{}/{name}.db?mode=rwc", folder.path().display());
    let (main, stock) = (url("main"), url("stock"));
    let file = folder.path().join("activerecord.toml").display().to_string();
    std::fs::write(&file, "[connections.shop]\nurl = '${SHOP_URL}'\npool = { max_connections = '${SHOP_POOL}' }")
        .unwrap();
    let no_number = format!("{file}: connections.shop: `max_connections` is not a number, or is out of range");
    let cases: [(&[(&str, &str)], &str); 8] = [
        (&[("DATABASE_URL", &main), ("DATABASE_URL_STOCK", &stock)], "primary is main.db, stock is stock.db]"),
        (&[], "]"),
        (&[("DATABASE_URLS", "no"), ("MY_DATABASE_URL", "no"), ("DATABASE_URL_A_B", &main)], "a_b is main.db]"),
        (
            &[("DATABASE_URL", &main), ("DATABASE_URL_STOCK", "hunter2")],
            "DATABASE_URL_STOCK: the URL of a connection must start",
        ),
        (
            &[("DATABASE_URL", "postgres://app:hunter2@db1:99999/shop")],
            "DATABASE_URL: the URL of the connection is not valid",
        ),
        (&[("DATABASE_URL", &main), ("DATABASE_URL_PRIMARY", &stock)], "connection `primary` is configured twice]"),
        (&[(FILE, &file), ("SHOP_URL", &stock), ("SHOP_POOL", "3")], "shop is stock.db]"),
        (&[(FILE, &file), ("SHOP_URL", &stock), ("SHOP_POOL", "many")], &no_number),
    ];
    for (variables, expected) in cases {
        let told = child(variables)?;
        assert!(told.contains(&format!("[{expected}")), "{variables:?}: {told}");
        assert!(!told.contains("hunter2"), "{told}");
    }

    // Every connection is tried, and all that is wrong is told at once.
    let (none, nothing, last) = (url("none").replace("rwc", "rw"), url("nothing").replace("rwc", "ro"), url("last"));
    let told = child(&[("DATABASE_URL_A", &none), ("DATABASE_URL_B", &nothing), ("DATABASE_URL_C", &last)])?;
    for expected in ["[Configuration: 2 connections failed", "none.db", "connection a", "nothing.db", "connection b"] {
        assert!(told.contains(expected), "{expected}: {told}");
    }
    assert!(folder.path().join("last.db").exists());
    Ok(())
}
