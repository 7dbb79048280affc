//! Runs test programs in lanes. The programs of a lane run one after the other. Lanes run at the same time, because
//! most tests wait for a server.

use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use crate::Result;
use crate::report::Step;
use crate::tally::Tally;
use crate::watched::watched;

/// Programs that run one after the other.
#[derive(Debug)]
pub(crate) struct Lane {
    pub(crate) name: &'static str,
    pub(crate) runs: Vec<Run>,
}

/// One run of a program.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) title: String,
    pub(crate) command: Command,
}

/// Runs the lanes at the same time. Shows the output of each program when it has ended.
pub(crate) fn run(lanes: Vec<Lane>, tally: &mut Tally) -> Vec<Step> {
    let tally = Mutex::new(tally);
    thread::scope(|scope| {
        let threads: Vec<_> = lanes.into_iter().map(|lane| scope.spawn(|| lane.run(&tally))).collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).collect()
    })
}

impl Lane {
    fn run(self, tally: &Mutex<&mut Tally>) -> Step {
        let mut here = Tally::default();
        let step = Step::of(self.name, || {
            let errors: Vec<String> =
                self.runs.into_iter().filter_map(|run| run.shown(&mut here).err()).map(|e| e.to_string()).collect();
            match errors.is_empty() {
                false => Err(format!("{here}: {}", errors.join("\n")).into()),
                true if here.passed == 0 => Err("no test ran".into()),
                true => Ok(here.to_string()),
            }
        });
        tally.lock().unwrap_or_else(PoisonError::into_inner).add(&here);
        step
    }
}

impl Run {
    /// Runs the program until it ends, and shows its output.
    fn shown(self, tally: &mut Tally) -> Result<()> {
        let (start, mut printed) = (Instant::now(), String::new());
        let done = watched(self.command, &self.title, |line| {
            tally.count(line);
            printed.extend([line, "\n"]);
        });
        // In one call, so that the output of other lanes is not mixed in.
        println!("\n--- {} ({:.1} s)\n{printed}", self.title, start.elapsed().as_secs_f64());
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lane(name: &'static str, scripts: &[&str]) -> Lane {
        let run = |script: &&str| {
            let mut command = Command::new("sh");
            command.args(["-c", script]);
            Run { title: (*script).to_owned(), command }
        };
        Lane { name, runs: scripts.iter().map(run).collect() }
    }

    #[test]
    fn a_failed_program_stops_neither_its_lane_nor_the_others() {
        let (good, bad) =
            ("echo 'test result: ok. 2 passed; 0 failed;'", "echo 'test result: 1 passed; 1 failed;'; false");
        let mut tally = Tally::default();
        let lanes = vec![lane("a", &[bad, good]), lane("b", &[good]), lane("c", &["true"])];
        let steps: Vec<_> = run(lanes, &mut tally).iter().map(ToString::to_string).collect();
        assert_eq!((tally.passed, tally.failed), (5, 1));
        assert!(steps[0].starts_with("FAILED") && steps[0].contains("3 passed, 1 failed"), "{steps:?}");
        assert!(steps[1].starts_with("ok") && steps[1].contains("2 passed, 0 failed"), "{steps:?}");
        assert!(steps[2].contains("no test ran"), "{steps:?}");
    }
}
