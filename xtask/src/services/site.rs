//! The files below `target/services/`.

use std::borrow::Cow;
use std::fs::{self, File};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::command::{Call, as_user, give, user};
use super::process::{MARK, PID_FILE};
use super::service::Service;
use super::state::Server;
use crate::Result;
use crate::cargo;

/// The folder of all servers, and the settings of the command line.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) root: PathBuf,
    /// The requested major version of PostgreSQL. None: the highest one that the machine has.
    pub(super) postgres: Option<u32>,
}

/// The command of a server, and its address.
#[derive(Debug)]
pub(super) struct Launch {
    pub(super) version: String,
    pub(super) url: String,
    pub(super) command: Vec<String>,
    pub(super) env: Vec<(&'static str, String)>,
}

impl Site {
    /// Creates the folder, if it does not exist.
    pub(super) fn new(postgres: Option<u32>) -> Result<Self> {
        let root = cargo::root().join("target/services");
        fs::create_dir_all(&root)?;
        Ok(Self { root: root.canonicalize()?, postgres })
    }

    /// Waits until no other xtask changes these servers, and locks them until the file is dropped.
    pub(super) fn lock(&self) -> Result<File> {
        let file = File::create(self.root.join("lock"))?;
        file.lock()?;
        Ok(file)
    }

    pub(super) fn folder(&self, service: Service) -> PathBuf {
        self.root.join(service.name())
    }

    /// Returns the data folder of a server.
    pub(super) fn data(&self, service: Service) -> PathBuf {
        self.folder(service).join("data")
    }

    /// Returns a data folder before its first start. It is created once, because that takes longer than a start.
    pub(super) fn template(&self, name: &str, build: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
        let template = self.root.join("templates").join(name);
        if !template.exists() {
            let part = template.with_added_extension("part");
            let _ = fs::remove_dir_all(&part);
            private_folder(&part)?;
            build(&part)?;
            fs::rename(part, &template)?;
        }
        Ok(template)
    }

    /// Creates the data folder of a server: a copy of the template, or empty.
    pub(super) fn make_data(&self, service: Service, template: Option<&Path>) -> Result<()> {
        let data = self.data(service);
        let Some(template) = template else { return private_folder(&data) };
        fs::create_dir_all(self.folder(service))?;
        Call::new("cp").args(["--archive", "--reflink=auto"]).args([template, &data]).run().map(drop)
    }

    /// Writes the script that starts the server, and returns its state.
    pub(super) fn install(&self, service: Service, port: u16, launch: Launch) -> Result<Server> {
        let folder = self.folder(service);
        let (script, pid_file, log) = (folder.join("start"), folder.join(PID_FILE), folder.join("log"));
        let quoted = |path: &Path| shlex::try_quote(&path.to_string_lossy()).map(Cow::into_owned);
        let temporary = folder.join("tmp");
        private_folder(&temporary)?;
        let variables = [
            (MARK, folder.display().to_string()),
            ("LC_ALL", "C.UTF-8".to_owned()),
            ("TMPDIR", temporary.display().to_string()),
        ];
        let variables = variables.into_iter().chain(launch.env).map(|(name, value)| format!("{name}={value}"));
        let command: Vec<String> = variables.chain(as_user()).chain(launch.command).collect();
        let text = format!(
            "# Starts {service} with its port and data. Written by `cargo xtask services up`.\n\
             exec >>{} 2>&1\ncd {} || exit 1\nenv {} </dev/null &\necho $! >{}\nwait $!\n",
            quoted(&log)?,
            quoted(&self.data(service))?,
            shlex::try_join(command.iter().map(String::as_str))?,
            quoted(&pid_file)?,
        );
        fs::write(&script, text)?;
        Ok(Server {
            url: launch.url,
            variable: service.variable().to_owned(),
            version: launch.version,
            port,
            pid: 0,
            pid_file,
            log,
            data: self.data(service),
            command: vec!["sh".to_owned(), script.display().to_string()],
            user: user(),
            seconds: 0.0,
        })
    }
}

/// Creates a folder for the user of the servers that no other user can open, as PostgreSQL requires.
fn private_folder(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder.parent().unwrap_or(folder))?;
    fs::DirBuilder::new().mode(0o700).create(folder)?;
    give(folder)
}
