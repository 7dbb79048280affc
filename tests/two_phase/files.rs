//! T12. SQLite files as the commit point: their COMMIT fails because of a lock or a full file. And attached files.

use activerecord::ErrorKind;
use std::path::{Path, PathBuf};

use activerecord::prelude::*;
use tempfile::TempDir;
use test_support::patient_pool;

use crate::{ALONE, balance, change, left, preparing, transfer};

/// A file with one account of 100. Its pool has one connection, so every later statement shows that the connection is
/// clean.
struct File {
    name: String,
    folder: TempDir,
}

impl File {
    async fn new(options: &[(&str, &str)]) -> Result<Self> {
        let folder = tempfile::tempdir().map_err(Error::custom)?;
        let file = Self { name: format!("t12 {}", Uuid::now_v7()), folder };
        let url = format!("sqlite://{}?mode=rwc", file.path().display());
        let config = Config::url(url)?.pool(patient_pool(1));
        let config = options.iter().fold(config, |config, (option, value)| config.option(*option, *value));
        ConnectionManager::configure(&file.name, config)?;
        let accounts = "CREATE TABLE accounts (id INTEGER PRIMARY KEY, balance INTEGER NOT NULL)";
        file.execute(accounts).await?;
        file.execute("INSERT INTO accounts VALUES (1, 100)").await?;
        Ok(file)
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("main.db")
    }

    async fn execute(&self, sql: &str) -> Result<()> {
        connection(&self.name)?.execute(sql, []).await.map(drop)
    }
}

/// Checks that the transaction was rolled back on both databases for this reason, and that no branch is left.
async fn judge(done: Result<()>, why: ErrorKind, file: &File, bank: &str) -> Result<()> {
    let Err(error) = done else { return Err(Error::invalid("it was committed")) };
    let source = std::error::Error::source(&error).and_then(|source| source.downcast_ref::<Error>());
    assert_eq!((error.kind(), source.map(Error::kind)), (activerecord::two_phase::ABORTED, Some(why)), "{error}");
    // The error is that of the COMMIT, not of an earlier statement.
    assert!(!error.message().contains("SQL: "), "{error}");
    assert_eq!((balance(&file.name).await?, balance(bank).await?, left().await?), (100, 100, 0), "{error}");
    Ok(())
}

/// T12, BUSY. With a rollback journal, a COMMIT waits for the readers of the file, for `busy_timeout`. The reader of
/// this test stays, so the COMMIT fails after any time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t12_a_busy_file_aborts_all() -> Result<()> {
    let _alone = ALONE.lock().await;
    for bank in &preparing().await? {
        let file = File::new(&[("journal_mode", "delete"), ("busy_timeout", "30ms")]).await?;
        transfer(&file.name, bank, 0).await?;
        let reader = rusqlite::Connection::open(file.path()).map_err(Error::custom)?;
        let read = || reader.query_row("SELECT balance FROM accounts", [], |row| row.get::<_, i64>(0));
        reader.execute_batch("BEGIN").map_err(Error::custom)?;
        assert_eq!(read().map_err(Error::custom)?, 100);
        // In a transaction on the file alone, only the COMMIT fails.
        let alone = Transaction::begin(&*file.name).independent().await?;
        alone.run(async || change(&file.name, -10).await).await?;
        let committed = alone.commit().await;
        assert!(committed.as_ref().is_err_and(|error| error.kind() == ErrorKind::Busy), "{committed:?}");
        judge(transfer(&file.name, bank, 10).await, ErrorKind::Busy, &file, bank).await?;
        reader.execute_batch("COMMIT").map_err(Error::custom)?;
        transfer(&file.name, bank, 10).await?;
        assert_eq!((balance(&file.name).await?, balance(bank).await?), (90, 110));
        ConnectionManager::remove(&file.name).await?;
    }
    Ok(())
}

/// T12, FULL. SQLite allocates pages when a statement needs them, not at the COMMIT. A full-text index is the
/// exception: it collects its words until the COMMIT.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t12_a_full_file_aborts_all() -> Result<()> {
    let _alone = ALONE.lock().await;
    let words: Vec<_> =
        (0..12_000_u64).map(|number| format!("{:x}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15))).collect();
    let words = words.join(" ");
    for journal in ["wal", "delete"] {
        for bank in &preparing().await? {
            let file = File::new(&[("journal_mode", journal), ("max_pages", "40")]).await?;
            file.execute("CREATE VIRTUAL TABLE words USING fts5(word, content='', columnsize=0)").await?;
            transfer(&file.name, bank, 0).await?;
            let fill = async || {
                let insert = "INSERT INTO words (rowid, word) VALUES (1, ?)";
                connection(&file.name)?.execute(insert, [&*words]).await.map(drop)
            };
            let alone = Transaction::begin(&*file.name).independent().await?;
            alone.run(async || fill().await).await?;
            let committed = alone.commit().await;
            assert!(committed.as_ref().is_err_and(|error| error.kind() == ErrorKind::DiskFull), "{committed:?}");
            let done = two_phase([&*file.name, bank], async || {
                change(bank, 10).await?;
                change(&file.name, -10).await?;
                fill().await
            });
            judge(done.await, ErrorKind::DiskFull, &file, bank).await?;
            transfer(&file.name, bank, 10).await?;
            assert_eq!((balance(&file.name).await?, balance(bank).await?), (90, 110));
            ConnectionManager::remove(&file.name).await?;
        }
    }
    Ok(())
}

async fn attach(file: &File, other: &Path) -> Result<()> {
    let attach = "ATTACH ? AS attached";
    connection(&file.name)?.execute(attach, [other.display().to_string()]).await.map(drop)
}

/// T12. Attached files are committed atomically only if each has a rollback journal. Otherwise a crash can leave only
/// some of them committed. They are refused. A session with an attached file ends with the transaction that attached it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t12_attached_files_are_refused_unless_they_commit_atomically() -> Result<()> {
    let _alone = ALONE.lock().await;
    let banks = preparing().await?;
    let bank = &*banks[0];
    for (main, attached) in [("wal", "wal"), ("wal", "delete"), ("delete", "wal"), ("delete", "delete")] {
        let (file, other) =
            (File::new(&[("journal_mode", main)]).await?, File::new(&[("journal_mode", attached)]).await?);
        other.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY)").await?;
        // Removed, so that its connection keeps no lock on the file.
        ConnectionManager::remove(&other.name).await?;
        let before = balance(bank).await?;
        let done = two_phase([&*file.name, bank], async || {
            attach(&file, &other.path()).await?;
            change(&file.name, -1).await?;
            connection(&file.name)?.execute("INSERT INTO attached.notes DEFAULT VALUES", []).await?;
            change(bank, 1).await
        })
        .await;
        if (main, attached) == ("delete", "delete") {
            done?;
        } else {
            let error = done.err().ok_or_else(|| Error::invalid(format!("{main} {attached}: accepted")))?;
            let mode = format!("attached is in {attached} mode");
            assert!(error.is_aborted() || error.is_unsupported(), "{error}");
            assert!(error.message().contains("DETACH"), "{error}");
            assert!(attached == "delete" || error.message().contains(&mode), "{error}");
            assert_eq!((balance(&file.name).await?, balance(bank).await?), (100, before));
        }
        assert!(!TwoPhase::doctor().await?.iter().any(|finding| finding.mend.contains("DETACH")));
        assert_eq!(left().await?, 0);
        transfer(&file.name, bank, 1).await?;
        ConnectionManager::remove(&file.name).await?;
    }
    Ok(())
}

/// T12. A journal in memory is lost with the process, so it cannot undo half a COMMIT.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t12_a_file_without_a_journal_on_disk_is_refused() -> Result<()> {
    let _alone = ALONE.lock().await;
    let banks = preparing().await?;
    for journal in ["memory", "off"] {
        let file = File::new(&[("journal_mode", journal)]).await?;
        let refused = transfer(&file.name, &banks[0], 1).await;
        assert!(refused.is_err_and(|error| error.is_unsupported() && error.message().contains("journal_mode")));
        assert_eq!((balance(&file.name).await?, balance(&banks[0]).await?), (100, 100));
        ConnectionManager::remove(&file.name).await?;
    }
    Ok(())
}
