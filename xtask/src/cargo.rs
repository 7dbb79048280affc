//! Calls of cargo in the root of the workspace.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Result;
use crate::watched::watched;

/// A call of cargo: of the same binary that runs this program.
#[derive(Debug)]
pub(crate) struct Cargo {
    command: Command,
    title: String,
}

impl Cargo {
    /// Returns the call `cargo ARGS`.
    pub(crate) fn new<'a>(args: impl IntoIterator<Item = &'a str>) -> Self {
        let args: Vec<&str> = args.into_iter().collect();
        let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.args(&args).current_dir(root());
        Self { command, title: format!("cargo {}", args.join(" ")) }
    }

    pub(crate) fn args(mut self, args: impl IntoIterator<Item = OsString>) -> Self {
        self.command.args(args);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn envs(mut self, variables: Vec<(String, OsString)>) -> Self {
        self.command.envs(variables);
        self
    }

    /// Returns the call as a command.
    pub(crate) fn into_command(self) -> Command {
        self.command
    }

    /// Runs the call until it ends. An exit code other than 0 is an error.
    pub(crate) fn run(mut self) -> Result<()> {
        let status = self.command.status()?;
        if status.success() { Ok(()) } else { Err(format!("`{}` failed", self.title).into()) }
    }

    /// Runs the call until it ends, and passes each line of its output to `see`.
    pub(crate) fn run_seeing(self, see: impl FnMut(&str)) -> Result<()> {
        watched(self.command, &self.title, see)
    }
}

/// Returns the root of the workspace: the folder above this package.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
