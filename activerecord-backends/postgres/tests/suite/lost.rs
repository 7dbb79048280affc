//! Connections that break: killed sessions, and a COMMIT without an answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use activerecord_core::backend::Backend;
use activerecord_core::{Config, ErrorKind};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::support::*;

#[tokio::test]
async fn killed_while_nothing_runs() {
    let mut c = connect(&config()).await;
    let process = process(&mut c).await;
    kill(process).await;
    // The session learns that it was killed only from the next statement.
    let error = c.ping().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error}");
    assert!(!c.is_reusable());
    for error in [run(&mut c, "SELECT 1").await.unwrap_err(), begin(&mut c).await.unwrap_err()] {
        assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error}");
    }
    c.close().await;
}

#[tokio::test]
async fn killed_while_a_statement_runs() {
    for text in ["SELECT pg_sleep(300)", "SELECT n, pg_sleep(0.001) FROM generate_series(1, 300000) n"] {
        let mut c = connect(&config()).await;
        let process = process(&mut c).await;
        let (result, ()) = tokio::join!(rows(&mut c, text, vec![]), async {
            until_it_sleeps(process).await;
            kill(process).await;
        });
        let error = result.unwrap_err();
        assert_eq!((error.kind(), error.code()), (ErrorKind::ConnectionLost, Some("57P01")), "{error}");
        assert!(!c.is_reusable());
    }
}

#[tokio::test]
async fn killed_in_a_transaction() {
    let mut c = schema("killed").await;
    run(&mut c, "CREATE TABLE t (n int)").await.unwrap();
    let process = process(&mut c).await;
    begin(&mut c).await.unwrap();
    run(&mut c, "INSERT INTO t VALUES (1)").await.unwrap();
    kill(process).await;
    assert!(commit(&mut c).await.unwrap_err().is_connection_lost());
    assert!(!c.is_reusable());
    assert_eq!(commit(&mut c).await.unwrap_err().kind(), ErrorKind::ConnectionLost);
    let mut other = connect(&in_schema("killed")).await;
    assert_eq!(one::<i64>(&mut other, "SELECT count(*) FROM t").await.unwrap(), 0);
}

#[tokio::test]
async fn a_statement_that_another_session_cancels() {
    let mut c = connect(&config()).await;
    let process = process(&mut c).await;
    let (result, ()) = tokio::join!(run(&mut c, "SELECT pg_sleep(300)"), async {
        until_it_sleeps(process).await;
        let mut other = connect(&config()).await;
        assert!(one::<bool>(&mut other, &format!("SELECT pg_cancel_backend({process})")).await.unwrap());
    });
    assert_eq!(result.unwrap_err().kind(), ErrorKind::StatementTimeout);
    assert!(c.is_reusable());
    assert_eq!(one::<i64>(&mut c, "SELECT 1").await.unwrap(), 1);
}

/// A proxy that cuts the connection at a COMMIT.
struct Cut {
    port: u16,
    /// Whether the COMMIT reaches the server before the cut.
    arrives: Arc<AtomicBool>,
}

impl Cut {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (port, arrives) = (listener.local_addr().unwrap().port(), Arc::new(AtomicBool::new(false)));
        let cut = Self { port, arrives: Arc::clone(&arrives) };
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(Self::serve(client, Arc::clone(&arrives)));
            }
        });
        cut
    }

    async fn serve(mut client: TcpStream, arrives: Arc<AtomicBool>) {
        let config = config();
        let address = (config.host.as_deref().unwrap_or("127.0.0.1"), config.port.unwrap_or(5432));
        let mut server = TcpStream::connect(address).await.unwrap();
        let (mut asked, mut told) = ([0; 4096], [0; 4096]);
        loop {
            tokio::select! {
                length = client.read(&mut asked) => match length {
                    Ok(length @ 1..) => {
                        let commits = asked[..length].windows(6).any(|window| window == b"COMMIT");
                        if !commits || arrives.load(Ordering::SeqCst) {
                            server.write_all(&asked[..length]).await.unwrap();
                        }
                        if commits {
                            // The server has committed when it answers.
                            let mut answer: Vec<u8> = Vec::new();
                            while arrives.load(Ordering::SeqCst) && !answer.windows(6).any(|window| window == b"COMMIT") {
                                assert!(server.read_buf(&mut answer).await.unwrap() > 0, "the server does not answer");
                            }
                            return;
                        }
                    }
                    _ => return,
                },
                length = server.read(&mut told) => match length {
                    Ok(length @ 1..) => client.write_all(&told[..length]).await.unwrap(),
                    _ => return,
                },
            }
        }
    }

    fn backend(&self, schema: &str) -> Arc<dyn Backend> {
        let config: Config = in_schema(schema).host("127.0.0.1").port(self.port).option("sslmode", "disable");
        backend(&config).unwrap()
    }
}

#[tokio::test]
async fn a_commit_without_an_answer() {
    let mut observer = schema("commit_cut").await;
    run(&mut observer, "CREATE TABLE t (n int)").await.unwrap();
    let cut = Cut::new().await;
    for (arrives, there) in [(false, 0), (true, 1)] {
        cut.arrives.store(arrives, Ordering::SeqCst);
        let mut c = cut.backend("commit_cut").connect().await.unwrap();
        begin(&mut c).await.unwrap();
        run(&mut c, "INSERT INTO t VALUES (1)").await.unwrap();
        let error = commit(&mut c).await.unwrap_err();
        assert!(error.is_commit_outcome_unknown() && error.message().contains("COMMIT"), "{error}");
        assert!(!c.is_reusable());
        assert_eq!(one::<i64>(&mut observer, "SELECT count(*) FROM t").await.unwrap(), there);
    }
}
