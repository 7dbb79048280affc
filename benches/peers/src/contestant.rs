use std::io::{BufRead, BufReader, Write};
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

/// Whether a contestant can do a workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Prepared {
    /// It can, with these settings in force.
    Ready(String),
    /// It cannot, and why.
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

    /// Opens a database for a workload, with its tables filled.
    pub fn prepare(&mut self, workload: Workload, store: &Store) -> Result<Prepared> {
        let answer = self.ask(&format!("prepare {workload} {store}"))?;
        match answer.split_once(' ') {
            Some(("ready", settings)) => Ok(Prepared::Ready(settings.to_owned())),
            Some(("unsupported", why)) => Ok(Prepared::Unsupported(why.to_owned())),
            _ => Err(self.wrong("prepare", &answer)),
        }
    }

    /// Runs so many operations, and returns the nanoseconds that all of them took.
    pub fn run(&mut self, operations: u64) -> Result<u64> {
        let answer = self.ask(&format!("run {operations}"))?;
        let nanos = answer.strip_prefix("took ").ok_or_else(|| self.wrong("run", &answer))?;
        Ok(nanos.parse()?)
    }

    /// Runs so many operations, and returns how many allocations that took, and how many texts were in what was read.
    pub fn repeat(&mut self, operations: u64) -> Result<(u64, u64)> {
        let answer = self.ask(&format!("repeat {operations}"))?;
        let counts = answer.strip_prefix("did ").and_then(|counts| counts.split_once(' '));
        let (allocations, texts) = counts.ok_or_else(|| self.wrong("repeat", &answer))?;
        Ok((allocations.parse()?, texts.parse()?))
    }

    /// Lets the process end, and waits for that.
    pub fn finish(mut self) -> Result<()> {
        drop(self.input.take());
        let status = self.process.wait()?;
        if status.success() { Ok(()) } else { Err(format!("{} has ended with {status}", self.name).into()) }
    }

    fn ask(&mut self, question: &str) -> Result<String> {
        writeln!(self.input.as_mut().ok_or("no input")?, "{question}")?;
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }

    fn wrong(&self, question: &str, answer: &str) -> Box<dyn std::error::Error> {
        format!("{} answers `{question}` with `{answer}`", self.name).into()
    }
}

impl Drop for Contestant {
    fn drop(&mut self) {
        drop(self.input.take());
        // It ends when its input does; nothing is left to do if it fails to.
        let _ = self.process.wait();
    }
}
