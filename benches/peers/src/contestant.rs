use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use protocol::{Store, Workload};

use crate::Result;

/// A contestant's process. It runs for all rounds of all workloads.
#[derive(Debug)]
pub struct Contestant {
    /// Its name.
    pub name: &'static str,
    process: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

/// Whether a contestant supports a workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Prepared {
    /// It does, with these active settings.
    Ready(String),
    /// It does not, with the reason.
    Unsupported(String),
}

impl Contestant {
    /// Starts the process.
    pub fn start(name: &'static str, command: &mut Command) -> Result<Self> {
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let input = process.stdin.take();
        let output = BufReader::new(process.stdout.take().ok_or("no output")?);
        Ok(Self { name, process, input, output })
    }

    /// Opens a database for a workload, and fills its tables.
    pub fn prepare(&mut self, workload: Workload, store: &Store) -> Result<Prepared> {
        let answer = self.ask(&format!("prepare {workload} {store}"))?;
        match answer.split_once(' ') {
            Some(("ready", settings)) => Ok(Prepared::Ready(settings.to_owned())),
            Some(("unsupported", why)) => Ok(Prepared::Unsupported(why.to_owned())),
            _ => Err(self.wrong("prepare", &answer)),
        }
    }

    /// Runs the given number of operations, and returns their total time in nanoseconds.
    pub fn run(&mut self, operations: u64) -> Result<u64> {
        let answer = self.ask(&format!("run {operations}"))?;
        let nanos = answer.strip_prefix("took ").ok_or_else(|| self.wrong("run", &answer))?;
        Ok(nanos.parse()?)
    }

    /// Runs the given number of operations, and returns the number of allocations and of texts that were read.
    pub fn repeat(&mut self, operations: u64) -> Result<(u64, u64)> {
        let answer = self.ask(&format!("repeat {operations}"))?;
        let counts = answer.strip_prefix("did ").and_then(|counts| counts.split_once(' '));
        let (allocations, texts) = counts.ok_or_else(|| self.wrong("repeat", &answer))?;
        Ok((allocations.parse()?, texts.parse()?))
    }

    /// Closes the input of the process, and waits for its end.
    pub fn finish(mut self) -> Result<()> {
        drop(self.input.take());
        let status = self.process.wait()?;
        if status.success() { Ok(()) } else { Err(format!("{} exited with {status}", self.name).into()) }
    }

    fn ask(&mut self, question: &str) -> Result<String> {
        writeln!(self.input.as_mut().ok_or("no input")?, "{question}")?;
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }

    fn wrong(&self, question: &str, answer: &str) -> Box<dyn std::error::Error> {
        format!("unexpected answer of {} to `{question}`: `{answer}`", self.name).into()
    }
}

impl Drop for Contestant {
    fn drop(&mut self) {
        drop(self.input.take());
        // The process ends when its input ends. An error needs no handling here.
        let _ = self.process.wait();
    }
}
