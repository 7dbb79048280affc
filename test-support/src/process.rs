//! Tests that set something of the whole process.

use std::env;
use std::io;
use std::process::Command;

/// Whether this is the process of the test `name` alone: its names of connections, its working folder and its settings meet no
/// other test's. Elsewhere the test is run in such a process, and its failure is an error.
///
/// # Errors
/// The process does not start, or the test fails in it.
pub fn in_a_process_of_its_own(name: &str) -> io::Result<bool> {
    const MARK: &str = "ACTIVERECORD_TEST_ALONE";
    if env::var(MARK).is_ok_and(|alone| alone == name) {
        return Ok(true);
    }
    let mut command = Command::new(env::current_exe()?);
    let output = command.args(["--exact", name, "--nocapture"]).env(MARK, name).output()?;
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let ran = output.status.success() && out.contains("1 passed");
    if ran { Ok(false) } else { Err(io::Error::other(format!("{name} in a process of its own:\n{out}{err}"))) }
}
