//! Tests that change the state of the whole process.

use std::env;
use std::io::{self, Read as _};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

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

/// Runs the test `name` in a process in which `part` of a protocol is broken: see `failpoint::is_broken`. It must fail there. If
/// it does not end within two minutes, it has failed.
///
/// # Errors
/// The process does not start, or the test does not fail in it.
pub fn fails_without(part: &str, name: &str) -> io::Result<()> {
    let mut command = Command::new(env::current_exe()?);
    command.args(["--exact", name]).env("ACTIVERECORD_BROKEN", part).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn()?;
    let stdout = child.stdout.take();
    // Read meanwhile, because a full pipe would stop the process.
    let reader = std::thread::spawn(move || {
        let mut out = String::new();
        stdout.map_or(Ok(0), |mut stdout| stdout.read_to_string(&mut out)).map(|_| out)
    });
    let end = Instant::now() + Duration::from_secs(120);
    while child.try_wait()?.is_none() {
        if Instant::now() > end {
            child.kill()?;
            return child.wait().map(drop);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let out = reader.join().map_err(|_| io::Error::other("the output could not be read"))??;
    if out.contains("1 failed") { Ok(()) } else { Err(io::Error::other(format!("{name} without {part}:\n{out}"))) }
}
