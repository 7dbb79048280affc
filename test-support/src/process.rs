//! Tests that change the state of the whole process.

use std::env;
use std::io::{self, Read as _};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Returns whether a test of this program fails in a process of its own with this fault: `ACTIVERECORD_BROKEN`. If it does
/// not end within two minutes, it has failed too.
///
/// # Errors
/// The process does not start, or does not run the test.
pub fn fails_with(fault: &str, test: &str) -> io::Result<bool> {
    let mut child = Command::new(env::current_exe()?)
        .args(["--exact", test])
        .env("ACTIVERECORD_BROKEN", fault)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let mut out = String::new();
    let mut stdout = child.stdout.take();
    let reader = std::thread::spawn(move || {
        let read = stdout.as_mut().map_or(Ok(0), |stdout| stdout.read_to_string(&mut out));
        read.map(|_| out)
    });
    let end = Instant::now() + Duration::from_secs(120);
    while child.try_wait()?.is_none() {
        if Instant::now() > end {
            child.kill()?;
            child.wait()?;
            return Ok(true);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let out = reader.join().map_err(|_| io::Error::other("the output could not be read"))??;
    match (out.contains("0 passed; 1 failed"), out.contains("1 passed; 0 failed")) {
        (true, false) => Ok(true),
        (false, true) => Ok(false),
        _ => Err(io::Error::other(format!("the test {test} did not run: {out}"))),
    }
}

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
