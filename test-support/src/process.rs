//! Tests that change the state of the whole process.

use std::env;
use std::io;
use std::process::Command;

/// Returns whether this process runs only the test `name`. Then its connection names, its working folder and its settings
/// affect no other test. Otherwise runs the test in such a process and waits for its end.
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
    if ran { Ok(false) } else { Err(io::Error::other(format!("{name} in a separate process:\n{out}{err}"))) }
}

/// Runs the test `name` in a process in which `part` of a protocol is broken: see `failpoint::is_broken`. It must fail there.
///
/// # Errors
/// The process does not start, or the test does not fail in it.
pub fn fails_without(part: &str, name: &str) -> io::Result<()> {
    let mut command = Command::new(env::current_exe()?);
    let output = command.args(["--exact", name]).env("ACTIVERECORD_BROKEN", part).output()?;
    let out = String::from_utf8_lossy(&output.stdout);
    if out.contains("1 failed") { Ok(()) } else { Err(io::Error::other(format!("{name} without {part}:\n{out}"))) }
}
