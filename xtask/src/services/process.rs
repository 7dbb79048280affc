//! Starts, finds and ends the processes of a server.
//!
//! They are found by an environment variable with the folder of the server, which all child processes inherit. So they
//! are found without the state file, after a kill of xtask, and even if a process id is reused. Redis overwrites its
//! environment with its title; it is found by its process id and its working folder.

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

/// The environment variable with the folder of the server.
pub(super) const MARK: &str = "ACTIVERECORD_SERVICE";

/// The name of the file with the process id, which the command of the server writes.
pub(super) const PID_FILE: &str = "pid";

/// How long a process of a server may take to write its id, or to end. Only a hang takes so long.
const PATIENCE: Duration = Duration::from_secs(60);

/// Whether servers can be started. An interruption sets it to false, and then stops the servers.
static OPEN: Mutex<bool> = Mutex::new(true);

/// Starts the server, and records its process id. It does not wait until the server answers.
///
/// The command is a shell that waits for the server. Without it, the first process of the system reaps a killed server.
/// In a container that can take long; until then the process id is in use, and PostgreSQL does not start again.
pub(super) fn start(server: &mut Server) -> Result<()> {
    let open = OPEN.lock().map_err(|_| "another start panicked")?;
    if !*open {
        return Err("interrupted".into());
    }
    let Some((program, args)) = server.command.split_first() else {
        return Err("the state has no command for the server".into());
    };
    let _ = fs::remove_file(&server.pid_file);
    // In its own process group: xtask handles Ctrl-C, and decides which servers it stops.
    let mut shell = Command::new(program).args(args).stdin(Stdio::null()).process_group(0).spawn()?;
    thread::spawn(move || shell.wait());
    wait(PATIENCE, || pid(&server.pid_file).is_some());
    server.pid =
        pid(&server.pid_file).ok_or_else(|| format!("the server did not write {}", server.pid_file.display()))?;
    Ok(())
}

/// Prevents further starts. Returns when no start is in progress.
pub(super) fn close() {
    if let Ok(mut open) = OPEN.lock() {
        *open = false;
    }
}

/// Returns the id of the main process of the server, if it is running.
pub(super) fn alive(server: &Server, folder: &Path) -> Option<u32> {
    pid(&server.pid_file).filter(|pid| own(&processes(), folder).contains(pid))
}

/// Sends the signal, waits until the server has ended, and kills its remaining processes.
pub(super) fn stop(server: &Server, folder: &Path, signal: Signal) {
    let all = members(folder);
    if let Some(pid) = alive(server, folder) {
        send(pid, signal);
        wait(PATIENCE, || !all.iter().any(|pid| is_running(*pid)));
    }
    kill(folder);
}

/// Kills every process of the server in `folder`, and waits until they have ended.
pub(super) fn kill(folder: &Path) {
    let mut killed = BTreeSet::new();
    wait(PATIENCE, || {
        killed.extend(members(folder));
        let running = killed.iter().filter(|pid| is_running(**pid));
        running.map(|pid| send(*pid, Signal::KILL)).count() == 0
    });
    // Its id is free when the shell has reaped it.
    if let Some(main) = pid(&folder.join(PID_FILE)).filter(|main| killed.contains(main)) {
        wait(Duration::from_secs(10), || status(main).is_none());
    }
}

/// Kills the running processes that this program started: builds and tests.
pub(super) fn kill_children() {
    let own = BTreeSet::from([std::process::id()]);
    descendants(&processes(), own.clone()).difference(&own).for_each(|pid| send(*pid, Signal::KILL));
}

/// Kills a process and its descendants.
pub(crate) fn kill_below(pid: u32) {
    descendants(&processes(), BTreeSet::from([pid])).iter().for_each(|pid| send(*pid, Signal::KILL));
}

/// Calls `done` until it returns true, or the time is over. Returns whether it returned true.
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

/// Returns the processes of the server and their descendants. The child processes of PostgreSQL also overwrite their
/// environment.
fn members(folder: &Path) -> BTreeSet<u32> {
    let system = processes();
    descendants(&system, own(&system, folder))
}

/// Returns the processes with the variable of the server, and its main process.
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

/// Returns the roots and their descendants.
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

/// Returns the status of a process. None: there is no such process.
fn status(pid: u32) -> Option<ProcessStatus> {
    let (mut system, pid) = (System::new(), sysinfo::Pid::from_u32(pid));
    let what = ProcessRefreshKind::nothing().without_tasks();
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), true, what);
    system.process(pid).map(sysinfo::Process::status)
}

/// Whether a process is running. A zombie has ended, and is not reaped yet.
fn is_running(pid: u32) -> bool {
    status(pid).is_some_and(|status| !matches!(status, ProcessStatus::Zombie | ProcessStatus::Dead))
}

/// Sends a signal. It is no error if the process has ended.
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

    /// Returns a server in the place of NATS that only sleeps.
    pub(in super::super) fn sleeper(root: &Path, seconds: &str) -> Server {
        let site = Site { root: root.to_path_buf(), postgres: None };
        site.make_data(Service::Nats, None).unwrap();
        // With a child process, like most servers.
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
    fn another_process_with_the_id_is_not_the_server() {
        let folder = tempfile::tempdir().unwrap();
        let server = sleeper(folder.path(), "0");
        fs::write(&server.pid_file, std::process::id().to_string()).unwrap();
        assert_eq!(alive(&server, &folder.path().join("nats")), None);
        kill(&folder.path().join("nats"));
    }

    #[test]
    fn a_wait_ends_when_the_condition_is_true_or_the_time_is_over() {
        let mut calls = 0;
        assert!(wait(PATIENCE, || {
            calls += 1;
            calls == 3
        }));
        assert!(!wait(Duration::ZERO, || false));
    }
}
