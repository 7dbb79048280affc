//! Where a test's database is, and how it comes and goes.

use std::time::Duration;

use activerecord::{Config, ConnectionManager, Error, PoolOptions, Result, connection};
use tempfile::TempDir;

use super::profile::{Kind, Profile};

const FILE: &str = "main.db";

/// Where a test's database is.
#[derive(Debug)]
pub(super) struct Home {
    profile: &'static Profile,
    name: String,
    url: String,
    /// Its server, as a user who may make databases; None: a file.
    server: Option<String>,
    folder: Option<TempDir>,
}

impl Home {
    pub(super) async fn new(name: &str, profile: &'static Profile) -> Result<Self> {
        let Some(server) = profile.server()? else {
            let folder = tempfile::tempdir().map_err(Error::custom)?;
            let url = format!("sqlite://{}?mode=rwc", folder.path().join(FILE).display());
            return Ok(Self { profile, name: name.into(), url, server: None, folder: Some(folder) });
        };
        as_administrator(&server, name, &profile.kind.creation(name)).await?;
        let url = profile.kind.url(&server, name);
        Ok(Self { profile, name: name.into(), url, server: Some(server), folder: None })
    }

    pub(super) fn profile(&self) -> &'static Profile {
        self.profile
    }

    /// The path of its file, if it is one.
    pub(super) fn path(&self) -> Option<String> {
        self.folder.as_ref().map(|folder| folder.path().join(FILE).display().to_string())
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Removes the connections of these names, and drops what was made on the server. A drop cannot wait, and the test's own
    /// runtime may be at its end: a thread does it.
    pub(super) fn leave(&self, names: Vec<String>) {
        let server = self.server.clone();
        let (name, removal) = (self.name.clone(), self.profile.kind.removal(&self.name));
        let left = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::custom)?;
            runtime.block_on(async {
                for name in &names {
                    // To part from the server takes the test's runtime, which waits here: what does not go at once is cut.
                    tokio::time::timeout(Duration::from_millis(20), ConnectionManager::remove(name)).await.ok();
                }
                match server {
                    Some(server) => as_administrator(&server, &name, &removal).await,
                    None => Ok(()),
                }
            })
        });
        if !std::thread::panicking() {
            match left.join() {
                Ok(Ok(())) => {}
                other => panic!("{name} is left on its server: {other:?}", name = self.name),
            }
        }
    }
}

/// Runs statements on the server, outside every test's database.
async fn as_administrator(server: &str, name: &str, statements: &[String]) -> Result<()> {
    let administrator = format!("{name}_administrator");
    ConnectionManager::configure(&administrator, Config::url(server)?.pool(PoolOptions::new().max_connections(1)))?;
    let mut done = Ok(());
    for statement in statements {
        done = connection(&administrator)?.execute(statement, []).await.map(drop);
        if done.is_err() {
            break;
        }
    }
    ConnectionManager::remove(&administrator).await?;
    done
}

impl Kind {
    /// Makes room for one test.
    fn creation(self, name: &str) -> Vec<String> {
        match self {
            Self::File => Vec::new(),
            Self::Schema => vec![format!("CREATE SCHEMA {name}")],
            // Without the padding of spaces and without regard to anything but the characters, text is equal as in Rust.
            Self::Database { collation } => {
                vec![format!("CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE {collation}")]
            }
        }
    }

    fn removal(self, name: &str) -> Vec<String> {
        match self {
            Self::File => Vec::new(),
            Self::Schema => vec!["SET lock_timeout = '60s'".into(), format!("DROP SCHEMA {name} CASCADE")],
            Self::Database { .. } => {
                vec!["SET SESSION lock_wait_timeout = 60".into(), format!("DROP DATABASE {name}")]
            }
        }
    }

    /// The URL of what was made on a server.
    fn url(self, server: &str, name: &str) -> String {
        let (address, options) = server.split_once('?').unwrap_or((server, ""));
        match self {
            Self::File => server.into(),
            Self::Schema if options.is_empty() => format!("{address}?search_path={name}"),
            Self::Schema => format!("{server}&search_path={name}"),
            Self::Database { .. } => {
                let host =
                    address.rfind('/').filter(|at| !address[..*at].ends_with('/')).map_or(address, |at| &address[..at]);
                if options.is_empty() { format!("{host}/{name}") } else { format!("{host}/{name}?{options}") }
            }
        }
    }
}
