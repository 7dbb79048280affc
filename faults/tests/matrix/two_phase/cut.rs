//! T3. An answer is lost: a proxy forwards a request, and cuts the connection before the answer.

use activerecord::prelude::*;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::{left, open, outcome, pairs, recover};
use crate::node::{ALONE, node};
use test_support::until;

/// Starts a proxy for `server`, and returns its port. It cuts a connection once: after it has forwarded a request that
/// contains `text`.
async fn proxy(server: String, text: &'static str) -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(Error::custom)?;
    let port = listener.local_addr().map_err(Error::custom)?.port();
    tokio::spawn(async move {
        let cut = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        while let Ok((client, _)) = listener.accept().await {
            let (server, cut) = (server.clone(), std::sync::Arc::clone(&cut));
            tokio::spawn(async move { forward(client, &server, text, &cut).await });
        }
    });
    Ok(port)
}

async fn forward(
    mut client: TcpStream,
    server: &str,
    text: &str,
    cut: &std::sync::atomic::AtomicBool,
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
                server.write_all(request).await?;
                let is_it = request.windows(text.len()).any(|window| window == text.as_bytes());
                if is_it && !cut.swap(true, std::sync::atomic::Ordering::SeqCst) {
                    // The server has executed the request, and the client gets no answer.
                    let _ = server.read(&mut reply).await?;
                    return Ok(());
                }
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

/// Returns the URL of the database through the proxy, and the address of the server. Without TLS, so that the proxy can
/// read the requests.
pub(super) fn through(url: &str, port: u16) -> Option<(String, String)> {
    let (scheme, rest) = url.split_once("://")?;
    let (login, rest) = rest.rsplit_once('@')?;
    let (server, path) = rest.split_once('/')?;
    let path = path.split('?').next()?;
    let query = rest.split_once('?').map(|(_, query)| query).unwrap_or_default();
    let keep: Vec<_> = query.split('&').filter(|option| option.starts_with("search_path")).collect();
    let open = if scheme.starts_with("postgres") { "sslmode=disable" } else { "ssl-mode=disabled" };
    let options = keep.into_iter().chain([open]).collect::<Vec<_>>().join("&");
    Some((format!("{scheme}://{login}@127.0.0.1:{port}/{path}?{options}"), server.to_owned()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t3_a_transaction_with_a_lost_answer_is_atomic() -> Result<()> {
    let _alone = ALONE.lock().await;
    let mut aborted = 0;
    for pair in pairs() {
        // The connection, and the text of the request.
        let cuts = [(1, "PREPARE"), (1, "COMMIT PREPARED"), (1, "XA COMMIT"), (0, "COMMIT")];
        for (side, text) in cuts {
            let (first, second) = open(pair, 1).await?;
            let database = if side == 0 { &first } else { &second };
            let url = database.url();
            let Some((_, server)) = through(url, 0) else { continue };
            let port = proxy(server, text).await?;
            let Some((through, _)) = through(url, port) else { continue };
            let start = node(&["transfer"], &[&first, &second]);
            // The first connection is the commit point.
            let start = if side == 0 {
                start.at(database, through).at(&second, second.url().to_owned())
            } else {
                start.at(database, through)
            };
            let ended = start.run().await?;
            let recovered = recover(&[&first, &second]).await?;
            until("nothing is left", async || Ok(left().await? == 0)).await?;
            let moved = outcome(&first, &second).await?;
            let at = format!("{} {} {text} on {side}: {ended:?} {recovered}", pair.0.name(), pair.1.name());
            assert_eq!(moved, Some(ended.is_success), "{at}");
            aborted += u32::from(!ended.is_success);
        }
    }
    // A lost answer to PREPARE aborts the transaction.
    assert!(aborted > 0);
    Ok(())
}
