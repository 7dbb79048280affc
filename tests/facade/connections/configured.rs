//! Connections that are configured by a URL, by a builder and by a file, and settings that are refused.

use activerecord::PoolOptions;
use std::path::Path;
use std::time::Duration;

use super::*;
use test_support::DatabaseFile;

#[tokio::test]
async fn by_a_url_and_by_a_builder() -> Result<()> {
    let db = DatabaseFile::new([PLANES]).await;
    with_connection(&db, async || plane("N10156").insert().await).await?;
    ConnectionManager::configure("by url", db.url())?;
    ConnectionManager::configure("by str", &*db.url())?;
    ConnectionManager::configure("by parsed url", Config::url(db.url())?)?;
    let pool = PoolOptions::new().max_connections(2).acquire_timeout(Duration::from_secs(60));
    ConnectionManager::configure(
        "by builder",
        Config::sqlite(db.path()).option("busy_timeout", "250ms").pool(pool).replica("sqlite://replica.db"),
    )?;
    for name in ["by url", "by str", "by parsed url", "by builder"] {
        assert_eq!(Plane::using(name).one().await?.tailnum, "N10156", "{name}");
        assert_eq!(connection(name)?.dialect().name(), "sqlite");
        assert!(ConnectionManager::names().iter().any(|known| known == name));
    }
    Ok(())
}

#[tokio::test]
async fn by_a_file() -> Result<()> {
    let db = DatabaseFile::new([PLANES]).await;
    let folder = Path::new(&db.path()).parent().unwrap().display().to_string();
    let file = format!("{folder}/activerecord.toml");
    let text = format!(
        "[connections.from_file]\nurl = 'sqlite://{folder}/${{ACTIVERECORD_TEST_UNSET:-main}}.db'\n\
         [connections.from_file.pool]\nmax_connections = 1\nacquire_timeout = '50ms'\n\
         [connections.from_parts]\nbackend = 'sqlite'\ndatabase = '{folder}/parts.db'\n\
         options = {{ mode = 'rwc', foreign_keys = false }}\n"
    );
    std::fs::write(&file, text).unwrap();
    ConnectionManager::configure_from_file(&file)?;
    assert_eq!(Plane::using("from_file").count().await?, 0);
    connection("from_parts")?.execute("CREATE TABLE t (x)", []).await?;
    assert!(Path::new(&format!("{folder}/parts.db")).exists());

    // All or nothing.
    std::fs::write(&file, "[connections.new_one]\nurl = 'sqlite:a.db'\n[connections.from_file]\nurl = 'sqlite:b.db'")
        .unwrap();
    let error = ConnectionManager::configure_from_file(&file).unwrap_err();
    assert!(error.message().contains("`from_file` is already configured"), "{error}");
    assert!(connection("new_one").is_err());
    std::fs::write(
        &file,
        "[connections.new_one]\nurl = 'sqlite:a.db'\n[connections.bad]\nurl = '${ACTIVERECORD_TEST_UNSET}'",
    )
    .unwrap();
    let error = ConnectionManager::configure_from_file(&file).unwrap_err();
    let expected = ["activerecord.toml", "connections.bad", "`ACTIVERECORD_TEST_UNSET` is not set"];
    assert!(error.is_configuration() && expected.iter().all(|part| error.message().contains(part)), "{error}");
    assert!(connection("new_one").is_err());
    let missing = ConnectionManager::configure_from_file(format!("{folder}/none.toml")).unwrap_err();
    assert!(missing.is_configuration() && missing.message().contains("none.toml"), "{missing}");
    Ok(())
}

#[tokio::test]
async fn nothing_is_opened_before_the_first_use() -> Result<()> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing.db");
    let nested = folder.path().join("no/such/folder/main.db");
    ConnectionManager::configure("lazy", format!("sqlite://{}?mode=rwc", path.display()))?;
    ConnectionManager::configure("missing", format!("sqlite://{}/other.db", folder.path().display()))?;
    ConnectionManager::configure("lost", format!("sqlite://{}?mode=rwc", nested.display()))?;
    let _ = (connection("lazy")?.dialect(), connection("lazy")?.capabilities(), Plane::using("lazy"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);

    connection("lazy")?.execute("CREATE TABLE t (x)", []).await?;
    assert!(path.exists());
    let missing = connection("missing")?.query("SELECT 1", []).await.unwrap_err();
    assert!(missing.is_configuration() && missing.message().contains("mode=rwc"), "{missing}");
    assert_eq!(missing.connection(), Some("missing"));
    let lost = transaction("lost", async || Ok(())).await.unwrap_err();
    assert!(lost.message().contains("directory") && lost.connection() == Some("lost"), "{lost}");

    // The file exists now. The earlier error is not cached.
    ConnectionManager::remove("lazy").await?;
    std::fs::rename(&path, folder.path().join("other.db")).unwrap();
    connection("missing")?.query("SELECT x FROM t", []).await?;
    Ok(())
}

#[tokio::test]
async fn a_name_is_configured_once() -> Result<()> {
    ConnectionManager::configure("once", "sqlite::memory:")?;
    let twice = ConnectionManager::configure("once", "sqlite::memory:").unwrap_err();
    assert!(twice.is_configuration(), "{twice}");
    assert!(twice.message().contains("`once` is already configured"), "{twice}");
    assert!(twice.message().contains("replace"), "{twice}");
    assert!(ConnectionManager::configure("", "sqlite::memory:").unwrap_err().is_configuration());
    Ok(())
}

#[test]
fn an_unknown_setting_is_refused_with_a_suggestion() {
    let sqlite = || Config::sqlite("x.db");
    for (config, expected) in [
        (Config::url("sqlite:x.db?bussy_timeout=5s"), "`bussy_timeout`; did you mean `busy_timeout`?"),
        (Ok(sqlite().option("jurnal_mode", "wal")), "`jurnal_mode`; did you mean `journal_mode`?"),
        (Ok(sqlite().option("zzz", "1")), "unknown option `zzz`; known: mode"),
        (Ok(sqlite().option("mode", "rwcc")), "did you mean `rwc`?"),
        (Ok(sqlite().option("synchronous", "ful")), "did you mean `full`?"),
        (Ok(sqlite().option("busy_timeout", "soon")), "`soon`; expected a duration"),
        (Ok(sqlite().option("locking_mode", "exclusive")), "limit the pool to one"),
        (Ok(sqlite().port(5432)), "it has no host, port"),
        (Ok(sqlite().replica("sqlite:y.db?mod=ro")), "did you mean `mode`?"),
        (Ok(sqlite().replica("y.db")), "sqlite:, postgres: or mysql:"),
        (Config::url("sqllite://x.db/y"), "did you mean `sqlite`?"),
        (Config::url("sqlit:x.db"), "did you mean `sqlite`?"),
        (Config::url("postgres:db1/x"), "needs a server: postgres://HOST/DATABASE"),
        (Config::url("oracle://db/x"), "unknown database in the URL: `oracle`"),
        (Config::url("x.db"), "sqlite:, postgres: or mysql:"),
        (Config::url("sqlite:"), "needs a path"),
    ] {
        let error = config.and_then(|config| ConnectionManager::configure("refused", config)).unwrap_err();
        assert!(error.is_configuration() && error.to_string().contains(expected), "{expected}: {error}");
    }
    assert!(!ConnectionManager::names().contains(&"refused".to_owned()));
}

#[tokio::test]
async fn an_unknown_name_is_refused_with_a_suggestion() {
    ConnectionManager::configure("warehouse", "sqlite::memory:").unwrap();
    let errors = [
        connection("warehouze").unwrap_err(),
        Plane::using("warehouze").all().await.unwrap_err(),
        ConnectionManager::remove("warehouze").await.unwrap_err(),
    ];
    for error in errors {
        assert!(error.is_configuration(), "{error}");
        assert!(error.message().contains("`warehouze` is not configured; did you mean `warehouse`?"), "{error}");
    }
    let far = connection("xyzzy").unwrap_err();
    assert!(far.message().contains("configured connections:") && far.message().contains("warehouse"), "{far}");
}
