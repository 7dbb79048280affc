//! What runs, in a file that tests may read: `target/services/state.json`.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::service::Service;
use crate::Result;

/// The servers that were started here, by name.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    pub(super) servers: BTreeMap<Service, Server>,
}

/// One server: how to reach it, how to kill it, how to start it again.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Server {
    pub(super) url: String,
    pub(super) variable: String,
    pub(super) version: String,
    pub(super) port: u16,
    /// When this file was written. Whoever starts the server again finds its new id in `pid_file`.
    pub(super) pid: u32,
    /// Written by `command` itself, whoever runs it.
    pub(super) pid_file: PathBuf,
    pub(super) log: PathBuf,
    pub(super) data: PathBuf,
    /// Starts it again with the same port and data, as the same user, and stays in the foreground.
    pub(super) command: Vec<String>,
    /// The user's id that `command` switches to; none when it runs as whoever calls it.
    pub(super) user: Option<u32>,
    /// How long the last start took, in seconds.
    pub(super) seconds: f64,
}

impl State {
    pub(super) fn load(root: &Path) -> Result<Self> {
        match fs::read(file(root)) {
            Ok(json) => serde_json::from_slice(&json).map_err(|error| {
                format!("{}: {error} (`cargo xtask services down` starts afresh)", file(root).display()).into()
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error.into()),
        }
    }

    /// Replaces the file as a whole: who reads it meanwhile sees the old one.
    pub(super) fn save(&self, root: &Path) -> Result<()> {
        let part = root.join("state.json.part");
        fs::write(&part, serde_json::to_vec_pretty(self)?)?;
        Ok(fs::rename(part, file(root))?)
    }

    /// The variables of the servers in the order of their names, and where the certificates' authority is. What the
    /// environment already has is left as it is.
    pub(super) fn variables(&self, root: &Path, given: impl Fn(&str) -> Option<OsString>) -> Vec<(String, OsString)> {
        let urls = self.servers.values().map(|server| (server.variable.clone(), OsString::from(&server.url)));
        let authority = super::tls::authority(root);
        let authority = authority.exists().then(|| ("DATABASE_TLS_CA".to_owned(), authority.into_os_string()));
        let mut variables: Vec<_> = urls.chain(authority).filter(|(name, _)| given(name).is_none()).collect();
        for name in Service::ALL.map(Service::variable).into_iter().chain(["DATABASE_TLS_CA"]) {
            variables.extend(given(name).map(|value| (name.to_owned(), value)));
        }
        variables
    }
}

fn file(root: &Path) -> PathBuf {
    root.join("state.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(service: Service, port: u16) -> (Service, Server) {
        let server = Server {
            url: format!("scheme://127.0.0.1:{port}"),
            variable: service.variable().to_owned(),
            version: "1.2".to_owned(),
            port,
            pid: 7,
            pid_file: "pid".into(),
            log: "log".into(),
            data: "data".into(),
            command: vec!["sh".into(), "start".into()],
            user: None,
            seconds: 0.5,
        };
        (service, server)
    }

    #[test]
    fn the_state_is_what_was_saved_and_empty_at_first() {
        let folder = tempfile::tempdir().unwrap();
        assert!(State::load(folder.path()).unwrap().servers.is_empty());
        let state = State { servers: [server(Service::Postgres2, 5), server(Service::Redis, 6)].into() };
        state.save(folder.path()).unwrap();
        state.save(folder.path()).unwrap();
        let read = State::load(folder.path()).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), serde_json::to_value(&state).unwrap());
        assert!(fs::read_to_string(file(folder.path())).unwrap().contains("\"postgres-2\""));
    }

    #[test]
    fn a_url_in_the_environment_wins() {
        let folder = tempfile::tempdir().unwrap();
        let state = State { servers: [server(Service::Postgres, 5), server(Service::Mysql, 6)].into() };
        let given = |name: &str| (name == "DATABASE_URL_MYSQL").then(|| OsString::from("mysql://elsewhere"));
        let variables = state.variables(folder.path(), given);
        let expected = [("DATABASE_URL_POSTGRES", "scheme://127.0.0.1:5"), ("DATABASE_URL_MYSQL", "mysql://elsewhere")];
        assert_eq!(variables, expected.map(|(name, url)| (name.to_owned(), url.into())));
    }
}
