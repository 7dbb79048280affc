//! The socket of one session. sqlx does not expose it, so it is found among the open files of this process.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};

/// One end of a TCP connection, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address {
    /// `None`: any. A server may report a name instead of an address.
    ip: Option<IpAddr>,
    port: u16,
}

impl Address {
    /// The address of a host at a port. A host that is a name can have any IP address.
    ///
    /// ```
    /// use activerecord_sqlx::Address;
    ///
    /// let ours = Address::new("192.0.2.1", 40_000);
    /// assert!(ours.is("192.0.2.1:40000".parse().unwrap()));
    /// assert!(!ours.is("192.0.2.2:40000".parse().unwrap()));
    /// assert!(Address::new("localhost", 40_000).is("127.0.0.1:40000".parse().unwrap()));
    /// ```
    pub fn new(host: &str, port: u16) -> Self {
        let ip = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host).parse();
        Self { ip: ip.ok().map(|ip: IpAddr| ip.to_canonical()), port }
    }

    /// Whether a socket address is this one.
    pub fn is(self, address: SocketAddr) -> bool {
        self.port == address.port() && self.ip.is_none_or(|ip| ip == address.ip().to_canonical())
    }
}

/// Prepares the socket of one session, which sqlx 0.9.0 opens with the defaults of the system.
///
/// `TCP_NODELAY`: a statement is sent without waiting for the server's acknowledgement of what was sent before (Nagle's algorithm,
/// RFC 896). Without it, the last piece of a long statement by TLS waits 40
/// milliseconds on Linux. The next release of sqlx sets it (its pull request 4336).
///
/// Keepalive, and the time limit of unacknowledged data (RFC 5482): a session whose server or network has gone without a word
/// ends after about a minute. By default it would wait for hours, or for ever.
///
/// `client` is the address of the session as the server reports it, `server` the address that was connected to. Nothing changes
/// where no socket of this process has these addresses: behind NAT or a pooler, on a Unix socket, on another system than Linux, and in a sandbox that
/// forbids `pidfd_getfd`, as the default profile of Docker does.
pub async fn tune_socket(client: Address, server: Address) {
    // The search makes a few system calls per open file, too many for a thread of the runtime.
    let search = tokio::task::spawn_blocking(move || socket_between(client, server));
    if let Ok(Some(socket)) = search.await {
        // A session whose socket stays as it is works, only slower, and waits longer.
        let _ = socket.set_nodelay(true);
        let _ = end_when_silent(&socket);
    }
}

/// How long a silent peer is tolerated before it is asked whether it is there.
const SILENCE: Duration = Duration::from_secs(30);

/// The time between two such questions, and their number.
const QUESTIONS: (Duration, u32) = (Duration::from_secs(10), 3);

fn end_when_silent(socket: &TcpStream) -> io::Result<()> {
    let (pause, count) = QUESTIONS;
    let socket = SockRef::from(socket);
    socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(SILENCE).with_interval(pause).with_retries(count))?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(SILENCE + pause * count))?;
    Ok(())
}

/// Returns another handle of the socket of this process that has these addresses; `None` if there is none, or more than one.
///
/// ```
/// use std::net::{TcpListener, TcpStream};
///
/// use activerecord_sqlx::{Address, socket_between};
///
/// let listener = TcpListener::bind("127.0.0.1:0")?;
/// let stream = TcpStream::connect(listener.local_addr()?)?;
/// let client = Address::new("127.0.0.1", stream.local_addr()?.port());
/// let server = Address::new("localhost", listener.local_addr()?.port());
/// // `None` on other systems than Linux, and in some sandboxes.
/// if let Some(same) = socket_between(client, server) {
///     same.set_nodelay(true)?;
///     assert!(stream.nodelay()?);
/// }
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn socket_between(client: Address, server: Address) -> Option<TcpStream> {
    let ends = |socket: &TcpStream| Some((socket.local_addr().ok()?, socket.peer_addr().ok()?));
    let mut found = open_sockets().filter_map(|socket| {
        let ends = ends(&socket).filter(|(local, peer)| client.is(*local) && server.is(*peer))?;
        Some((ends, socket))
    });
    let (ends, socket) = found.next()?;
    // Sockets to two servers can have the same local port. Handles of one socket are no obstacle: another search has some, too.
    found.all(|(others, _)| others == ends).then_some(socket)
}

#[cfg(target_os = "linux")]
use linux::open_sockets;

#[cfg(not(target_os = "linux"))]
fn open_sockets() -> impl Iterator<Item = TcpStream> {
    std::iter::empty()
}

#[cfg(target_os = "linux")]
mod linux {
    use std::fs::{DirEntry, read_dir, read_link};
    use std::net::TcpStream;
    use std::os::fd::{IntoRawFd as _, OwnedFd, RawFd};

    use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};

    /// Another handle of each socket that this process has open.
    pub(super) fn open_sockets() -> impl Iterator<Item = TcpStream> {
        let this = pidfd_open(getpid(), PidfdFlags::empty()).ok();
        let files = read_dir("/proc/self/fd").ok().filter(|_| this.is_some()).into_iter().flatten().flatten();
        files.filter_map(socket_number).filter_map(move |number| socket(this.as_ref()?, number))
    }

    fn socket_number(file: DirEntry) -> Option<RawFd> {
        let target = read_link(file.path()).ok()?;
        if target.to_str()?.starts_with("socket:") { file.file_name().to_str()?.parse().ok() } else { None }
    }

    /// Another handle of the socket with this number.
    fn socket(this: &OwnedFd, number: RawFd) -> Option<TcpStream> {
        let file = pidfd_getfd(this, number, PidfdGetfdFlags::empty()).ok()?;
        if is_socket(&file) {
            return Some(TcpStream::from(file));
        }
        // Another thread has closed the socket, and the number is another file's now. If that is an SQLite database, closing this
        // handle would release the locks that the process holds on it (fcntl(2)). So the handle stays open.
        let _ = file.into_raw_fd();
        None
    }

    fn is_socket(file: &OwnedFd) -> bool {
        rustix::net::sockopt::socket_type(file).is_ok()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::net::TcpListener;

    use super::*;

    #[test]
    fn an_address_is_compared_in_each_spelling() {
        for (host, address, expected) in [
            ("::1", "[::1]:7", true),
            ("[::1]", "[::1]:7", true),
            ("::ffff:127.0.0.1", "127.0.0.1:7", true),
            ("127.0.0.1", "[::ffff:127.0.0.1]:7", true),
            ("db1.example", "[::1]:7", true),
            ("127.0.0.1", "127.0.0.2:7", false),
            ("127.0.0.1", "127.0.0.1:8", false),
        ] {
            assert_eq!(Address::new(host, 7).is(address.parse().unwrap()), expected, "{host} {address}");
        }
    }

    #[tokio::test]
    async fn only_the_socket_with_both_addresses_is_set() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = listener.local_addr().unwrap();
        let [own, other] = [(); 2].map(|()| TcpStream::connect(server).unwrap());
        let client = address(own.local_addr().unwrap());
        tune_socket(client, Address::new("127.0.0.2", server.port())).await;
        tune_socket(Address::new("127.0.0.2", client.port), address(server)).await;
        assert!(!own.nodelay().unwrap());
        let found = socket_between(client, address(server)).is_some();
        tune_socket(client, address(server)).await;
        assert_eq!(own.nodelay().unwrap(), found);
        assert_eq!(SockRef::from(&own).keepalive().unwrap(), found);
        assert!(!other.nodelay().unwrap());
    }

    /// Sockets to two servers can have the same ports, and an address that is only a name does not tell them apart.
    #[tokio::test]
    async fn nothing_changes_where_two_sockets_match() {
        let listener = TcpListener::bind("0.0.0.0:0").unwrap();
        let server = listener.local_addr().unwrap().port();
        let first = TcpStream::connect(("127.0.0.1", server)).unwrap();
        let client = first.local_addr().unwrap().port();
        let second = tokio::net::TcpSocket::new_v4().unwrap();
        second.bind(SocketAddr::from(([127, 0, 0, 2], client))).unwrap();
        let second = second.connect(SocketAddr::from(([127, 0, 0, 2], server))).await.unwrap();
        tune_socket(Address::new("a.example", client), Address::new("b.example", server)).await;
        assert!(!first.nodelay().unwrap() && !second.nodelay().unwrap());
        tune_socket(Address::new("127.0.0.2", client), Address::new("b.example", server)).await;
        assert!(!first.nodelay().unwrap());
    }

    /// Searches see each other's handles.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn many_searches_at_once_find_each_their_own() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = listener.local_addr().unwrap();
        let streams: Vec<_> = (0..8).map(|_| TcpStream::connect(server).unwrap()).collect();
        let client = |stream: &TcpStream| address(stream.local_addr().unwrap());
        if socket_between(client(&streams[0]), address(server)).is_none() {
            return; // A sandbox that forbids it.
        }
        let searches: Vec<_> =
            streams.iter().map(|stream| tokio::spawn(tune_socket(client(stream), address(server)))).collect();
        for search in searches {
            search.await.unwrap();
        }
        assert!(streams.iter().all(|stream| stream.nodelay().unwrap()));
    }

    fn address(address: SocketAddr) -> Address {
        Address::new(&address.ip().to_string(), address.port())
    }
}
