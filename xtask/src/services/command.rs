//! Programs that prepare or are a server: found, run to their end, or written down to be started.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Result;

/// `nobody`, on every Unix. Some servers refuse to run as root, so none does.
const NOBODY: u32 = 65_534;

/// The user's id that servers run as; none when that is whoever calls.
pub(super) fn user() -> Option<u32> {
    rustix::process::geteuid().is_root().then_some(NOBODY)
}

/// What is put before a command to run it as [`user`]. It may still pass through folders that are closed to it, since
/// the repository may lie in one (and keeps that right when a program asks beforehand what it may do: the last option).
pub(super) fn as_user() -> Vec<String> {
    let Some(user) = user() else { return Vec::new() };
    let ids = [format!("--reuid={user}"), format!("--regid={user}")];
    let rights =
        ["--clear-groups", "--inh-caps=+dac_override", "--ambient-caps=+dac_override", "--securebits=+no_setuid_fixup"];
    ["setpriv".to_owned()].into_iter().chain(ids).chain(rights.map(str::to_owned)).collect()
}

/// Makes the file or folder (not what is in it) the servers' own.
pub(super) fn give(path: &Path) -> Result<()> {
    user().map_or(Ok(()), |user| Ok(chown(path, Some(user), Some(user))?))
}

/// Where the program is: in the path, or where packages put what is not for everybody's path.
pub(super) fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let system = ["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from);
    // Before the path, where a script insists on the user of the machine's own RabbitMQ.
    let rabbitmq = [PathBuf::from("/usr/lib/rabbitmq/bin")];
    rabbitmq
        .into_iter()
        .chain(env::split_paths(&path))
        .chain(system)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}

/// One call of a program, run to its end.
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

    /// The same as the servers' user.
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

    /// What it printed.
    ///
    /// # Errors
    /// What it is called, and the end of what it printed.
    pub(super) fn run(mut self) -> Result<String> {
        let name = self.command.get_program().to_string_lossy().into_owned();
        let output = self.command.output().map_err(|error| format!("{name}: {error}"))?;
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() {
            return Ok(printed);
        }
        let told = format!("{printed}{}", String::from_utf8_lossy(&output.stderr));
        Err(format!("{:?} failed:\n{}", self.command, tail(&told)).into())
    }
}

/// The last lines, indented: enough for the trace that a server leaves when it crashes.
pub(super) fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(60)..].iter().map(|line| format!("    {line}\n")).collect()
}

/// The version that the program prints: the first word of it that begins with a number and a dot.
pub(super) fn version(program: &Path) -> Result<String> {
    let printed = Call::new(program).args(["--version"]).run()?;
    first_version(&printed).ok_or_else(|| format!("{} tells no version: {printed}", program.display()).into())
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
    fn versions_are_found_in_what_programs_print() {
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
    fn a_failed_call_shows_the_end_of_what_it_printed() {
        let error = Call::new("sh").args(["-c", "seq 70; echo reason >&2; exit 3"]).run().unwrap_err().to_string();
        assert!(error.contains("70\n    reason") && !error.contains(" 9\n"), "{error}");
    }
}
