//! One connection through a proxy.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use rustix::net::{Shutdown, shutdown};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::direction::Direction;

/// How many pieces wait for their delivery. The sender waits when there are more.
const WAITING: usize = 16;

/// The largest piece, in bytes.
const PIECE: usize = 16 * 1024;

/// Where bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    ToServer,
    ToClient,
}

/// A connection of a client, and the connection to the server that belongs to it.
pub(super) struct Link {
    client: TcpStream,
    server: TcpStream,
    /// Whether the ways to the server and to the client have ended.
    ended: [AtomicBool; 2],
}

/// The connections of a proxy.
#[derive(Default)]
pub(super) struct Links(Mutex<Vec<Weak<Link>>>);

/// Bytes, and when they arrived. No bytes: the end of the stream.
type Piece = (Instant, Vec<u8>);

impl Links {
    pub(super) fn add(&self, link: &Arc<Link>) {
        let mut links = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        links.retain(|link| link.strong_count() > 0);
        links.push(Arc::downgrade(link));
    }

    /// Those with a way that has not ended.
    pub(super) fn open(&self) -> Vec<Arc<Link>> {
        let links = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        links.iter().filter_map(Weak::upgrade).filter(|link| link.is_open()).collect()
    }
}

impl Link {
    pub(super) fn new(client: TcpStream, server: TcpStream) -> Self {
        for socket in [&client, &server] {
            // Without it a small piece can wait for an acknowledgement, which is no fault that a test has asked for.
            let _ = socket.set_nodelay(true);
        }
        Self { client, server, ended: Default::default() }
    }

    fn is_open(&self) -> bool {
        !self.ended.iter().all(|ended| ended.load(Ordering::SeqCst))
    }

    /// Closes both connections.
    pub(super) fn cut(&self) {
        self.end(Way::ToServer);
        self.end(Way::ToClient);
    }

    /// Ends one way: the receiver sees the end of the stream.
    pub(super) fn end(&self, way: Way) {
        let (from, to) = self.ends(way);
        self.ended[way as usize].store(true, Ordering::SeqCst);
        // These fail only when the connection has ended.
        let _ = shutdown(from, Shutdown::Read);
        let _ = shutdown(to, Shutdown::Write);
    }

    fn ends(&self, way: Way) -> (&TcpStream, &TcpStream) {
        match way {
            Way::ToServer => (&self.client, &self.server),
            Way::ToClient => (&self.server, &self.client),
        }
    }

    /// Reads and delivers at the same time, so that a delay does not limit how much passes.
    pub(super) async fn pump(&self, direction: &Direction) {
        let (from, to) = self.ends(direction.way);
        let (sender, mut pieces) = mpsc::channel::<Piece>(WAITING);
        let deliver = async {
            while let Some((arrived, bytes)) = pieces.recv().await {
                if bytes.is_empty() {
                    direction.deliver_end(self).await;
                } else if direction.deliver(to, arrived, &bytes).await.is_err() {
                    // A receiver that is gone disconnects the sender too, unless a test has ended this way only.
                    if !self.ended[direction.way as usize].load(Ordering::SeqCst) {
                        self.cut();
                    }
                    return;
                }
            }
        };
        tokio::join!(read(from, sender), deliver);
    }
}

async fn read(from: &TcpStream, pieces: mpsc::Sender<Piece>) {
    let mut buffer = vec![0; PIECE];
    loop {
        let read = match from.readable().await {
            Ok(()) => from.try_read(&mut buffer),
            Err(error) => Err(error),
        };
        let bytes = match read {
            Ok(count) => buffer[..count].to_vec(),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => continue,
            // A broken connection ends.
            Err(_) => Vec::new(),
        };
        let ended = bytes.is_empty();
        if pieces.send((Instant::now(), bytes)).await.is_err() || ended {
            return;
        }
    }
}
