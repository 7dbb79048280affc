//! The place of a test's database: its creation and its removal.

use std::time::Duration;

use activerecord::{Config, ConnectionManager, Error, Result, connection};
use tempfile::TempDir;

use super::profile::{Kind, Profile};
use crate::pool::{TIME_LIMIT, patient_pool};

const FILE: &str = "main.db";

/// The place of a test's database.
#[derive(Debug)]
pub(super) struct Home {
    profile: &'static Profile,
    name: String,
    url: String,
    /// The URL of its server, with a user that may create databases. None: it is a file.
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

    /// The path of the file. None: the database is on a server.
    pub(super) fn path(&self) -> Option<String> {
        self.folder.as_ref().map(|folder| folder.path().join(FILE).display().to_string())
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Removes the connections of these names, and drops the schema or database on the server. A `drop` cannot await, and
    /// the test's runtime may be shutting down, so a thread with its own runtime does it.
    pub(super) fn leave(&self, names: Vec<String>) {
        let server = self.server.clone();
        let (name, removal) = (self.name.clone(), self.profile.kind.removal(&self.name));
        let left = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::custom)?;
            runtime.block_on(async {
                for name in &names {
                    // A graceful close needs the test's runtime, which waits here. After this time the connection is
                    // cut, which has the same effect for the test.
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
                other => panic!("{name} was not removed from its server: {other:?}", name = self.name),
            }
        }
    }
}

/// Runs statements on the server, outside the databases of the tests.
async fn as_administrator(server: &str, name: &str, statements: &[String]) -> Result<()> {
    let administrator = format!("{name}_administrator");
    let config = Config::url(server)?.option("connect_timeout", TIME_LIMIT).option("lock_timeout", TIME_LIMIT);
    let config = config.pool(patient_pool(1));
    ConnectionManager::configure(&administrator, config)?;
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
    /// The statements that create the schema or database of a test.
    fn creation(self, name: &str) -> Vec<String> {
        match self {
            Self::File => Vec::new(),
            Self::Schema => vec![format!("CREATE SCHEMA {name}")],
            // Text is compared as in Rust: without the padding of spaces, and by its code points.
            Self::Database { collation } => {
                vec![format!("CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE {collation}")]
            }
        }
    }

    /// The statements that drop it.
    fn removal(self, name: &str) -> Vec<String> {
        match self {
            Self::File => Vec::new(),
            Self::Schema => vec![format!("DROP SCHEMA {name} CASCADE")],
            Self::Database { .. } => vec![format!("DROP DATABASE {name}")],
        }
    }

    /// The URL of the schema or database on a server.
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
