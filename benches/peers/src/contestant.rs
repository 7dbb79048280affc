use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use protocol::{Store, Workload};

use crate::Result;

/// A contestant's process, which lives through all rounds of all workloads.
#[derive(Debug)]
pub struct Contestant {
    /// Its name.
    pub name: &'static str,
    process: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Contestant {
    /// Starts the process.
    pub fn start(name: &'static str, program: &Path) -> Result<Self> {
        let mut process = Command::new(program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let input = process.stdin.take();
        let output = BufReader::new(process.stdout.take().ok_or("no output")?);
        Ok(Self { name, process, input, output })
    }

    /// Opens a database for a workload, and returns the settings in force there.
    pub fn prepare(&mut self, workload: Workload, store: &Store) -> Result<String> {
        self.ask(&format!("prepare {workload} {store}"), "ready ")
    }

    /// Runs so many operations, and returns the nanoseconds that all of them took.
    pub fn run(&mut self, operations: u64) -> Result<u64> {
        Ok(self.ask(&format!("run {operations}"), "took ")?.parse()?)
    }

    fn ask(&mut self, question: &str, answer: &str) -> Result<String> {
        writeln!(self.input.as_mut().ok_or("no input")?, "{question}")?;
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        match line.trim_end().strip_prefix(answer) {
            Some(rest) => Ok(rest.to_owned()),
            None => Err(format!("{} answers `{question}` with `{}`", self.name, line.trim_end()).into()),
        }
    }
}

impl Drop for Contestant {
    fn drop(&mut self) {
        drop(self.input.take());
        // It ends when its input does; nothing is left to do if it fails to.
        let _ = self.process.wait();
    }
}
