//! Runs a program, and kills it if it hangs.

use std::io::{BufRead, BufReader, PipeReader, pipe};
use std::process::Command;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use crate::Result;
use crate::services::kill_below;

/// A build or test that prints nothing for so long hangs.
const SILENCE: Duration = Duration::from_secs(20 * 60);

/// Runs a program until it ends, and passes each line of its standard output and standard error to `see`. If it prints
/// nothing for 20 minutes, kills it and all processes that it started.
///
/// # Errors
/// When the program fails or is killed. The error has its title.
pub(crate) fn watched(command: Command, title: &str, see: impl FnMut(&str)) -> Result<()> {
    within(SILENCE, command, title, see)
}

fn within(silence: Duration, mut command: Command, title: &str, mut see: impl FnMut(&str)) -> Result<()> {
    let (reader, writer) = pipe()?;
    let mut child = command.stdout(writer.try_clone()?).stderr(writer).spawn()?;
    // The command holds write ends of the pipe. As long as they are open, the pipe has no end.
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

/// Returns the lines of the pipe as they arrive. Bytes that are not UTF-8 are replaced.
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
    fn a_program_that_hangs_is_killed_with_its_children() {
        let mut seen = Vec::new();
        // On a slow machine, the shell may start too late for the shorter times.
        for silence in [2, 10, 60].map(Duration::from_secs) {
            let mut command = Command::new("sh");
            command.args(["-c", "echo begun; echo warned >&2; sleep 600 & wait"]);
            seen.clear();
            let killed = within(silence, command, "sh", |line| seen.push(line.to_owned()));
            let killed = killed.map_err(|error| error.to_string());
            assert_eq!(killed, Err(format!("`sh` printed nothing for {silence:?}, and was killed")));
            if seen.len() == 2 {
                break;
            }
        }
        assert_eq!(seen, ["begun", "warned"]);
    }
}
