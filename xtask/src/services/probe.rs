//! Checks whether a server is ready, with the first messages of its protocol.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::service::Family;
use super::{PASSWORD, USER};

/// Whether the server accepts clients now.
pub(super) fn is_ready(family: Family, port: u16) -> bool {
    // The limit can be short, because the caller tries again.
    let answers = |say: &[u8], expected: &str| answers(port, say, expected, Duration::from_secs(1));
    match family {
        // A server that is starting, and a replica that is not consistent, send an error instead of a request for the
        // password.
        Family::Postgres => answers(&postgres_startup(), "SCRAM-SHA-256"),
        Family::Mariadb => answers(b"", "MariaDB"),
        Family::Mysql => answers(b"", "caching_sha2_password"),
        Family::Nats => answers(b"", "INFO {"),
        Family::Rabbitmq => answers(b"AMQP\x00\x00\x09\x01", "capabilities"),
        Family::Redis => answers(format!("AUTH {PASSWORD}\r\nPING\r\n").as_bytes(), "+PONG"),
    }
}

/// Returns a free port, and never the same one twice, because servers start at the same time. It is outside of the
/// range of outgoing connections, so that it is still free when a killed server starts again.
pub(super) fn free_port() -> u16 {
    static RETURNED: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    loop {
        let port = fastrand::u16(20_000..32_000);
        let is_new = RETURNED.lock().unwrap_or_else(PoisonError::into_inner).insert(port);
        if is_new && TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}

/// Whether the server sends `expected` after `say`. Each step may take `time`.
fn answers(port: u16, say: &[u8], expected: &str, time: Duration) -> bool {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let Ok(mut stream) = TcpStream::connect_timeout(&address, time) else { return false };
    if stream.set_read_timeout(Some(time)).is_err() || stream.write_all(say).is_err() {
        return false;
    }
    let (mut received, mut buffer) = (Vec::new(), [0; 1024]);
    while let Ok(length @ 1..) = stream.read(&mut buffer) {
        received.extend_from_slice(&buffer[..length]);
        if received.windows(expected.len()).any(|window| window == expected.as_bytes()) {
            return true;
        }
    }
    false
}

/// Returns the startup message: its length, version 3.0 of the protocol, the user and the database.
fn postgres_startup() -> Vec<u8> {
    let body = format!("\0\x03\0\0user\0{USER}\0database\0{USER}\0\0");
    let length = u32::try_from(body.len() + 4).unwrap_or_default();
    [&length.to_be_bytes(), body.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn a_server_is_ready_when_it_sends_the_expected_text() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            for words in ["-LOADING", "+OK\r\n+PONG\r\n"] {
                let (mut stream, _) = listener.accept().unwrap();
                stream.read_exact(&mut [0; 4]).unwrap();
                stream.write_all(words.as_bytes()).unwrap();
            }
        });
        let answers = |port| answers(port, b"PING", "+PONG", Duration::from_secs(60));
        assert!(!answers(port));
        assert!(answers(port));
        assert!(!answers(free_port()));
    }

    #[test]
    fn the_startup_message_begins_with_its_length() {
        let message = postgres_startup();
        assert_eq!(usize::from(message[3]), message.len());
        assert_eq!(message[4..8], [0, 3, 0, 0]);
    }
}
