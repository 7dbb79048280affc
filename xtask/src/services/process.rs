//! Processes of a server: starting, finding and ending them.
//!
//! They are found by a variable of their environment, which names the server's folder and which every child inherits:
//! neither a lost state file, nor a reused process id, nor an xtask that was killed can hide or confuse them. Redis
//! writes its title over its environment; it is known by its process id and the folder that it works in.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use sysinfo::{ProcessRefreshKind, ProcessStatus, ProcessesToUpdate, System, UpdateKind};

use super::state::Server;
use crate::Result;

/// Holds the folder of the server that a process belongs to.
pub(super) const MARK: &str = "ACTIVERECORD_SERVICE";

/// In the server's folder; its command writes it.
pub(super) const PID_FILE: &str = "pid";

/// How long a process of a server may take to write its id, or to end. Only a hang takes so long.
const PATIENCE: Duration = Duration::from_secs(60);

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
    wait(PATIENCE, || pid(&server.pid_file).is_some());
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
    pid(&server.pid_file).filter(|pid| own(&processes(), folder).contains(pid))
}

/// Asks the server to end, and kills what is left of it after a while.
pub(super) fn stop(server: &Server, folder: &Path, signal: Signal) {
    let all = members(folder);
    if let Some(pid) = alive(server, folder) {
        send(pid, signal);
        wait(PATIENCE, || !all.iter().any(|pid| is_running(*pid)));
    }
    kill(folder);
}

/// Kills every process of the server in `folder`, and waits until they are gone.
pub(super) fn kill(folder: &Path) {
    let mut killed = BTreeSet::new();
    wait(PATIENCE, || {
        killed.extend(members(folder));
        let running = killed.iter().filter(|pid| is_running(**pid));
        running.map(|pid| send(*pid, Signal::KILL)).count() == 0
    });
    // Its id is free when the shell has asked how it ended.
    if let Some(main) = pid(&folder.join(PID_FILE)).filter(|main| killed.contains(main)) {
        wait(Duration::from_secs(10), || status(main).is_none());
    }
}

/// Kills what this program started and that still runs, be it a build or a test.
pub(super) fn kill_children() {
    let own = BTreeSet::from([std::process::id()]);
    descendants(&processes(), own.clone()).difference(&own).for_each(|pid| send(*pid, Signal::KILL));
}

/// Kills a process and all that it started.
pub(crate) fn kill_below(pid: u32) {
    descendants(&processes(), BTreeSet::from([pid])).iter().for_each(|pid| send(*pid, Signal::KILL));
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
fn members(folder: &Path) -> BTreeSet<u32> {
    let system = processes();
    descendants(&system, own(&system, folder))
}

fn own(system: &System, folder: &Path) -> BTreeSet<u32> {
    let mark = format!("{MARK}={}", folder.display());
    let main = pid(&folder.join(PID_FILE));
    let is_main = |process: &sysinfo::Process| {
        main == Some(process.pid().as_u32()) && process.cwd().is_some_and(|working| working.starts_with(folder))
    };
    let own = system
        .processes()
        .values()
        .filter(|process| process.environ().iter().any(|variable| variable == mark.as_str()) || is_main(process));
    own.map(|process| process.pid().as_u32()).collect()
}

/// The roots and what they started, directly or not.
fn descendants(system: &System, roots: BTreeSet<u32>) -> BTreeSet<u32> {
    let mut found = roots;
    loop {
        let known = found.len();
        let below = system
            .processes()
            .values()
            .filter(|process| process.parent().is_some_and(|parent| found.contains(&parent.as_u32())));
        let below: Vec<u32> = below.map(|process| process.pid().as_u32()).collect();
        found.extend(below);
        if found.len() == known {
            return found;
        }
    }
}

fn processes() -> System {
    let mut system = System::new();
    let what = ProcessRefreshKind::nothing().with_environ(UpdateKind::Always).with_cwd(UpdateKind::Always);
    system.refresh_processes_specifics(ProcessesToUpdate::All, true, what.without_tasks());
    system
}

/// None when there is no such process.
fn status(pid: u32) -> Option<ProcessStatus> {
    let (mut system, pid) = (System::new(), sysinfo::Pid::from_u32(pid));
    let what = ProcessRefreshKind::nothing().without_tasks();
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), true, what);
    system.process(pid).map(sysinfo::Process::status)
}

/// A zombie has ended: whoever started it has not asked how.
fn is_running(pid: u32) -> bool {
    status(pid).is_some_and(|status| !matches!(status, ProcessStatus::Zombie | ProcessStatus::Dead))
}

/// A process that is gone meanwhile is as good as one that got the signal.
fn send(pid: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let _ = kill_process(pid, signal);
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::service::Service;
    use super::super::site::{Launch, Site};
    use super::*;

    /// A server of the family of NATS that does nothing.
    pub(in super::super) fn sleeper(root: &Path, seconds: &str) -> Server {
        let site = Site { root: root.to_path_buf(), postgres: None };
        site.make_data(Service::Nats, None).unwrap();
        // With a child, as most servers have.
        let command = ["sh", "-c", "sleep \"$0\" & wait", seconds].map(str::to_owned).into();
        let launch = Launch { version: String::new(), url: String::new(), command, env: vec![("A", "b c".to_owned())] };
        site.install(Service::Nats, 1, launch).unwrap()
    }

    #[test]
    fn a_server_is_killed_with_its_children_and_starts_again() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("with 'quotes'");
        let (mut server, home) = (sleeper(&root, "120"), root.join("nats"));
        for _ in 0..2 {
            start(&mut server).unwrap();
            assert_eq!(alive(&server, &home), Some(server.pid));
            assert!(wait(PATIENCE, || members(&home).len() == 2));
            kill(&home);
            assert_eq!(alive(&server, &home), None);
            assert!(members(&home).is_empty());
        }
    }

    #[test]
    fn a_process_id_that_someone_else_has_is_not_the_server() {
        let folder = tempfile::tempdir().unwrap();
        let server = sleeper(folder.path(), "0");
        fs::write(&server.pid_file, std::process::id().to_string()).unwrap();
        assert_eq!(alive(&server, &folder.path().join("nats")), None);
        kill(&folder.path().join("nats"));
    }

    #[test]
    fn waiting_ends_when_it_is_done_or_late() {
        let mut asked = 0;
        assert!(wait(PATIENCE, || {
            asked += 1;
            asked == 3
        }));
        assert!(!wait(Duration::ZERO, || false));
    }
}
