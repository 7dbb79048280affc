//! Settings, and the state of a new session.

use std::net::TcpStream;

use activerecord_core::{Config, ErrorKind};
use activerecord_sqlx::{Address, socket_between};

use crate::support::*;

#[test]
fn settings_are_checked_before_anything_is_sent() {
    let config = || Config::mysql("localhost", "x");
    for (config, word) in [
        (config().option("ssl_mode", "required"), "sslmode"),
        (config().option("lock_timeot", "1s"), "lock_timeout"),
        (config().option("ssl-mode", "requred"), "required"),
        (config().option("connect_timeout", "soon"), "connect_timeout"),
        (config().option("statement_cache_capacity", "many"), "statement_cache_capacity"),
        (config().option("collation", "latin1_bin; DROP"), "collation"),
        (config().option("ssl-cert", "a.pem"), "ssl-key"),
    ] {
        let error = backend(&config).unwrap_err();
        assert!(error.is_configuration() && error.message().contains(word), "{error}");
    }
    for mode in ["disabled", "PREFERRED", "verify_ca", "verify-full", "require"] {
        backend(&config().option("sslmode", mode)).unwrap();
    }
    let secret = backend(&config().password("topsecret")).unwrap();
    assert!(!format!("{secret:?}").contains("topsecret"));
}

#[test]
fn a_session_is_strict_and_in_utc() {
    on_each_server(async |server| {
        let mut c = server.with(|config| config.option("collation", "utf8mb4_bin")).connect().await.unwrap();
        let row = rows(
            &mut c,
            "SELECT @@sql_mode, @@time_zone, @@character_set_client, @@collation_connection, @@foreign_key_checks, \
             @@autocommit, 'a' || 'b'",
            vec![],
        );
        let row = row.await.unwrap().remove(0);
        let mode: String = row.get(0).unwrap();
        for word in ["STRICT_TRANS_TABLES", "NO_ZERO_DATE", "NO_ZERO_IN_DATE", "ONLY_FULL_GROUP_BY"] {
            assert!(mode.contains(word), "{mode}");
        }
        assert_eq!(row.get::<String>(1).unwrap(), "+00:00");
        assert_eq!(row.get::<String>(2).unwrap(), "utf8mb4");
        assert_eq!(row.get::<String>(3).unwrap(), "utf8mb4_bin");
        assert_eq!((row.get::<i64>(4).unwrap(), row.get::<i64>(5).unwrap()), (1, 1));
        assert_eq!(row.get::<String>(6).unwrap(), "ab");
        assert!(c.ping().await.is_ok());
        c.close().await;
    });
}

#[test]
fn connecting_has_a_time_limit() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        // It accepts the connection, and sends nothing.
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let config = Config::mysql("127.0.0.1", "x").port(port).option("connect_timeout", "200ms");
        let started = std::time::Instant::now();
        let error = backend(&config).unwrap().connect().await.err().unwrap();
        assert!(started.elapsed().as_secs() < 60);
        assert_eq!(error.kind(), ErrorKind::ConnectionLost);
        assert!(error.message().contains("connect_timeout"), "{error}");
    });
}

/// With and without TLS, because the password is sent in another way.
#[test]
fn logins_with_and_without_tls() {
    on_each_server(async |server| {
        let mut root = server.connect().await;
        let user = format!("u{:08x}", fastrand::u32(..));
        run(&mut root, &format!("CREATE USER {user}@'%' IDENTIFIED BY 'topsecret'")).await.unwrap();
        run(&mut root, &format!("GRANT ALL ON {}.* TO {user}@'%'", server.database)).await.unwrap();
        let as_user = |mode: &str, password: &str| {
            server.with(|config| config.username(&user).password(password).option("ssl-mode", mode))
        };
        let error = as_user("disabled", "wrong-password").connect().await.err().unwrap();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied);
        assert!(!format!("{error:?}").contains("wrong-password"), "{error:?}");
        for mode in ["disabled", "preferred", "disabled"] {
            let mut c = as_user(mode, "topsecret").connect().await.unwrap();
            let cipher = rows(&mut c, "SHOW STATUS LIKE 'Ssl_cipher'", vec![]).await.unwrap();
            let plain = cipher[0].get::<String>(1).unwrap().is_empty();
            assert_eq!(plain, mode == "disabled" || server.is_without_tls(&mut root).await);
        }
        run(&mut root, &format!("DROP USER {user}@'%'")).await.unwrap();
    });
}

/// `TCP_NODELAY` is set on the socket of the session, and not on another socket of this process that leads to the same
/// server. The user has no privilege that shows other sessions.
#[test]
fn only_the_own_socket_sends_at_once() {
    on_each_server(async |server| {
        let mut root = server.connect().await;
        let user = format!("u{:08x}", fastrand::u32(..));
        run(&mut root, &format!("CREATE USER {user}@'%' IDENTIFIED BY 'topsecret'")).await.unwrap();
        run(&mut root, &format!("GRANT SELECT ON {}.* TO {user}@'%'", server.database)).await.unwrap();
        let (host, port) = (server.config().host.unwrap(), server.config().port.unwrap_or(3306));
        let other = TcpStream::connect((host.as_str(), port)).unwrap();
        let as_user = server.with(|config| config.username(&user).password("topsecret"));
        let mut c = as_user.connect().await.unwrap();
        let own: String =
            one(&mut c, "SELECT host FROM information_schema.processlist WHERE id = CONNECTION_ID()").await.unwrap();
        let (own_host, own_port) = own.rsplit_once(':').unwrap();
        let address = Address::new(&host, port);
        let own = socket_between(Address::new(own_host, own_port.parse().unwrap()), address);
        let local = other.local_addr().unwrap();
        let sandboxed = socket_between(Address::new(&local.ip().to_string(), local.port()), address).is_none();
        assert_eq!(own.map(|own| own.nodelay().unwrap()), (!sandboxed).then_some(true), "{}", server.name);
        assert!(!other.nodelay().unwrap());
        run(&mut root, &format!("DROP USER {user}@'%'")).await.unwrap();
    });
}

#[test]
fn an_untrusted_certificate_is_refused() {
    on_each_server(async |server| {
        if server.is_without_tls(&mut server.connect().await).await {
            let error = server.with(|config| config.option("ssl-mode", "required")).connect().await.err().unwrap();
            assert!(error.is_configuration() && error.message().contains("ssl-mode"), "{error:?}");
            return;
        }
        for mode in ["verify_ca", "verify_identity"] {
            let error = server.with(|config| config.option("ssl-mode", mode)).connect().await.err().unwrap();
            assert!(error.is_configuration() && error.message().contains("TLS"), "{error:?}");
        }
        let mut c = server.with(|config| config.option("ssl-mode", "required")).connect().await.unwrap();
        let authority = rows(&mut c, "SELECT @@ssl_ca", vec![]).await.unwrap()[0].get::<String>(0).unwrap();
        if std::fs::exists(&authority).is_ok_and(|exists| exists) {
            let trusting = |config: Config| config.option("ssl-mode", "verify_identity").option("ssl-ca", &authority);
            server.with(trusting).connect().await.unwrap();
        }
    });
}
