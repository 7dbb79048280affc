//! A bad network between the program and a server: slow, silent, cut off.

use std::time::Duration;

use activerecord::PoolOptions;
use activerecord::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::server::{MARIADB, MYSQL, POSTGRES, Server};
use test_support::{Proxy, until};

/// The servers that no test of this program kills.
const SERVERS: [Server; 3] = [
    Server { name: "postgres", variable: "DATABASE_URL_POSTGRES", ..POSTGRES },
    Server { name: "mariadb", variable: "DATABASE_URL_MARIADB", ..MARIADB },
    MYSQL,
];

/// Only what waits without a limit takes so long.
const HANG: Duration = Duration::from_secs(60);

/// A server that sends back what it gets, and then the end.
async fn echo() -> Result<Proxy> {
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(Error::custom)?;
    let address = listener.local_addr().map_err(Error::custom)?;
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut read, mut write) = socket.split();
                tokio::io::copy(&mut read, &mut write).await?;
                write.shutdown().await
            });
        }
    });
    Proxy::to(address.to_string())
}

/// What arrives within a moment.
async fn arrived(client: &mut TcpStream) -> Option<Vec<u8>> {
    let mut bytes = vec![0; 64];
    let read = tokio::time::timeout(Duration::from_millis(100), client.read(&mut bytes)).await.ok()?;
    bytes.truncate(read.ok()?);
    Some(bytes)
}

/// Each fault of the proxy, in each direction, and its end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_proxy_does_what_it_is_told() -> Result<()> {
    let proxy = echo().await?;
    let connect = async || TcpStream::connect(proxy.address()).await.map_err(Error::custom);
    let send =
        async |client: &mut TcpStream, text: &str| client.write_all(text.as_bytes()).await.map_err(Error::custom);
    let receive = async |client: &mut TcpStream, text: &str| {
        let mut bytes = vec![0; text.len()];
        client.read_exact(&mut bytes).await.map_err(Error::custom)?;
        assert_eq!(String::from_utf8_lossy(&bytes), text);
        Ok::<_, Error>(())
    };
    let mut client = connect().await?;
    for direction in [proxy.to_server(), proxy.to_client()] {
        send(&mut client, "one").await?;
        receive(&mut client, "one").await?;
        let passed = direction.passed();

        direction.black_hole();
        send(&mut client, "two").await?;
        assert_eq!((arrived(&mut client).await, direction.passed()), (None, passed));
        direction.pass();
        receive(&mut client, "two").await?;

        direction.lose();
        send(&mut client, "three").await?;
        until("it is lost", async || Ok(direction.lost() == 5)).await?;
        direction.pass();
        send(&mut client, "four").await?;
        receive(&mut client, "four").await?;

        let delay = Duration::from_millis(150);
        direction.delay(delay);
        let sent = std::time::Instant::now();
        send(&mut client, "five").await?;
        receive(&mut client, "five").await?;
        assert!(sent.elapsed() >= delay);
        direction.pass();

        direction.limit(100);
        let sent = std::time::Instant::now();
        send(&mut client, &"6".repeat(30)).await?;
        receive(&mut client, &"6".repeat(30)).await?;
        // The first piece passes at once.
        assert!(sent.elapsed() >= Duration::from_millis(200), "{:?}", sent.elapsed());
        direction.pass();
    }

    // The end of one direction leaves the other one open.
    let passed = proxy.to_server().passed();
    proxy.to_client().black_hole();
    send(&mut client, "seven").await?;
    until("the server has it", async || Ok(proxy.to_server().passed() == passed + 5)).await?;
    proxy.to_server().cut();
    proxy.pass();
    receive(&mut client, "seven").await?;
    assert_eq!(arrived(&mut client).await, Some(Vec::new()));
    drop(client);

    let mut cut = connect().await?;
    send(&mut cut, "one").await?;
    receive(&mut cut, "one").await?;
    proxy.black_hole();
    proxy.cut();
    assert_eq!(cut.read(&mut [0]).await.unwrap_or(0), 0);
    proxy.pass();
    until("the connection is gone", async || Ok(proxy.connections() == 0)).await?;
    proxy.refuse();
    let mut refused = connect().await?;
    assert_eq!(refused.read(&mut [0]).await.unwrap_or(0), 0);
    proxy.pass();
    let mut client = connect().await?;
    send(&mut client, "one").await?;
    receive(&mut client, "one").await
}

/// The connection `name`, through a proxy. Every connection that was idle is pinged.
fn through(server: &Server, name: &str, pool: PoolOptions) -> Result<Proxy> {
    let proxy = Proxy::new(&server.url()?)?;
    ConnectionManager::configure(name, Config::url(proxy.url())?.pool(pool.idle_check(Duration::ZERO)))?;
    Ok(proxy)
}

async fn select(name: &str) -> Result<()> {
    connection(name)?.query("SELECT 1", []).await.map(drop)
}

/// A network that swallows everything: each caller gets an error at its deadline, whatever it waits for, and when the network
/// is back, the pool works. The time counts once, for queue, ping and connection together.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_server_costs_each_caller_one_deadline() -> Result<()> {
    for server in SERVERS.iter().filter(|server| !server.is_left_out()) {
        let name = format!("silent {}", server.name);
        let timeout = Duration::from_millis(700);
        let proxy = through(server, &name, PoolOptions::new().max_connections(2).acquire_timeout(timeout))?;
        let both = [Transaction::begin(&name).await?, Transaction::begin(&name).await?];
        for transaction in both {
            transaction.rollback().await?;
        }
        for round in 0..2 {
            proxy.black_hole();
            let callers = (0..12).map(|_| {
                let name = name.clone();
                tokio::spawn(async move {
                    let asked = std::time::Instant::now();
                    (select(&name).await, asked.elapsed())
                })
            });
            for caller in callers.collect::<Vec<_>>() {
                let (answer, waited) = caller.await.map_err(Error::custom)?;
                let error = answer.err().ok_or_else(|| Error::invalid("a black hole has answered"))?;
                assert!(error.is_pool_timeout(), "{error:?}");
                assert_eq!(error.connection(), Some(&*name));
                assert!(waited >= timeout && waited < HANG, "{waited:?}: {error}");
            }
            let verified = ConnectionManager::verify_all().await.unwrap_err();
            assert!(verified.to_string().contains(&name), "{verified}");
            proxy.pass();
            until("the pool works again", async || Ok(select(&name).await.is_ok())).await?;
            assert!(proxy.connections() <= 2 + 1, "round {round}: {}", proxy.connections());
        }
        ConnectionManager::remove(&name).await?;
    }
    Ok(())
}

/// A firewall has forgotten the connections that were idle: the server never sees their packets. The first caller finds out
/// by its ping, and still gets a new connection in time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forgotten_connections_are_replaced_within_the_deadline() -> Result<()> {
    for server in SERVERS.iter().filter(|server| !server.is_left_out()) {
        let name = format!("forgotten {}", server.name);
        let pool = PoolOptions::new().max_connections(4).acquire_timeout(Duration::from_secs(10));
        let proxy = through(server, &name, pool)?;
        let mut all = Vec::new();
        for _ in 0..4 {
            all.push(Transaction::begin(&name).await?);
        }
        for transaction in all {
            transaction.rollback().await?;
        }
        proxy.to_server().lose();
        let caller = tokio::spawn({
            let name = name.clone();
            async move { select(&name).await }
        });
        until("the ping is lost", async || Ok(proxy.to_server().lost() > 0)).await?;
        proxy.pass();
        caller.await.map_err(Error::custom)??;
        select(&name).await?;
        ConnectionManager::remove(&name).await?;
    }
    Ok(())
}
