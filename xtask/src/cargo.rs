//! Calls cargo in the root of the workspace.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use crate::Result;
use crate::services::kill_below;

/// No build and no test is silent for so long, unless it hangs.
const SILENCE: Duration = Duration::from_secs(20 * 60);

/// One call of the cargo that runs this program.
#[derive(Debug)]
pub(crate) struct Cargo {
    command: Command,
    title: String,
    silence: Duration,
}

impl Cargo {
    /// `cargo ARGS` in the workspace's root.
    pub(crate) fn new<'a>(args: impl IntoIterator<Item = &'a str>) -> Self {
        let args: Vec<&str> = args.into_iter().collect();
        let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.args(&args).current_dir(root());
        Self { command, title: format!("cargo {}", args.join(" ")), silence: SILENCE }
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

    /// Runs in another folder than the workspace's root.
    pub(crate) fn current_dir(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Runs it to its end; an exit code other than 0 is an error.
    pub(crate) fn run(mut self) -> Result<()> {
        let status = self.command.status()?;
        if status.success() { Ok(()) } else { Err(format!("`{}` failed", self.title).into()) }
    }

    /// Runs it to its end, shows each line of its output, and gives the line to `see`. It is killed, with all that it started,
    /// when it is silent for too long: what hangs is told, and the next step runs.
    pub(crate) fn run_seeing(mut self, mut see: impl FnMut(&str)) -> Result<()> {
        let mut child = self.command.stdout(Stdio::piped()).spawn()?;
        let (sender, lines) = channel();
        let stdout = child.stdout.take().map(BufReader::new);
        thread::spawn(move || stdout.into_iter().flat_map(BufRead::lines).try_for_each(|line| sender.send(line)));
        loop {
            match lines.recv_timeout(self.silence) {
                Ok(line) => {
                    let line = line?;
                    println!("{line}");
                    see(&line);
                }
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    kill_below(child.id());
                    child.wait()?;
                    return Err(format!("`{}` said nothing for {:?}, and was killed", self.title, self.silence).into());
                }
            }
        }
        if child.wait()?.success() { Ok(()) } else { Err(format!("`{}` failed", self.title).into()) }
    }
}

/// The workspace's root: the folder above this package.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hangs_is_killed_with_what_it_started() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo begun; sleep 600 & wait"]);
        let hangs = Cargo { command, title: "sh".into(), silence: Duration::from_millis(200) };
        let mut seen = Vec::new();
        let told = hangs.run_seeing(|line| seen.push(line.to_owned())).map_err(|error| error.to_string());
        assert_eq!(told, Err("`sh` said nothing for 200ms, and was killed".to_owned()));
        assert_eq!(seen, ["begun"]);
    }
}
