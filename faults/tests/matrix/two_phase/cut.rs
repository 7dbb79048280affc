//! T3. Replies that never arrive: a proxy hands a request on and cuts the connection before its answer.

use activerecord::prelude::*;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::{left, open, outcome, pairs, recover};
use crate::node::{ALONE, node};
use test_support::until;

/// Listens, hands on to `server`, and cuts a connection once, after a request with `text` in it has gone through.
async fn proxy(server: String, text: &'static str) -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(Error::custom)?;
    let port = listener.local_addr().map_err(Error::custom)?.port();
    tokio::spawn(async move {
        let cut = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        while let Ok((client, _)) = listener.accept().await {
            let (server, cut) = (server.clone(), std::sync::Arc::clone(&cut));
            tokio::spawn(async move { hand_on(client, &server, text, &cut).await });
        }
    });
    Ok(port)
}

async fn hand_on(
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
                    // It has done what it was asked; nobody is told.
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

/// The URL by way of the proxy: in the open, so that it can read.
fn through(url: &str, port: u16) -> Option<(String, String)> {
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
async fn t3_a_reply_that_is_lost_leaves_all_or_nothing() -> Result<()> {
    let _alone = ALONE.lock().await;
    let mut aborted = 0;
    for pair in pairs() {
        // On which connection, and after which request.
        let cuts = [(1, "PREPARE"), (1, "COMMIT PREPARED"), (1, "XA COMMIT"), (0, "COMMIT")];
        for (side, text) in cuts {
            let (first, second) = open(pair, 1).await?;
            let database = if side == 0 { &first } else { &second };
            let url = database.url();
            let Some((_, server)) = through(url, 0) else { continue };
            let port = proxy(server, text).await?;
            let Some((through, _)) = through(url, port) else { continue };
            let start = node(&["transfer"], &[&first, &second]);
            // The order decides who decides.
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
    // A lost answer to PREPARE is a no.
    assert!(aborted > 0);
    Ok(())
}
