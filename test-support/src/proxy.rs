//! A bad network: a TCP proxy between a client and a server, whose faults a test switches on and off.

mod direction;
mod link;

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use activerecord::{Config, Error, Result};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

pub use self::direction::Direction;
use self::link::{Link, Links, Way};

/// A TCP proxy in front of one server. Every protocol passes: databases, queues, TLS.
///
/// A new proxy passes everything on. Each direction can [`delay`](Direction::delay), [`limit`](Direction::limit),
/// [`lose`](Direction::lose) or [`black_hole`](Direction::black_hole) its bytes, or be [`cut`](Direction::cut).
/// A command holds for open and for later connections until [`pass`](Self::pass). When it returns, no byte passes against
/// it any more. The proxy runs on a thread of its own: a test can block its runtime, or have several.
///
/// ```no_run
/// # use std::time::Duration;
/// # use activerecord::{ConnectionManager, Result};
/// # use test_support::Proxy;
/// # fn example() -> Result<()> {
/// let proxy = Proxy::new("postgres://app@127.0.0.1:5432/shop")?;
/// ConnectionManager::configure("far away", proxy.url())?;
/// proxy.to_client().delay(Duration::from_millis(50));
/// // The server gets every statement, and no answer arrives.
/// proxy.to_client().black_hole();
/// // The answers arrive.
/// proxy.pass();
/// # Ok(())
/// # }
/// ```
pub struct Proxy {
    address: SocketAddr,
    url: String,
    shared: Arc<Shared>,
    /// Ends the thread when it is dropped.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What the proxy shares with its thread.
struct Shared {
    to_server: Direction,
    to_client: Direction,
    /// Whether new connections are closed at once.
    refuses: AtomicBool,
    links: Arc<Links>,
}

impl Proxy {
    /// Starts a proxy in front of the server of a URL.
    ///
    /// # Errors
    /// `Configuration` when the URL is not valid or names no port; an error of the system when no port is free.
    pub fn new(url: &str) -> Result<Self> {
        let server = Config::url(url)?;
        let (Some(host), Some(port)) = (server.host, server.port) else {
            return Err(Error::configuration("a proxy needs the URL of a server, with its host and port"));
        };
        let mut proxy = Self::to(format!("{host}:{port}"))?;
        proxy.url = url.replacen(&format!("{host}:{port}"), &proxy.address.to_string(), 1);
        Ok(proxy)
    }

    /// Starts a proxy in front of the server at `host:port`. Its [`url`](Self::url) is only an address.
    ///
    /// # Errors
    /// An error of the system when no port is free.
    pub fn to(server: impl Into<String>) -> Result<Self> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").map_err(Error::custom)?;
        listener.set_nonblocking(true).map_err(Error::custom)?;
        let address = listener.local_addr().map_err(Error::custom)?;
        let links = Arc::new(Links::default());
        let shared = Arc::new(Shared {
            to_server: Direction::new(Way::ToServer, &links),
            to_client: Direction::new(Way::ToClient, &links),
            refuses: AtomicBool::new(false),
            links,
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::custom)?;
        let ((stop, stopped), server, proxied) = (oneshot::channel(), server.into(), Arc::clone(&shared));
        let thread = std::thread::spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    _ = stopped => {}
                    () = accept(listener, server, proxied) => {}
                }
            });
        });
        Ok(Self { address, url: address.to_string(), shared, stop: Some(stop), thread: Some(thread) })
    }

    /// The URL for clients: that of the server, with the host and port of the proxy.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The address for clients.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What clients send.
    pub fn to_server(&self) -> &Direction {
        &self.shared.to_server
    }

    /// What the server sends.
    pub fn to_client(&self) -> &Direction {
        &self.shared.to_client
    }

    /// Ends all faults. Bytes that a black hole or a delay holds are passed on.
    pub fn pass(&self) {
        self.shared.refuses.store(false, Ordering::SeqCst);
        self.to_server().pass();
        self.to_client().pass();
    }

    /// Makes both directions a black hole: connections stay open, and nothing arrives, not even the end of a connection.
    /// A new connection is accepted, and gets no answer.
    pub fn black_hole(&self) {
        self.to_server().black_hole();
        self.to_client().black_hole();
    }

    /// Closes all open connections, on both sides. New connections are accepted.
    pub fn cut(&self) {
        self.shared.links.open().iter().for_each(|link| link.cut());
    }

    /// Closes each new connection at once, as a port without a server does. Open connections stay.
    pub fn refuse(&self) {
        self.shared.refuses.store(true, Ordering::SeqCst);
    }

    /// The number of open connections.
    pub fn connections(&self) -> usize {
        self.shared.links.open().len()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has been printed.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The URL can contain a password.
        f.debug_struct("Proxy").field("address", &self.address).finish_non_exhaustive()
    }
}

/// Accepts clients and connects each to the server, for as long as it is polled.
async fn accept(listener: std::net::TcpListener, server: String, shared: Arc<Shared>) {
    let Ok(listener) = TcpListener::from_std(listener) else { return };
    loop {
        let Ok((client, _)) = listener.accept().await else { continue };
        let (server, shared) = (server.clone(), Arc::clone(&shared));
        tokio::spawn(async move {
            if shared.refuses.load(Ordering::SeqCst) {
                return;
            }
            let Ok(server) = TcpStream::connect(server).await else { return };
            let link = Arc::new(Link::new(client, server));
            shared.links.add(&link);
            tokio::join!(link.pump(&shared.to_server), link.pump(&shared.to_client));
        });
    }
}
