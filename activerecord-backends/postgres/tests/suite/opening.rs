//! Settings, and servers that cannot be reached.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use activerecord_core::{Config, Error, ErrorKind};
use activerecord_sqlx::{Address, socket_between};

use crate::support::*;

async fn connect_error(config: &Config) -> Error {
    match backend(config).unwrap().connect().await {
        Ok(_) => panic!("{config:?} was opened"),
        Err(error) => error,
    }
}

#[test]
fn settings_are_checked_without_a_server_or_a_runtime() {
    for (option, value, words) in [
        ("sslmod", "require", "`sslmode`"),
        ("sslmode", "requires", "`require`"),
        ("sslmode", "allow", "`sslmode`"),
        ("connect_timeout", "soon", "`connect_timeout`"),
        ("statement_timeout", "5", "`statement_timeout`"),
        ("statement_cache_capacity", "0", "`statement_cache_capacity`"),
        ("statement_cache_capacity", "many", "`statement_cache_capacity`"),
        ("searchpath", "x", "`search_path`"),
    ] {
        let error = backend(&Config::postgres("db1", "shop").option(option, value)).unwrap_err();
        assert!(error.is_configuration() && error.message().contains(words), "{error}");
    }
    let config = Config::postgres("db1", "shop").username("u").password("topsecret").option("sslmode", "verify-full");
    let opened = backend(&config).unwrap();
    assert_eq!(opened.dialect().name(), "postgresql");
    assert!(!format!("{opened:?}").contains("topsecret"), "{opened:?}");
}

#[tokio::test]
async fn the_session_has_the_settings() {
    let config = config()
        .option("application_name", "a name")
        .option("search_path", "pg_catalog, public")
        .option("statement_timeout", "7s")
        .option("lock_timeout", "1500ms")
        .option("idle_in_transaction_session_timeout", "1m");
    let mut c = connect(&config).await;
    for (setting, expected) in [
        ("TimeZone", "UTC"),
        ("client_encoding", "UTF8"),
        ("standard_conforming_strings", "on"),
        ("application_name", "a name"),
        ("search_path", "pg_catalog, public"),
        ("statement_timeout", "7s"),
        ("lock_timeout", "1500ms"),
        ("idle_in_transaction_session_timeout", "1min"),
    ] {
        assert_eq!(one::<String>(&mut c, &format!("SHOW {setting}")).await.unwrap(), expected, "{setting}");
    }
    let prepared: i64 = one(&mut c, "SELECT current_setting('max_prepared_transactions')::int").await.unwrap();
    assert_eq!(c.capabilities().prepared_transactions, prepared > 0);
    let version: i64 = one(&mut c, "SELECT current_setting('server_version_num')::int").await.unwrap();
    if version >= 140_000 {
        assert_eq!(one::<String>(&mut c, "SHOW client_connection_check_interval").await.unwrap(), "1s");
    }
    c.close().await;
}

#[tokio::test]
async fn a_server_that_cannot_be_reached() {
    for host in ["127.0.0.1", "[::1]"] {
        let error = connect_error(&Config::postgres(host, "shop").port(1).password("topsecret")).await;
        assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error}");
        assert!(error.message().contains(&format!("{host}:1")), "{error}");
        assert!(!format!("{error} {error:?}").contains("topsecret"));
    }
    let error = connect_error(&Config::postgres("no-such-host.invalid", "shop")).await;
    assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error}");
    assert!(error.message().contains("no-such-host.invalid:5432"), "{error}");
    let error = connect_error(&Config::url("postgres:///shop?host=/no/such/directory").unwrap()).await;
    assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error}");
    assert!(error.message().contains("/no/such/directory"), "{error}");
}

#[tokio::test]
async fn a_server_that_does_not_answer() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let started = Instant::now();
    let error =
        connect_error(&Config::postgres("127.0.0.1", "shop").port(port).option("connect_timeout", "200ms")).await;
    assert!(started.elapsed() < Duration::from_secs(60));
    assert_eq!(error.kind(), ErrorKind::ConnectionLost);
    assert!(error.message().contains("connect_timeout") && error.message().contains(&port.to_string()), "{error}");
}

/// The server speaks another protocol, or closes the connection.
#[tokio::test]
async fn a_server_of_another_kind() {
    use tokio::io::AsyncWriteExt;
    for greeting in [&b""[..], b"HTTP/1.1 400 Bad Request\r\n\r\n"] {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            socket.write_all(greeting).await.unwrap();
        });
        for mode in ["disable", "prefer"] {
            let config = Config::postgres("127.0.0.1", "shop").port(port).option("sslmode", mode);
            let error = connect_error(&config).await;
            assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error}");
        }
    }
}

#[tokio::test]
async fn logins_that_are_refused() {
    let error = connect_error(&config_of("no_such_database")).await;
    assert_eq!((error.kind(), error.code()), (ErrorKind::Configuration, Some("3D000")), "{error}");
    assert!(error.message().contains("no_such_database"), "{error}");
    for wrong in [config().username("no_such_user"), config()] {
        let error = connect_error(&wrong.password("topsecret")).await;
        assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
        assert!(!format!("{error} {error:?}").contains("topsecret"), "{error:?}");
    }
}

#[tokio::test]
async fn too_many_connections() {
    let mut c = connect(&config()).await;
    run(&mut c, "DROP ROLE IF EXISTS lonely").await.unwrap();
    run(&mut c, "CREATE ROLE lonely LOGIN PASSWORD 'lonely' CONNECTION LIMIT 1").await.unwrap();
    let lonely = config().username("lonely").password("lonely");
    let only = connect(&lonely).await;
    let error = connect_error(&lonely).await;
    assert_eq!((error.kind(), error.code()), (ErrorKind::ConnectionLost, Some("53300")), "{error}");
    assert!(error.message().contains("max_connections"), "{error}");
    drop(only);
}

#[tokio::test]
async fn a_setting_that_the_server_refuses() {
    let error = connect_error(&config().option("statement_timeout", "9999days")).await;
    assert_eq!((error.kind(), error.code()), (ErrorKind::Configuration, Some("22023")), "{error}");
}

/// `TCP_NODELAY` is set on the socket of the session, and not on another socket of this process that leads to the same server.
#[tokio::test]
async fn only_the_own_socket_sends_at_once() {
    let config = config();
    let server = (config.host.clone().unwrap(), config.port.unwrap_or(5432));
    let other = TcpStream::connect(server.clone()).unwrap();
    let mut c = connect(&config).await;
    let host: String = one(&mut c, "SELECT host(inet_client_addr())").await.unwrap();
    let port: i32 = one(&mut c, "SELECT inet_client_port()").await.unwrap();
    let server = Address::new(&server.0, server.1);
    let own = socket_between(Address::new(&host, port.try_into().unwrap()), server);
    let local = other.local_addr().unwrap();
    let sandboxed = socket_between(Address::new(&local.ip().to_string(), local.port()), server).is_none();
    assert_eq!(own.map(|own| own.nodelay().unwrap()), (!sandboxed).then_some(true));
    assert!(!other.nodelay().unwrap());
}

#[tokio::test]
async fn tls() {
    let mut c = connect(&config().option("sslmode", "require")).await;
    let text = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    assert!(one::<bool>(&mut c, text).await.unwrap());
    // The server's own authority is not trusted.
    let error = connect_error(&config().option("sslmode", "verify-full")).await;
    assert!(error.is_configuration() && error.message().contains("sslmode"), "{error}");
    let missing = config().option("sslmode", "verify-full").option("sslrootcert", "/no/such/file.pem");
    let error = connect_error(&missing).await;
    assert!(matches!(error.kind(), ErrorKind::Configuration | ErrorKind::ConnectionLost), "{error}");
    if let Ok(authority) = std::env::var("DATABASE_TLS_CA") {
        let trusted = config().option("sslmode", "verify-full").option("sslrootcert", authority);
        assert!(one::<bool>(&mut connect(&trusted).await, text).await.unwrap());
    }
}
