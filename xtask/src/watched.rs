//! Runs a program that may hang.

use std::io::{BufRead, BufReader, PipeReader, pipe};
use std::process::Command;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use crate::Result;
use crate::services::kill_below;

/// No build and no test is silent for so long, unless it hangs.
const SILENCE: Duration = Duration::from_secs(20 * 60);

/// Runs a program to its end, and gives each line of its output and of its errors to `see`. A program that prints nothing
/// for 20 minutes is killed, with all that it started.
///
/// # Errors
/// Names the program that failed or was killed.
pub(crate) fn watched(command: Command, title: &str, see: impl FnMut(&str)) -> Result<()> {
    within(SILENCE, command, title, see)
}

fn within(silence: Duration, mut command: Command, title: &str, mut see: impl FnMut(&str)) -> Result<()> {
    let (reader, writer) = pipe()?;
    let mut child = command.stdout(writer.try_clone()?).stderr(writer).spawn()?;
    // It holds the ends to write: with them, the pipe would never be at its end.
    drop(command);
    let lines = lines(reader);
    loop {
        match lines.recv_timeout(silence) {
            Ok(line) => see(&line),
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                kill_below(child.id());
                child.wait()?;
                return Err(format!("`{title}` printed nothing for {silence:?}, and was killed").into());
            }
        }
    }
    if child.wait()?.success() { Ok(()) } else { Err(format!("`{title}` failed").into()) }
}

/// The lines as they come. What is no text is shown as well as it can be.
fn lines(reader: PipeReader) -> Receiver<String> {
    let (sender, lines) = channel();
    thread::spawn(move || {
        let mut bytes = BufReader::new(reader).split(b'\n');
        bytes.try_for_each(|line| {
            let line = line.map_err(drop)?;
            sender.send(String::from_utf8_lossy(&line).into_owned()).map_err(drop)
        })
    });
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hangs_is_killed_with_what_it_started() {
        let mut seen = Vec::new();
        // A slow machine may start the shell only after the shorter times.
        for silence in [2, 10, 60].map(Duration::from_secs) {
            let mut command = Command::new("sh");
            command.args(["-c", "echo begun; echo warned >&2; sleep 600 & wait"]);
            seen.clear();
            let told = within(silence, command, "sh", |line| seen.push(line.to_owned()));
            let told = told.map_err(|error| error.to_string());
            assert_eq!(told, Err(format!("`sh` printed nothing for {silence:?}, and was killed")));
            if seen.len() == 2 {
                break;
            }
        }
        assert_eq!(seen, ["begun", "warned"]);
    }
}
