//! Failpoints: named points in the code where a fault test kills or stops the process, or injects an error.
//!
//! `ACTIVERECORD_FAILPOINT=NAME=ACTION@N` runs the action when the point is reached for the N-th time (default: 1).
//! Actions: `kill` (SIGKILL), `stop` (SIGSTOP), `error`; `pause` sleeps 20 ms each time. Commas separate several plans.

use std::collections::HashMap;
use std::str::FromStr;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use activerecord_core::{Error, ErrorKind, Result};
use rustix::process::{Signal, getpid, kill_process};

static PLANS: LazyLock<Vec<Plan>> = LazyLock::new(|| {
    let plans = std::env::var("ACTIVERECORD_FAILPOINT").unwrap_or_default();
    plans.split(',').filter_map(|plan| plan.parse().ok()).collect()
});
static REACHED: LazyLock<Mutex<HashMap<String, u64>>> = LazyLock::new(Mutex::default);

#[derive(Debug, PartialEq, Eq)]
struct Plan {
    name: String,
    action: String,
    time: u64,
}

impl FromStr for Plan {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let invalid = || Error::invalid(format!("`{text}` is not NAME=ACTION or NAME=ACTION@N"));
        let (name, rest) = text.split_once('=').ok_or_else(invalid)?;
        let (action, time) = rest.split_once('@').unwrap_or((rest, "1"));
        let time = time.parse().map_err(|_| invalid())?;
        Ok(Self { name: name.into(), action: action.into(), time })
    }
}

/// Runs the action of the environment, if it names this failpoint.
pub fn reach(name: &str) -> Result<()> {
    let Some(plan) = PLANS.iter().find(|plan| plan.name == name) else { return Ok(()) };
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
        _ => return Err(Error::new(ErrorKind::Database, format!("injected by the failpoint `{name}`"))),
    };
    let _ = kill_process(getpid(), signal);
    // The kernel may deliver the signal to another thread first. This thread must not continue until then.
    std::thread::sleep(Duration::from_millis(200));
    Ok(())
}

/// Whether `ACTIVERECORD_BROKEN=NAME,NAME` disables this part of a protocol. The fault tests must fail when it does.
pub fn is_broken(name: &str) -> bool {
    static BROKEN: LazyLock<Option<String>> = LazyLock::new(|| std::env::var("ACTIVERECORD_BROKEN").ok());
    BROKEN.as_ref().is_some_and(|broken| broken.split(',').any(|broken| broken == name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_has_a_name_an_action_and_a_count() {
        let plan = |name: &str, action: &str, time| Plan { name: name.into(), action: action.into(), time };
        assert_eq!("saga.acted=kill@3".parse::<Plan>().unwrap(), plan("saga.acted", "kill", 3));
        assert_eq!("saga.acted=stop".parse::<Plan>().unwrap(), plan("saga.acted", "stop", 1));
        assert!("saga.acted".parse::<Plan>().is_err());
        assert!("saga.acted=kill@soon".parse::<Plan>().is_err());
    }
}
