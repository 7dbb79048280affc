//! The configuration of a whole process: its environment, and all of its connections. The test runs itself in a
//! separate process.

use std::process::Command;

use super::*;

const MARK: &str = "ACTIVERECORD_TEST_CHILD";
const FILE: &str = "ACTIVERECORD_TEST_FILE";
const THIS: &str = "connections::alone::in_a_process_of_its_own";

/// Runs this test in a separate process with these variables. Returns its output.
fn child(variables: &[(&str, &str)]) -> Result<String> {
    let mut command = Command::new(std::env::current_exe().map_err(Error::custom)?);
    command.args(["--exact", THIS, "--nocapture"]).env(MARK, "yes").envs(variables.iter().copied());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("DATABASE_URL") && !variables.iter().any(|(kept, _)| name == *kept) {
            command.env_remove(name);
        }
    }
    let output = command.output().map_err(Error::custom)?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{printed}{}", String::from_utf8_lossy(&output.stderr));
    Ok(printed)
}

/// The work of the child: configures, verifies, and prints the result.
async fn report() -> Result<()> {
    let configured = match std::env::var_os(FILE) {
        Some(file) => ConnectionManager::configure_from_file(file),
        None => ConnectionManager::configure_from_env(),
    };
    let result = match configured {
        Err(error) => error.to_string(),
        Ok(()) => match ConnectionManager::verify_all().await {
            Err(error) => format!("{:?}: {error}", error.kind()),
            Ok(()) => files().await?.join(", "),
        },
    };
    println!("[{result}]");
    Ok(())
}

/// Returns the file of every connection.
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
        let printed = child(variables)?;
        assert!(printed.contains(&format!("[{expected}")), "{variables:?}: {printed}");
        assert!(!printed.contains("hunter2"), "{printed}");
    }

    // Every connection is tried, and one error reports all that failed.
    let (none, nothing, last) = (url("none").replace("rwc", "rw"), url("nothing").replace("rwc", "ro"), url("last"));
    let printed = child(&[("DATABASE_URL_A", &none), ("DATABASE_URL_B", &nothing), ("DATABASE_URL_C", &last)])?;
    for expected in ["[Configuration: 2 connections failed", "none.db", "connection a", "nothing.db", "connection b"] {
        assert!(printed.contains(expected), "{expected}: {printed}");
    }
    assert!(folder.path().join("last.db").exists());
    Ok(())
}
