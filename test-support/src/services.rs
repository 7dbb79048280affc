//! The servers that `cargo xtask services up` has started.

use std::env;
use std::fs;
use std::process::Command;

use activerecord::{Error, Result};

/// Returns whether `cargo xtask test --without` excludes this server. The summary of the run names it.
pub fn is_left_out(server: &str) -> bool {
    let left_out = env::var("ACTIVERECORD_WITHOUT").unwrap_or_default();
    left_out.split(',').any(|name| name == server)
}

/// Returns the URL in this environment variable.
pub fn url(variable: &str) -> Result<String> {
    env::var(variable).map_err(|_| {
        let what_to_do = "run `cargo xtask test`, or `cargo xtask services up` and `env`";
        Error::configuration(format!("{variable} is not set: {what_to_do}"))
    })
}

/// Runs `cargo xtask services VERB NAME`. `kill` ends a server with SIGKILL. `restart` starts it on the same port with
/// the same data, and waits until it answers.
pub fn services(verb: &str, name: &str) -> Result<()> {
    // The xtask that runs the tests. It does not wait for the end of another build.
    let mut command = match env::var_os("ACTIVERECORD_XTASK") {
        Some(xtask) => Command::new(xtask),
        None => {
            let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
            cargo.arg("xtask");
            cargo
        }
    };
    let output = command.args(["services", verb, name]).output().map_err(Error::custom)?;
    assert!(output.status.success(), "cargo xtask services {verb} {name}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// Runs `rabbitmqctl` for the server that `cargo xtask services up` has started, and returns what it prints. Its environment is
/// that of the server, because it names the node.
pub fn rabbitmqctl(args: &[&str]) -> Result<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/services/rabbitmq");
    let read = |file: String| fs::read(file).map_err(Error::custom);
    let pid = String::from_utf8_lossy(&read(format!("{folder}/pid"))?).trim().to_owned();
    let variables = read(format!("/proc/{pid}/environ"))?;
    let variables = variables.split(|byte| *byte == 0).filter_map(|variable| {
        let variable = std::str::from_utf8(variable).ok()?;
        variable.split_once('=')
    });
    // The script in `PATH` requires the user of the installed server.
    let mut command = Command::new("/usr/lib/rabbitmq/bin/rabbitmqctl");
    let output = command.args(args).envs(variables).output().map_err(Error::custom)?;
    let printed = || String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "rabbitmqctl {args:?}: {}", printed());
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
