//! Files that cannot be written, opened or read.

use activerecord::ErrorKind;
use activerecord::prelude::*;

use super::{Plane, SECRET, check, database};
use test_support::DatabaseFile;

/// Registers another connection to the file, with one option.
fn again(db: &DatabaseFile, option: &str, value: &str) -> Result<String> {
    let name = format!("{}_{option}_{value}", &**db);
    ConnectionManager::configure(&name, Config::sqlite(db.path()).option(option, value))?;
    Ok(name)
}

#[tokio::test]
async fn read_only() -> Result<()> {
    let db = database().await;
    let reader = again(&db, "mode", "ro")?;
    with_connection(&reader, async || {
        let error = Plane::create(Plane::new()).await.unwrap_err();
        check(&error, ErrorKind::ReadOnly, &reader, Some("Plane"));
        assert!(error.is_read_only() && !error.is_retryable());
        assert_eq!(Plane::count().await?, 0);
        Ok(())
    })
    .await?;

    let tx = Transaction::begin(&*db).read_only().await?;
    let error =
        with_connection(&db, async || tx.run(async || Plane::create(Plane::new()).await).await).await.unwrap_err();
    check(&error, ErrorKind::ReadOnly, &db, Some("Plane"));
    tx.rollback().await?;
    with_connection(&db, async || Plane::create(Plane::new()).await).await?;
    Ok(())
}

#[tokio::test]
async fn disk_full() -> Result<()> {
    let db = database().await;
    let full = again(&db, "max_pages", "12")?;
    with_connection(&full, async || {
        let mut written = 0;
        let error = loop {
            let plane = Plane { tailnum: format!("{SECRET}{written}").repeat(200), ..Plane::new() };
            match Plane::create(plane).await {
                Ok(_) => written += 1,
                Err(error) => break error,
            }
            assert!(written < 1_000, "twelve pages do not hold this");
        };
        check(&error, ErrorKind::DiskFull, &full, Some("Plane"));
        assert!(error.message().contains("max_pages"), "{error}");
        assert_eq!(Plane::count().await?, written, "the written rows stay, and the connection is usable");

        let planes: Vec<_> = (0..50).map(|n| Plane { tailnum: format!("{n}").repeat(1_000), ..Plane::new() }).collect();
        let error = transaction(&full, async || Plane::bulk_insert(&planes).await).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::DiskFull);
        assert_eq!(Plane::count().await?, written);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn not_a_database() -> Result<()> {
    let folder = tempfile::tempdir().map_err(Error::custom)?;
    let path = folder.path().join("notes.txt");
    std::fs::write(&path, "These are notes, and no database at all. ".repeat(100)).map_err(Error::custom)?;
    ConnectionManager::configure("notes", Config::sqlite(path.display().to_string()))?;
    let error = Plane::using("notes").all().await.unwrap_err();
    assert_eq!((error.kind(), error.connection(), error.model()), (ErrorKind::Corrupt, Some("notes"), Some("Plane")));
    assert!(error.message().contains("notes.txt"), "{error}");
    Ok(())
}

#[tokio::test]
async fn no_file_no_directory_or_a_directory() -> Result<()> {
    let folder = tempfile::tempdir().map_err(Error::custom)?;
    let path = |name: &str| folder.path().join(name).display().to_string();
    ConnectionManager::configure("missing file", Config::sqlite(path("missing.db")))?;
    let error = Plane::using("missing file").all().await.unwrap_err();
    assert!(error.is_configuration() && error.message().contains("mode=rwc"), "{error}");
    assert_eq!(error.connection(), Some("missing file"));
    assert!(!folder.path().join("missing.db").exists(), "no file is created without `mode=rwc`");

    ConnectionManager::configure("nowhere", Config::sqlite(path("no/where.db")).option("mode", "rwc"))?;
    let error = Plane::using("nowhere").all().await.unwrap_err();
    assert!(error.is_configuration() && error.message().contains("directory"), "{error}");

    ConnectionManager::configure("folder", Config::sqlite(folder.path().display().to_string()))?;
    let error = Plane::using("folder").all().await.unwrap_err();
    assert!(error.is_configuration() && error.message().contains("directory"), "{error}");

    // When the directory exists, the same connection works.
    std::fs::create_dir(folder.path().join("no")).map_err(Error::custom)?;
    connection("nowhere")?.execute("CREATE TABLE planes (id INTEGER PRIMARY KEY)", []).await?;
    Ok(())
}

#[tokio::test]
async fn verify_all_reports_a_file_that_cannot_be_opened() -> Result<()> {
    let folder = tempfile::tempdir().map_err(Error::custom)?;
    let path = folder.path().join("unverified.db").display().to_string();
    ConnectionManager::configure("unverified", Config::sqlite(path))?;
    let error = ConnectionManager::verify_all().await.unwrap_err();
    assert!(error.to_string().contains("unverified"), "{error}");
    Ok(())
}
