//! Processes of a server: starting, finding and ending them.
//!
//! They are found by a variable of their environment, which names the server's folder and which every child inherits:
//! neither a lost state file, nor a reused process id, nor an xtask that was killed can hide or confuse them. Redis
//! writes its title over its environment; it is known by its process id and the folder that it works in.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use procfs::process::{Process, all_processes};
use rustix::process::{Pid, Signal, kill_process};

use super::state::Server;
use crate::Result;

/// Holds the folder of the server that a process belongs to.
pub(super) const MARK: &str = "ACTIVERECORD_SERVICE";

/// In the server's folder; its command writes it.
pub(super) const PID_FILE: &str = "pid";

/// Whether servers may still be started: not once an interruption stops them.
static OPEN: Mutex<bool> = Mutex::new(true);

/// Starts the server and notes its process id. It may not answer yet.
///
/// Its command is a shell that waits for it: where the system's first process is slow to ask how orphans ended (in a
/// container, say), a killed server would keep its process id, and PostgreSQL would not start beside it.
pub(super) fn start(server: &mut Server) -> Result<()> {
    let open = OPEN.lock().map_err(|_| "another start panicked")?;
    if !*open {
        return Err("interrupted".into());
    }
    let Some((program, args)) = server.command.split_first() else { return Err("no command to start it".into()) };
    let _ = fs::remove_file(&server.pid_file);
    // In a group of its own: Ctrl-C is for xtask, which decides what is stopped.
    let mut shell = Command::new(program).args(args).stdin(Stdio::null()).process_group(0).spawn()?;
    thread::spawn(move || shell.wait());
    wait(Duration::from_secs(5), || pid(&server.pid_file).is_some());
    server.pid = pid(&server.pid_file).ok_or_else(|| format!("{} was not written", server.pid_file.display()))?;
    Ok(())
}

/// From now on nothing starts; returns when no start is half done.
pub(super) fn close() {
    if let Ok(mut open) = OPEN.lock() {
        *open = false;
    }
}

/// The id of the server's main process, if that is alive.
pub(super) fn alive(server: &Server, folder: &Path) -> Option<u32> {
    pid(&server.pid_file).filter(|pid| i32::try_from(*pid).is_ok_and(|pid| own(folder).contains(&pid)))
}

/// Asks the server to end, and kills what is left of it after a while.
pub(super) fn stop(server: &Server, folder: &Path, signal: Signal) {
    let all = members(folder);
    if let Some(pid) = alive(server, folder).and_then(|pid| i32::try_from(pid).ok()) {
        send(pid, signal);
        wait(Duration::from_secs(15), || !all.iter().any(|pid| is_running(*pid)));
    }
    kill(folder);
}

/// Kills every process of the server in `folder`, and waits until they are gone.
pub(super) fn kill(folder: &Path) {
    let mut seen = BTreeSet::new();
    wait(Duration::from_secs(15), || {
        seen.extend(members(folder));
        seen.retain(|pid| is_running(*pid));
        seen.iter().for_each(|pid| send(*pid, Signal::KILL));
        seen.is_empty()
    });
    if let Some(main) = main(folder) {
        wait(Duration::from_secs(1), || Process::new(main).is_err());
    }
}

/// Kills what this program started and that still runs, be it a build or a test.
pub(super) fn kill_children() {
    let own = std::process::id().try_into().into_iter().collect();
    descendants(&own).difference(&own).for_each(|pid| send(*pid, Signal::KILL));
}

/// Asks `done` again and again until it says yes, or the time is over; whether it said yes.
pub(super) fn wait(time: Duration, mut done: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    loop {
        if done() {
            return true;
        }
        if start.elapsed() > time {
            return false;
        }
        thread::sleep(Duration::from_millis(20));
    }
}

fn pid(file: &Path) -> Option<u32> {
    fs::read_to_string(file).ok()?.trim().parse().ok()
}

/// The server's own processes and all below them: PostgreSQL's children write over their environment too.
fn members(folder: &Path) -> BTreeSet<i32> {
    descendants(&own(folder))
}

fn main(folder: &Path) -> Option<i32> {
    pid(&folder.join(PID_FILE)).and_then(|pid| i32::try_from(pid).ok())
}

fn own(folder: &Path) -> BTreeSet<i32> {
    let main = main(folder);
    let is_marked = |process: &Process| {
        process.environ().is_ok_and(|environ| environ.get(OsStr::new(MARK)).is_some_and(|mark| mark == folder))
    };
    let is_main =
        |process: &Process| main == Some(process.pid) && process.cwd().is_ok_and(|working| working.starts_with(folder));
    processes().filter(|process| is_marked(process) || is_main(process)).map(|process| process.pid).collect()
}

fn descendants(roots: &BTreeSet<i32>) -> BTreeSet<i32> {
    let parents: Vec<_> =
        processes().filter_map(|process| process.stat().ok().map(|stat| (stat.pid, stat.ppid))).collect();
    let mut found = roots.clone();
    loop {
        let known = found.len();
        found.extend(
            parents.iter().filter(|(_, parent)| found.contains(parent)).map(|(pid, _)| *pid).collect::<Vec<_>>(),
        );
        if found.len() == known {
            return found;
        }
    }
}

fn processes() -> impl Iterator<Item = Process> {
    all_processes().into_iter().flatten().filter_map(Result::ok)
}

/// A zombie has ended: whoever started it has not asked how.
fn is_running(pid: i32) -> bool {
    Process::new(pid).and_then(|process| process.stat()).is_ok_and(|stat| !matches!(stat.state, 'Z' | 'X'))
}

/// A process that is gone meanwhile is as good as one that got the signal.
fn send(pid: i32, signal: Signal) {
    if let Some(pid) = Pid::from_raw(pid) {
        let _ = kill_process(pid, signal);
    }
}
