//! Named points at which a test ends the process, stops it, or makes it fail: `ACTIVERECORD_FAILPOINT=NAME=ACTION@N`, where
//! the action (`kill`, `stop`, `error`) is taken when the point is reached for the N-th time (1 when it is left out); `pause`
//! stands still for 20 milliseconds each time.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use activerecord_core::{Error, ErrorKind, Result};
use rustix::process::{Signal, getpid, kill_process};

static PLAN: LazyLock<Option<Plan>> = LazyLock::new(|| Plan::read(&std::env::var("ACTIVERECORD_FAILPOINT").ok()?));
static REACHED: LazyLock<Mutex<HashMap<String, u64>>> = LazyLock::new(Mutex::default);

#[derive(Debug, PartialEq, Eq)]
struct Plan {
    name: String,
    action: String,
    time: u64,
}

impl Plan {
    fn read(text: &str) -> Option<Self> {
        let (name, rest) = text.split_once('=')?;
        let (action, time) = rest.split_once('@').unwrap_or((rest, "1"));
        Some(Self { name: name.into(), action: action.into(), time: time.parse().ok()? })
    }
}

/// Does here what the environment says.
pub fn reach(name: &str) -> Result<()> {
    let Some(plan) = PLAN.as_ref().filter(|plan| plan.name == name) else { return Ok(()) };
    if plan.action == "pause" {
        std::thread::sleep(Duration::from_millis(20));
        return Ok(());
    }
    let mut reached = REACHED.lock().unwrap_or_else(PoisonError::into_inner);
    let times = reached.entry(name.into()).or_default();
    *times += 1;
    if *times != plan.time {
        return Ok(());
    }
    drop(reached);
    let signal = match &*plan.action {
        "kill" => Signal::KILL,
        "stop" => Signal::STOP,
        _ => return Err(Error::new(ErrorKind::Database, format!("the failpoint `{name}` says so"))),
    };
    let _ = kill_process(getpid(), signal);
    // The signal may go to another thread first: this one must not get any further meanwhile.
    std::thread::sleep(Duration::from_millis(200));
    Ok(())
}

/// Whether the environment wants this part of a protocol broken (`ACTIVERECORD_BROKEN=NAME,NAME`): a test that cannot tell is
/// worth nothing.
pub fn is_broken(name: &str) -> bool {
    static BROKEN: LazyLock<Option<String>> = LazyLock::new(|| std::env::var("ACTIVERECORD_BROKEN").ok());
    BROKEN.as_ref().is_some_and(|broken| broken.split(',').any(|broken| broken == name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_names_a_point_an_action_and_a_time() {
        let plan = |name: &str, action: &str, time| Some(Plan { name: name.into(), action: action.into(), time });
        assert_eq!(Plan::read("saga.acted=kill@3"), plan("saga.acted", "kill", 3));
        assert_eq!(Plan::read("saga.acted=stop"), plan("saga.acted", "stop", 1));
        assert_eq!(Plan::read("saga.acted"), None);
        assert_eq!(Plan::read("saga.acted=kill@soon"), None);
    }
}
