//! T16. The answer to COMMIT is an error, of the server or of a proxy in front of it. It does not tell the outcome: the
//! decision row does.

use std::sync::Arc;

use activerecord::prelude::*;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;

use super::cut::through;
use super::{left, open, outcome, pairs, recover};
use crate::node::{ALONE, Ended, node};
use test_support::{Database, Profile, until};

/// The codes of PostgreSQL: "transaction resolution unknown", a serialization failure, and the code of the pooler `PgBouncer`.
const POSTGRES: [&str; 3] = ["08007", "40001", "08P01"];

/// The codes of MySQL and MariaDB: that of the proxy `ProxySQL` for a server that does not answer, and a deadlock.
const MYSQL: [&str; 2] = ["9001", "1213"];

/// The only text of a proxy's error.
const TEXT: &str = "the answer of a proxy";

/// Starts a proxy for `server`, and returns its port. It answers the first COMMIT with this error. `commits`: the server
/// has executed the COMMIT; otherwise the server gets the end of the connection instead.
async fn proxy(server: String, error: Vec<u8>, commits: bool) -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(Error::custom)?;
    let port = listener.local_addr().map_err(Error::custom)?.port();
    tokio::spawn(async move {
        let error = Arc::new(Mutex::new(Some(error)));
        while let Ok((client, _)) = listener.accept().await {
            let (server, error) = (server.clone(), Arc::clone(&error));
            tokio::spawn(async move { forward(client, &server, &error, commits).await });
        }
    });
    Ok(port)
}

async fn forward(
    mut client: TcpStream,
    server: &str,
    error: &Mutex<Option<Vec<u8>>>,
    commits: bool,
) -> std::io::Result<()> {
    let mut server = TcpStream::connect(server).await?;
    let (mut request, mut reply) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    loop {
        tokio::select! {
            read = client.read(&mut request) => {
                let request = &request[..read?];
                if request.is_empty() {
                    return Ok(());
                }
                let is_commit = request.windows(6).any(|window| window == b"COMMIT");
                let Some(error) = error.lock().await.take_if(|_| is_commit) else {
                    server.write_all(request).await?;
                    continue;
                };
                if commits {
                    server.write_all(request).await?;
                    let _ = server.read(&mut reply).await?;
                }
                client.write_all(&error).await?;
                return Ok(());
            }
            read = server.read(&mut reply) => {
                let reply = &reply[..read?];
                if reply.is_empty() {
                    return Ok(());
                }
                client.write_all(reply).await?;
            }
        }
    }
}

/// The message of an error in the protocol of the database.
fn message(profile: &Profile, code: &str) -> Vec<u8> {
    if profile.name() == "postgres" {
        let fields = format!("SERROR\0VERROR\0C{code}\0M{TEXT}\0\0");
        let length = u32::try_from(fields.len() + 4).unwrap_or_default().to_be_bytes();
        // With `ReadyForQuery`, outside a transaction.
        return [b"E", &length[..], fields.as_bytes(), b"Z\0\0\0\x05I"].concat();
    }
    let number: u16 = code.parse().unwrap_or_default();
    let body = [&[0xff], &number.to_le_bytes()[..], b"#HY000", TEXT.as_bytes()].concat();
    // Its length, and its number in the exchange.
    [&[u8::try_from(body.len()).unwrap_or_default(), 0, 0, 1], &body[..]].concat()
}

/// A transfer whose COMMIT at the commit point gets this error.
async fn transfer(
    pair: (&Profile, &Profile),
    banks: (&Database, &Database),
    code: &str,
    commits: bool,
    broken: &str,
) -> Result<Ended> {
    let (first, second) = banks;
    let (_, server) = through(first.url(), 0).ok_or_else(|| Error::invalid("it has no server"))?;
    let port = proxy(server, message(pair.0, code), commits).await?;
    let (url, _) = through(first.url(), port).ok_or_else(|| Error::invalid("it has no server"))?;
    let start = node(&["transfer"], &[first, second]).at(first, url).at(second, second.url().to_owned());
    start.variable("ACTIVERECORD_BROKEN", broken).run().await
}

fn codes(profile: &Profile) -> &'static [&'static str] {
    if profile.name() == "postgres" { &POSTGRES } else { &MYSQL }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t16_an_error_of_commit_does_not_tell_the_outcome() -> Result<()> {
    let _alone = ALONE.lock().await;
    for pair in pairs().into_iter().filter(|pair| pair.0.name() != "sqlite") {
        for code in codes(pair.0) {
            for commits in [true, false] {
                let at = format!("{} {} {code} {commits}", pair.0.name(), pair.1.name());
                let (first, second) = open(pair, 1).await?;
                let ended = transfer(pair, (&first, &second), code, commits, "").await?;
                assert_eq!(ended.is_success, commits, "{at}: {ended:?}");
                // The error of the COMMIT is the cause.
                let is_explained = ended.printed.contains("Protocol(\"aborted\")") && ended.printed.contains(TEXT);
                assert!(commits || is_explained, "{at}: {ended:?}");
                recover(&[&first, &second]).await?;
                until("nothing is left", async || Ok(left().await? == 0)).await?;
                assert_eq!(outcome(&first, &second).await?, Some(commits), "{at}");
            }
        }
    }
    Ok(())
}

/// The broken variant of T16: an error that the servers define as a rollback is believed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t16_a_believed_error_of_commit_is_not_atomic() -> Result<()> {
    let _alone = ALONE.lock().await;
    for pair in pairs().into_iter().filter(|pair| pair.0.name() != "sqlite") {
        let code = if pair.0.name() == "postgres" { "40001" } else { "1213" };
        let (first, second) = open(pair, 1).await?;
        let ended = transfer(pair, (&first, &second), code, true, "2pc.certain").await?;
        assert!(!ended.is_success, "{ended:?}");
        until("the branch is rolled back", async || Ok(left().await? == 0)).await?;
        assert_eq!(outcome(&first, &second).await?, None, "{} {}", pair.0.name(), pair.1.name());
    }
    Ok(())
}
