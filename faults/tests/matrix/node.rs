//! Starts the processes that the tests kill or stop.

use std::env;
use std::io;
use std::process::Stdio;
use std::time::Duration;

use activerecord::prelude::*;
use faults::places::VARIABLE;
use rustix::process::{Pid, Signal, kill_process};
use test_support::{Database, Profile, is_left_out, until};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// For the tests that run one at a time. A server lists the prepared transactions of all its databases, so two such
/// tests would disturb each other.
pub(crate) static ALONE: Mutex<()> = Mutex::const_new(());

/// Whether this is the long matrix (`cargo xtask faults --long`).
pub(crate) fn is_long() -> bool {
    env::var("ACTIVERECORD_FAULTS").is_ok_and(|set| set == "long")
}

/// The databases that this run includes.
pub(crate) fn profiles() -> impl Iterator<Item = &'static Profile> {
    Profile::all().into_iter().filter(|profile| !is_left_out(profile.name()))
}

/// A running process of the matrix.
pub(crate) struct Node {
    child: Child,
    lines: UnboundedReceiver<io::Result<String>>,
    printed: Vec<String>,
}

/// The settings of a process that is not started yet.
pub(crate) struct Start<'a> {
    arguments: Vec<String>,
    places: Vec<(&'a str, String)>,
    variables: Vec<(&'a str, String)>,
}

/// A process that runs the command `what` with these databases.
pub(crate) fn node<'a>(what: &[&str], databases: &[&'a Database]) -> Start<'a> {
    let places = databases.iter().map(|database| (&***database, database.url().to_owned())).collect();
    Start { arguments: what.iter().map(|&word| word.to_owned()).collect(), places, variables: Vec::new() }
}

impl<'a> Start<'a> {
    /// Adds a connection before the others.
    pub(crate) fn first(mut self, name: &'a str, url: String) -> Self {
        self.places.insert(0, (name, url));
        self
    }

    /// Adds a connection after the others, or moves it there with another URL.
    pub(crate) fn at(mut self, name: &'a str, url: String) -> Self {
        self.places.retain(|(known, _)| *known != name);
        self.places.push((name, url));
        self
    }

    /// Sets the failpoint: `NAME=ACTION@N`.
    pub(crate) fn failpoint(self, plan: &str) -> Self {
        self.variable("ACTIVERECORD_FAILPOINT", plan)
    }

    /// Sets an environment variable.
    pub(crate) fn variable(mut self, name: &'a str, value: &str) -> Self {
        self.variables.push((name, value.to_owned()));
        self
    }

    pub(crate) fn start(self) -> Result<Node> {
        let places: Vec<_> = self.places.iter().map(|(name, url)| format!("{name}={url}")).collect();
        let mut command = Command::new(env!("CARGO_BIN_EXE_node"));
        command.args(self.arguments).env(VARIABLE, places.join("\n")).envs(self.variables);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().map_err(Error::custom)?;
        let stdout = child.stdout.take().ok_or_else(|| Error::invalid("the process has no output"))?;
        Ok(Node { child, lines: read(stdout), printed: Vec::new() })
    }

    /// Starts the process, closes its input, and waits until it ends.
    pub(crate) async fn run(self) -> Result<Ended> {
        self.start()?.end().await
    }
}

/// The end of a process, and its output.
#[derive(Debug)]
pub(crate) struct Ended {
    /// It ended without an error.
    pub(crate) is_success: bool,
    /// A signal killed it.
    pub(crate) is_killed: bool,
    pub(crate) printed: String,
}

impl Node {
    /// Waits until the process prints a line with this text.
    pub(crate) async fn until_printed(&mut self, text: &str) -> Result<()> {
        while let Some(line) = self.lines.recv().await {
            let line = line.map_err(Error::custom)?;
            let found = line.contains(text);
            self.printed.push(line);
            if found {
                return Ok(());
            }
        }
        Err(Error::invalid(format!("the process ended before it printed `{text}`: {}", self.printed.join("\n"))))
    }

    pub(crate) fn signal(&self, signal: Signal) -> Result<()> {
        let id = self.child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        id.map_or(Ok(()), |id| kill_process(id, signal).map_err(Error::custom))
    }

    /// Waits until a failpoint has stopped the process.
    ///
    /// # Errors
    /// `Custom` when the process has ended instead.
    pub(crate) async fn until_stopped(&self) -> Result<()> {
        let path = format!("/proc/{}/stat", self.child.id().unwrap_or_default());
        until("the process is stopped", async || {
            let stat = std::fs::read_to_string(&path).map_err(Error::custom)?;
            match stat.rsplit(')').next().and_then(|rest| rest.trim_start().chars().next()) {
                Some('T') => Ok(true),
                Some('Z') => Err(Error::invalid("the process ended before its failpoint")),
                _ => Ok(false),
            }
        })
        .await
    }

    /// Closes the input of the process, and waits until it ends. Some commands run until then.
    pub(crate) async fn end(mut self) -> Result<Ended> {
        drop(self.child.stdin.take());
        self.end_by_itself().await
    }

    /// Waits until the process ends. Its input stays open.
    pub(crate) async fn end_by_itself(mut self) -> Result<Ended> {
        let reading = async {
            while let Some(line) = self.lines.recv().await {
                self.printed.push(line.map_err(Error::custom)?);
            }
            self.child.wait().await.map_err(Error::custom)
        };
        let status = tokio::time::timeout(Duration::from_secs(600), reading).await;
        let status = status.map_err(|_| Error::invalid("the process does not end"))??;
        Ok(Ended { is_success: status.success(), is_killed: status.code().is_none(), printed: self.printed.join("\n") })
    }
}

/// Reads the lines of a process at once, because a process with a full pipe blocks.
fn read(stdout: ChildStdout) -> UnboundedReceiver<io::Result<String>> {
    let (sender, lines) = unbounded_channel();
    tokio::spawn(async move {
        let mut stdout = BufReader::new(stdout).lines();
        while let Some(line) = stdout.next_line().await.transpose() {
            let is_last = line.is_err();
            if sender.send(line).is_err() || is_last {
                break;
            }
        }
    });
    lines
}
