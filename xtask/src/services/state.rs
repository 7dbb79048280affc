//! The state of the servers, in a file that tests can read: `target/services/state.json`.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::service::Service;
use crate::Result;

/// The started servers by name.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    pub(super) servers: BTreeMap<Service, Server>,
}

/// A server: its address, its processes and its command.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Server {
    pub(super) url: String,
    pub(super) variable: String,
    pub(super) version: String,
    pub(super) port: u16,
    /// The process id when this file was written. After a restart, `pid_file` has the new one.
    pub(super) pid: u32,
    /// The file with the process id. `command` writes it.
    pub(super) pid_file: PathBuf,
    pub(super) log: PathBuf,
    pub(super) data: PathBuf,
    /// Starts the server with the same port, data and user, in the foreground.
    pub(super) command: Vec<String>,
    /// The user id that `command` switches to. None: it does not switch.
    pub(super) user: Option<u32>,
    /// The duration of the last start, in seconds.
    pub(super) seconds: f64,
}

impl State {
    pub(super) fn load(root: &Path) -> Result<Self> {
        match fs::read(file(root)) {
            Ok(json) => serde_json::from_slice(&json).map_err(|error| {
                format!("cannot read {}: {error}; `cargo xtask services down` resets it", file(root).display()).into()
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error.into()),
        }
    }

    /// Replaces the file atomically.
    pub(super) fn save(&self, root: &Path) -> Result<()> {
        let part = root.join("state.json.part");
        fs::write(&part, serde_json::to_vec_pretty(self)?)?;
        Ok(fs::rename(part, file(root))?)
    }

    /// Returns the variables of the servers in the order of their names, and the file of the certificate authority. A
    /// variable that the environment already has keeps its value.
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
    fn the_state_is_empty_at_first_and_read_as_it_was_saved() {
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
    fn a_url_in_the_environment_has_precedence() {
        let folder = tempfile::tempdir().unwrap();
        let state = State { servers: [server(Service::Postgres, 5), server(Service::Mysql, 6)].into() };
        let given = |name: &str| (name == "DATABASE_URL_MYSQL").then(|| OsString::from("mysql://elsewhere"));
        let variables = state.variables(folder.path(), given);
        let expected = [("DATABASE_URL_POSTGRES", "scheme://127.0.0.1:5"), ("DATABASE_URL_MYSQL", "mysql://elsewhere")];
        assert_eq!(variables, expected.map(|(name, url)| (name.to_owned(), url.into())));
    }
}
