//! One direction of a proxy: its faults, and what has passed.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::link::{Link, Links, Way};

/// One direction of a [`Proxy`](super::Proxy), for all of its connections. Delay and limit are combined with each other.
pub struct Direction {
    pub(super) way: Way,
    links: Arc<Links>,
    rule: Mutex<Rule>,
    /// Signals that the rule was changed.
    changed: Notify,
}

/// What becomes of the bytes.
#[derive(Debug, Default)]
struct Rule {
    delay: Duration,
    /// Bytes per second.
    limit: Option<u64>,
    /// With a limit: when the next bytes may pass.
    next: Option<Instant>,
    gate: Gate,
    passed: u64,
    lost: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Gate {
    #[default]
    Open,
    Hold,
    Lose,
}

/// What happened to some bytes.
enum Step {
    /// So many of them were passed on.
    Passed(usize),
    Lost,
    /// They must wait until this time, or until the rule changes.
    Wait(Option<Instant>),
    /// The receiver reads too slowly.
    Full,
}

impl Direction {
    pub(super) fn new(way: Way, links: &Arc<Links>) -> Self {
        Self { way, links: Arc::clone(links), rule: Mutex::default(), changed: Notify::new() }
    }

    /// Ends all faults of this direction. Bytes that it holds are passed on.
    pub fn pass(&self) {
        self.change(|rule| *rule = Rule { passed: rule.passed, lost: rule.lost, ..Rule::default() });
    }

    /// Delivers every byte this much later. The order stays.
    pub fn delay(&self, delay: Duration) {
        self.change(|rule| rule.delay = delay);
    }

    /// Delivers at most so many bytes per second, of all connections together. 0 counts as 1.
    pub fn limit(&self, bytes_per_second: u64) {
        self.change(|rule| rule.limit = Some(bytes_per_second.max(1)));
    }

    /// Holds every byte, and the end of a connection, until [`pass`](Self::pass): as packets that are sent again until they
    /// arrive. After some hundred KiB the sender can send no more.
    pub fn black_hole(&self) {
        self.change(|rule| rule.gate = Gate::Hold);
    }

    /// Discards every byte, for ever. After [`pass`](Self::pass) a stream of bytes has a gap.
    pub fn lose(&self) {
        self.change(|rule| rule.gate = Gate::Lose);
    }

    /// Ends this direction of all open connections: the receiver sees the end of the stream. The other direction stays
    /// open.
    pub fn cut(&self) {
        self.links.open().iter().for_each(|link| link.end(self.way));
    }

    /// How many bytes have passed, of all connections together.
    pub fn passed(&self) -> u64 {
        self.rule().passed
    }

    /// How many bytes were lost, of all connections together.
    pub fn lost(&self) -> u64 {
        self.rule().lost
    }

    fn change(&self, change: impl FnOnce(&mut Rule)) {
        change(&mut self.rule());
        self.changed.notify_waiters();
    }

    fn rule(&self) -> MutexGuard<'_, Rule> {
        self.rule.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Delivers bytes as the rule says.
    ///
    /// # Errors
    /// Those of the socket.
    pub(super) async fn deliver(&self, to: &TcpStream, arrived: Instant, bytes: &[u8]) -> std::io::Result<()> {
        let mut left = bytes;
        while !left.is_empty() {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            // The bytes pass under the lock: a command that has returned is obeyed.
            let step = self.rule().step(to, arrived, left)?;
            match step {
                Step::Passed(count) => left = &left[count..],
                Step::Lost => return Ok(()),
                Step::Wait(None) => changed.await,
                Step::Wait(Some(until)) => tokio::select! {
                    () = changed => {}
                    () = sleep_until(until) => {}
                },
                Step::Full => tokio::select! {
                    () = changed => {}
                    writable = to.writable() => writable?,
                },
            }
        }
        Ok(())
    }

    /// Delivers the end of the stream.
    pub(super) async fn deliver_end(&self, link: &Link) {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            {
                let rule = self.rule();
                if rule.gate == Gate::Open {
                    link.end(self.way);
                    return;
                }
            }
            changed.await;
        }
    }
}

impl Rule {
    fn step(&mut self, to: &TcpStream, arrived: Instant, bytes: &[u8]) -> std::io::Result<Step> {
        match self.gate {
            Gate::Open => {}
            Gate::Hold => return Ok(Step::Wait(None)),
            Gate::Lose => {
                self.lost += bytes.len() as u64;
                return Ok(Step::Lost);
            }
        }
        let now = Instant::now();
        let due = self.next.filter(|_| self.limit.is_some()).unwrap_or(now).max(arrived + self.delay);
        if due > now {
            return Ok(Step::Wait(Some(due)));
        }
        // A twentieth of a second at a time.
        let most = self.limit.map_or(usize::MAX, |limit| usize::try_from(limit.div_ceil(20)).unwrap_or(usize::MAX));
        match to.try_write(&bytes[..bytes.len().min(most)]) {
            Ok(count) => {
                self.passed += count as u64;
                self.next = self.limit.map(|limit| now + Duration::from_secs_f64(count as f64 / limit as f64));
                Ok(Step::Passed(count))
            }
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => Ok(Step::Full),
            Err(error) => Err(error),
        }
    }
}

impl fmt::Debug for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.rule().fmt(f)
    }
}
