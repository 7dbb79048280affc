//! Transactions, and connections that break.

use activerecord_core::ErrorKind;
use activerecord_core::backend::{Control, Isolation, TransactionOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::support::*;

const TABLE: &str = "CREATE TABLE t (n INT PRIMARY KEY)";

async fn count(c: &mut Conn) -> i64 {
    one(c, "SELECT count(*) FROM t").await.unwrap()
}

#[test]
fn begin_commit_and_roll_back() {
    on_each_server(async |server| {
        let (mut c, mut other) = (server.connect().await, server.connect().await);
        run(&mut c, TABLE).await.unwrap();
        begin(&mut c).await.unwrap();
        assert!(!c.is_reusable());
        assert_eq!(begin(&mut c).await.unwrap_err().kind(), ErrorKind::Transaction);
        run(&mut c, "INSERT INTO t VALUES (1)").await.unwrap();
        assert_eq!(count(&mut other).await, 0);
        commit(&mut c).await.unwrap();
        assert!(c.is_reusable());
        assert_eq!(count(&mut other).await, 1);
        begin(&mut c).await.unwrap();
        run(&mut c, "DELETE FROM t").await.unwrap();
        rollback(&mut c).await.unwrap();
        rollback(&mut c).await.unwrap();
        assert_eq!(count(&mut other).await, 1);
        assert_eq!(commit(&mut c).await.unwrap_err().kind(), ErrorKind::Transaction);
        let savepoint = c.control(Control::Savepoint("a")).await;
        assert_eq!(savepoint.unwrap_err().kind(), ErrorKind::Transaction);
        assert!(c.is_reusable());
    });
}

#[test]
fn savepoints() {
    on_each_server(async |server| {
        let mut c = server.connect().await;
        run(&mut c, TABLE).await.unwrap();
        begin(&mut c).await.unwrap();
        run(&mut c, "INSERT INTO t VALUES (1)").await.unwrap();
        c.control(Control::Savepoint("a`b")).await.unwrap();
        run(&mut c, "INSERT INTO t VALUES (2)").await.unwrap();
        run(&mut c, "INSERT INTO t VALUES (1)").await.unwrap_err();
        c.control(Control::RollbackTo("a`b")).await.unwrap();
        run(&mut c, "INSERT INTO t VALUES (3)").await.unwrap();
        c.control(Control::Release("a`b")).await.unwrap();
        commit(&mut c).await.unwrap();
        assert_eq!(one::<i64>(&mut c, "SELECT sum(n) FROM t").await.unwrap(), 4);
    });
}

#[test]
fn an_isolation_level_applies_to_one_transaction() {
    on_each_server(async |server| {
        let (mut c, mut other) = (server.connect().await, server.connect().await);
        run(&mut c, TABLE).await.unwrap();
        let levels = [
            (Some(Isolation::ReadUncommitted), 1),
            (Some(Isolation::ReadCommitted), 0),
            (Some(Isolation::RepeatableRead), 0),
            (None, 0),
        ];
        begin(&mut other).await.unwrap();
        run(&mut other, "INSERT INTO t VALUES (1)").await.unwrap();
        for (isolation, seen) in levels {
            let mut options = TransactionOptions::default();
            options.isolation = isolation;
            c.control(Control::Begin(options)).await.unwrap();
            assert_eq!(count(&mut c).await, seen, "{isolation:?}");
            commit(&mut c).await.unwrap();
        }
        rollback(&mut other).await.unwrap();
        let mut options = TransactionOptions::default();
        (options.isolation, options.read_only) = (Some(Isolation::Serializable), true);
        c.control(Control::Begin(options)).await.unwrap();
        assert!(run(&mut c, "INSERT INTO t VALUES (1)").await.unwrap_err().is_read_only());
        rollback(&mut c).await.unwrap();
    });
}

#[test]
fn dropping_a_connection_rolls_back() {
    on_each_server(async |server| {
        let (mut c, mut other) = (server.connect().await, server.connect().await);
        run(&mut c, TABLE).await.unwrap();
        for close in [false, true] {
            begin(&mut c).await.unwrap();
            run(&mut c, "INSERT INTO t VALUES (1)").await.unwrap();
            let left = std::mem::replace(&mut c, server.connect().await);
            if close {
                left.close().await;
            } else {
                drop(left);
            }
            // This waits until the lock is free.
            run(&mut other, "INSERT INTO t VALUES (1)").await.unwrap();
            run(&mut other, "DELETE FROM t").await.unwrap();
        }
    });
}

#[test]
fn a_connection_that_is_killed() {
    on_each_server(async |server| {
        let mut other = server.connect().await;
        run(&mut other, TABLE).await.unwrap();
        let mut c = server.connect().await;
        let id = session(&mut c).await;
        let (slept, _) = tokio::join!(rows(&mut c, "SELECT sleep(300)", vec![]), async {
            until_it_sleeps(&mut other, id).await;
            run(&mut other, &format!("KILL {id}")).await.unwrap();
        });
        assert!(slept.as_ref().is_err_and(activerecord_core::Error::is_connection_lost), "{slept:?}");
        assert!(!c.is_reusable());
        assert!(c.ping().await.is_err());

        let mut c = server.connect().await;
        let id = session(&mut c).await;
        begin(&mut c).await.unwrap();
        run(&mut c, "INSERT INTO t VALUES (1)").await.unwrap();
        run(&mut other, &format!("KILL {id}")).await.unwrap();
        until_gone(&mut other, id).await;
        let error = run(&mut c, "INSERT INTO t VALUES (2)").await.unwrap_err();
        assert!(error.is_connection_lost(), "{error:?}");
        // Nothing was sent.
        assert_eq!(commit(&mut c).await.unwrap_err().kind(), ErrorKind::ConnectionLost);
        assert!(!c.is_reusable());
        assert_eq!(count(&mut other).await, 0);
        assert!(server.connect().await.ping().await.is_ok());
    });
}

/// A proxy that cuts the connection at a COMMIT, before or after the server receives it.
async fn cutting_proxy(target: String, reaches_server: bool) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut client, _) = listener.accept().await.unwrap();
        let mut server = TcpStream::connect(target).await.unwrap();
        let (mut asked, mut told) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
        loop {
            tokio::select! {
                length = client.read(&mut asked) => match length {
                    Ok(length @ 1..) if asked[..length].ends_with(b"COMMIT") => {
                        if reaches_server {
                            server.write_all(&asked[..length]).await.unwrap();
                            // The server has committed when it answers.
                            assert!(server.read(&mut told).await.unwrap() > 0, "the server does not answer");
                        }
                        return;
                    }
                    Ok(length @ 1..) => server.write_all(&asked[..length]).await.unwrap(),
                    _ => return,
                },
                length = server.read(&mut told) => match length {
                    Ok(length @ 1..) => client.write_all(&told[..length]).await.unwrap(),
                    _ => return,
                },
            }
        }
    });
    port
}

#[test]
fn a_commit_whose_answer_is_lost() {
    on_each_server(async |server| {
        let mut other = server.connect().await;
        run(&mut other, TABLE).await.unwrap();
        let config = server.config();
        let target = format!("{}:{}", config.host.as_deref().unwrap(), config.port.unwrap_or(3306));
        for reaches_server in [false, true] {
            let port = cutting_proxy(target.clone(), reaches_server).await;
            let through = server.with(|config| config.port(port).option("ssl-mode", "disabled"));
            let mut c = through.connect().await.unwrap();
            begin(&mut c).await.unwrap();
            run(&mut c, "INSERT INTO t VALUES (1)").await.unwrap();
            let error = commit(&mut c).await.unwrap_err();
            assert!(error.is_commit_outcome_unknown(), "{error:?}");
            assert!(!c.is_reusable());
            drop(c);
            assert_eq!(count(&mut other).await, i64::from(reaches_server));
        }
    });
}
