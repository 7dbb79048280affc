//! Connections from the environment. A process cannot change its own safely: the test runs itself in another one.

use std::process::{Command, Output};

use super::*;

const MARK: &str = "ACTIVERECORD_TEST_CHILD";
const FILE: &str = "ACTIVERECORD_TEST_FILE";
const THIS: &str = "environment::from_the_environment";

/// Runs this test in a process of its own, with these variables.
fn child(expected: &str, variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", THIS, "--nocapture"]).env(MARK, expected).envs(variables.iter().copied());
    command.output().unwrap()
}

/// What the child does: configures, and says what came of it.
async fn report() -> Result<()> {
    let configured = match std::env::var_os(FILE) {
        Some(file) => ConnectionManager::configure_from_file(file),
        None => ConnectionManager::configure_from_env(),
    };
    let told = match configured {
        Err(error) => error.to_string(),
        Ok(()) => {
            let mut told = Vec::new();
            for name in ConnectionManager::names() {
                let files = connection(&name)?.query("SELECT file FROM pragma_database_list", []).await?;
                let file: String = files[0].get(0)?;
                told.push(format!("{name} is {}", file.rsplit('/').next().unwrap_or_default()));
            }
            told.join(", ")
        }
    };
    println!("[{told}]");
    Ok(())
}

#[tokio::test]
async fn from_the_environment() -> Result<()> {
    if std::env::var_os(MARK).is_some() {
        return report().await;
    }
    let folder = tempfile::tempdir().unwrap();
    let url = |name: &str| format!("sqlite://{}/{name}.db?mode=rwc", folder.path().display());
    let (main, stock) = (url("main"), url("stock"));
    let file = folder.path().join("activerecord.toml").display().to_string();
    std::fs::write(&file, "[connections.shop]\nurl = '${SHOP_URL}'\npool = { max_connections = '${SHOP_POOL}' }")
        .unwrap();
    let no_number = format!("{file}: connections.shop: `max_connections` is no number in its range");
    let cases: [(&[(&str, &str)], &str); 8] = [
        (&[("DATABASE_URL", &main), ("DATABASE_URL_STOCK", &stock)], "primary is main.db, stock is stock.db"),
        (&[], ""),
        (&[("DATABASE_URLS", "no"), ("MY_DATABASE_URL", "no"), ("DATABASE_URL_A_B", &main)], "a_b is main.db"),
        (
            &[("DATABASE_URL", &main), ("DATABASE_URL_STOCK", "hunter2")],
            "DATABASE_URL_STOCK: a connection's URL starts",
        ),
        (
            &[("DATABASE_URL", "postgres://app:hunter2@db1:99999/shop")],
            "DATABASE_URL: the connection's URL cannot be read",
        ),
        (&[("DATABASE_URL", &main), ("DATABASE_URL_PRIMARY", &stock)], "connection `primary` is configured twice"),
        (&[(FILE, &file), ("SHOP_URL", &stock), ("SHOP_POOL", "3")], "shop is stock.db"),
        (&[(FILE, &file), ("SHOP_URL", &stock), ("SHOP_POOL", "many")], &no_number),
    ];
    for (variables, expected) in cases {
        let output = child(expected, variables);
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
        assert!(told.contains(&format!("[{expected}")), "{variables:?}: {told}");
        assert!(!told.contains("hunter2"), "{told}");
    }
    Ok(())
}
