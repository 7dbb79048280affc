//! Finds programs, and runs programs that prepare a server.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Result;

/// The id of `nobody`. Some servers refuse to run as root, so no server does.
const NOBODY: u32 = 65_534;

/// Returns the user id for the servers. None: that of this process, which is not root.
pub(super) fn user() -> Option<u32> {
    rustix::process::geteuid().is_root().then_some(NOBODY)
}

/// Returns the start of a command that runs as [`user`]. It keeps the right to pass through closed folders, because the
/// repository can be in one. The last option keeps this right also for checks of access.
pub(super) fn as_user() -> Vec<String> {
    let Some(user) = user() else { return Vec::new() };
    let ids = [format!("--reuid={user}"), format!("--regid={user}")];
    let rights =
        ["--clear-groups", "--inh-caps=+dac_override", "--ambient-caps=+dac_override", "--securebits=+no_setuid_fixup"];
    ["setpriv".to_owned()].into_iter().chain(ids).chain(rights.map(str::to_owned)).collect()
}

/// Makes the user of the servers the owner of a file or folder, but not of the contents of a folder.
pub(super) fn give(path: &Path) -> Result<()> {
    user().map_or(Ok(()), |user| Ok(chown(path, Some(user), Some(user))?))
}

/// Returns the path of a program. Searches `PATH`, and the folders of system programs.
pub(super) fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let system = ["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from);
    // Before `PATH`, whose script requires the user of the installed RabbitMQ.
    let rabbitmq = [PathBuf::from("/usr/lib/rabbitmq/bin")];
    rabbitmq
        .into_iter()
        .chain(env::split_paths(&path))
        .chain(system)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}

/// A call of a program that ends by itself.
#[derive(Debug)]
pub(super) struct Call {
    command: Command,
}

impl Call {
    pub(super) fn new(program: impl AsRef<OsStr>) -> Self {
        let mut command = Command::new(program);
        command.stdin(Stdio::null()).env("LC_ALL", "C.UTF-8");
        Self { command }
    }

    /// Returns a call as the user of the servers.
    pub(super) fn as_user(program: &Path) -> Self {
        match as_user().split_first() {
            Some((first, rest)) => Self::new(first).args(rest).args([program]),
            None => Self::new(program),
        }
    }

    pub(super) fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.command.args(args);
        self
    }

    pub(super) fn current_dir(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    pub(super) fn stdin(mut self, file: &Path) -> Result<Self> {
        self.command.stdin(fs::File::open(file)?);
        Ok(self)
    }

    /// Runs the program, and returns its standard output.
    ///
    /// # Errors
    /// The command, and the end of its output.
    pub(super) fn run(mut self) -> Result<String> {
        let name = self.command.get_program().to_string_lossy().into_owned();
        let output = self.command.output().map_err(|error| format!("{name}: {error}"))?;
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() {
            return Ok(printed);
        }
        let all = format!("{printed}{}", String::from_utf8_lossy(&output.stderr));
        Err(format!("{:?} failed:\n{}", self.command, tail(&all)).into())
    }
}

/// Returns the last 60 lines, indented: enough for the stack trace of a crashed server.
pub(super) fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(60)..].iter().map(|line| format!("    {line}\n")).collect()
}

/// Returns the version that a program prints: the first word of digits and dots.
pub(super) fn version(program: &Path) -> Result<String> {
    let printed = Call::new(program).args(["--version"]).run()?;
    first_version(&printed)
        .ok_or_else(|| format!("expected a version of {}, found `{printed}`", program.display()).into())
}

pub(super) fn first_version(text: &str) -> Option<String> {
    let is_part = |c: char| c.is_ascii_digit() || c == '.';
    let words = text.split(|c: char| !is_part(c)).map(|word| word.trim_matches('.'));
    words.into_iter().find(|word| word.contains('.')).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_the_output_of_programs() {
        for (printed, version) in [
            ("postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)", "15.20"),
            ("mariadbd  Ver 10.11.19-MariaDB-0+deb12u1 for debian-linux-gnu on x86_64", "10.11.19"),
            ("mysqld  Ver 9.7.4-2 for Linux on x86_64", "9.7.4"),
            ("nats-server: v2.9.10", "2.9.10"),
            ("Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64", "7.0.15"),
        ] {
            assert_eq!(first_version(printed).as_deref(), Some(version));
        }
        assert_eq!(first_version("none here."), None);
    }

    #[test]
    fn a_failed_call_shows_the_end_of_its_output() {
        let error = Call::new("sh").args(["-c", "seq 70; echo reason >&2; exit 3"]).run().unwrap_err().to_string();
        assert!(error.contains("70\n    reason") && !error.contains(" 9\n"), "{error}");
    }
}
