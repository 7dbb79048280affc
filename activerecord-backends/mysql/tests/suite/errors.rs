//! Every kind of error that a test can provoke on the servers.

use activerecord_core::{Config, Error, ErrorKind, Value, params};

use crate::support::*;

const TABLES: &str = "CREATE TABLE users (id BIGINT PRIMARY KEY AUTO_INCREMENT, email VARCHAR(100) NOT NULL, n INT,
         small TINYINT, e ENUM('a', 'b'), at DATETIME,
         CONSTRAINT users_email UNIQUE (email), CONSTRAINT positive CHECK (n > 0));
     CREATE TABLE posts (id BIGINT PRIMARY KEY AUTO_INCREMENT, user_id BIGINT NOT NULL,
         CONSTRAINT posts_user FOREIGN KEY (user_id) REFERENCES users (id))";

#[test]
fn constraints_are_named_and_values_are_not_shown() {
    on_each_server(async |server| {
        let mut c = server.connect().await;
        run(&mut c, TABLES).await.unwrap();
        run(&mut c, "INSERT INTO users (email, n) VALUES ('secret', 1); INSERT INTO posts (user_id) VALUES (1)")
            .await
            .unwrap();
        let cases = [
            ("INSERT INTO users (email) VALUES (?)", params!["secret"], ErrorKind::UniqueViolation, "users_email"),
            ("INSERT INTO users (email) VALUES (?)", params![None::<String>], ErrorKind::NotNullViolation, "email"),
            ("INSERT INTO users (n) VALUES (?)", params![1], ErrorKind::NotNullViolation, "email"),
            ("INSERT INTO users (email, n) VALUES ('b', ?)", params![-7], ErrorKind::CheckViolation, "positive"),
            ("INSERT INTO posts (user_id) VALUES (?)", params![77], ErrorKind::ForeignKeyViolation, "posts_user"),
            ("DELETE FROM users WHERE email = ?", params!["secret"], ErrorKind::ForeignKeyViolation, "posts_user"),
        ];
        for (text, binds, kind, constraint) in cases {
            let error = execute(&mut c, text, binds).await.unwrap_err();
            assert_eq!(error.kind(), kind, "{error:?}");
            assert!(error.constraint().is_some_and(|name| name.contains(constraint)), "{error:?}");
            assert!(error.code().is_some());
            assert!(!format!("{error:?} {error}").replace(text, "").contains("secret"), "{error:?}");
            assert!(c.is_reusable());
        }
    });
}

#[test]
fn data_that_does_not_fit() {
    on_each_server(async |server| {
        let mut c = server.connect().await;
        run(&mut c, TABLES).await.unwrap();
        let cases = [
            ("INSERT INTO users (email, small) VALUES ('a', ?)", params![300]),
            ("INSERT INTO users (email, small) VALUES ('a', ?)", params!["secret"]),
            ("INSERT INTO users (email, at) VALUES ('a', ?)", params!["secret"]),
            ("INSERT INTO users (email, e) VALUES ('a', ?)", params!["secret"]),
            ("INSERT INTO users (email) VALUES (?)", params!["secret".repeat(30)]),
            ("INSERT INTO users (email, small) VALUES ('a', 1 / ?)", params![0]),
            ("INSERT INTO users (email, at) VALUES ('a', ?)", params!["0000-00-00"]),
        ];
        for (text, binds) in cases {
            let error = execute(&mut c, text, binds).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Conversion, "{text} {error:?}");
            assert!(!format!("{error:?}").contains("secret"), "{error:?}");
        }
        let error = execute(&mut c, "SELECT CAST(? AS UNSIGNED) - 5", vec![Value::U64(1)]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conversion, "{error:?}");
        assert_eq!(one::<i64>(&mut c, "SELECT count(*) FROM users").await.unwrap(), 0);
    });
}

#[test]
fn a_read_only_transaction_refuses_to_write() {
    on_each_server(async |server| {
        let mut c = server.connect().await;
        run(&mut c, TABLES).await.unwrap();
        begin_read_only(&mut c).await.unwrap();
        let error = run(&mut c, "INSERT INTO users (email) VALUES ('a')").await.unwrap_err();
        assert!(error.is_read_only(), "{error:?}");
        rollback(&mut c).await.unwrap();
        run(&mut c, "INSERT INTO users (email) VALUES ('a')").await.unwrap();
    });
}

#[test]
fn a_deadlock_ends_the_transaction() {
    on_each_server(async |server| {
        let (mut a, mut b) = (server.connect().await, server.connect().await);
        run(&mut a, TABLES).await.unwrap();
        run(&mut a, "INSERT INTO users (email) VALUES ('a'), ('b')").await.unwrap();
        for c in [&mut a, &mut b] {
            begin(c).await.unwrap();
        }
        run(&mut a, "UPDATE users SET small = 1 WHERE id = 1").await.unwrap();
        run(&mut b, "UPDATE users SET small = 2 WHERE id = 2").await.unwrap();
        let (first, second) = tokio::join!(
            run(&mut a, "UPDATE users SET small = 1 WHERE id = 2"),
            run(&mut b, "UPDATE users SET small = 2 WHERE id = 1"),
        );
        let (error, victim, winner) = match (first, second) {
            (Err(error), Ok(_)) => (error, &mut a, &mut b),
            (Ok(_), Err(error)) => (error, &mut b, &mut a),
            both => panic!("{both:?}"),
        };
        assert_eq!(error.kind(), ErrorKind::Deadlock);
        assert!(error.is_retryable());
        // The next statement would commit by itself.
        let error = run(victim, "UPDATE users SET small = 9").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Transaction);
        assert_eq!(commit(victim).await.unwrap_err().kind(), ErrorKind::Transaction);
        assert!(!victim.is_reusable());
        rollback(victim).await.unwrap();
        assert!(victim.is_reusable());
        commit(winner).await.unwrap();
        assert_eq!(one::<i64>(victim, "SELECT count(DISTINCT small) FROM users").await.unwrap(), 1);
    });
}

#[test]
fn a_wait_for_a_lock_has_a_limit() {
    on_each_server(async |server| {
        let backend = server.with(|config| config.option("lock_timeout", "500ms"));
        let (mut a, mut b) = (backend.connect().await.unwrap(), backend.connect().await.unwrap());
        run(&mut a, TABLES).await.unwrap();
        run(&mut a, "INSERT INTO users (email) VALUES ('a'), ('b')").await.unwrap();
        begin(&mut a).await.unwrap();
        run(&mut a, "UPDATE users SET small = 1 WHERE id = 1").await.unwrap();
        begin(&mut b).await.unwrap();
        run(&mut b, "UPDATE users SET small = 2 WHERE id = 2").await.unwrap();
        let error = run(&mut b, "UPDATE users SET small = 2 WHERE id = 1").await.unwrap_err();
        assert!(error.kind() == ErrorKind::Busy && error.message().contains("lock_timeout"), "{error:?}");
        let error = run(&mut b, "SELECT * FROM users WHERE id = 1 FOR UPDATE NOWAIT").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Busy);
        // Only the effect of the failed statement is rolled back.
        commit(&mut b).await.unwrap();
        assert_eq!(one::<i64>(&mut b, "SELECT small FROM users WHERE id = 2").await.unwrap(), 2);
        let skipped = rows(&mut b, "SELECT id FROM users FOR UPDATE SKIP LOCKED", vec![]).await.unwrap();
        assert_eq!(skipped.len(), 1);
    });
}

#[test]
fn a_statement_that_runs_for_too_long_is_stopped() {
    on_each_server(async |server| {
        let mut c = server.with(|config| config.option("statement_timeout", "200ms")).connect().await.unwrap();
        let slow = "SELECT count(*) FROM information_schema.columns a, information_schema.columns b, \
            information_schema.columns c WHERE a.column_name <> b.column_name OR sleep(0.1)";
        let error = rows(&mut c, slow, vec![]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::StatementTimeout, "{error:?}");
        assert!(c.is_reusable());
    });
}

#[test]
fn missing_objects_and_privileges() {
    on_each_server(async |server| {
        let error = server.with(|config| config.username("nobody").password("topsecret")).connect().await;
        let error: Error = error.err().unwrap();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error:?}");
        assert!(!format!("{error:?} {error}").contains("topsecret"));
        let missing = Config::url(server.url_of("missing_database")).unwrap();
        let error = backend(&missing).unwrap().connect().await.err().unwrap();
        assert!(error.is_configuration() && error.message().contains("missing_database"), "{error:?}");
        let error = server.with(|config| config.port(1)).connect().await.err().unwrap();
        assert!(error.is_connection_lost() && error.message().contains(":1"), "{error:?}");
    });
}

#[test]
fn more_bytes_than_the_server_accepts() {
    on_each_server(async |server| {
        let mut c = server.connect().await;
        let most: usize = one::<u64>(&mut c, "SELECT @@max_allowed_packet").await.unwrap().try_into().unwrap();
        let error = rows(&mut c, "SELECT length(?)", params![vec![0_u8; most + 1]]).await.unwrap_err();
        assert!(error.is_conversion() && error.message().contains("max_allowed_packet"), "{error:?}");
        assert!(c.is_reusable());
        let large = vec![0_u8; most - 1000];
        let length = rows(&mut c, "SELECT length(?)", params![large]).await.unwrap();
        assert_eq!(length[0].get::<u64>(0).unwrap(), (most - 1000) as u64);
    });
}

#[test]
fn a_statement_that_is_killed_and_a_table_that_is_full() {
    on_each_server(async |server| {
        let (mut c, mut other) = (server.connect().await, server.connect().await);
        let id = session(&mut c).await;
        run(&mut c, "CREATE TABLE t (id INT PRIMARY KEY)").await.unwrap();
        run(&mut c, "INSERT INTO t VALUES (1)").await.unwrap();
        let (killed, _) = tokio::join!(run(&mut c, "UPDATE t SET id = id + sleep(300)"), async {
            until_it_sleeps(&mut other, id).await;
            run(&mut other, &format!("KILL QUERY {id}")).await.unwrap();
        });
        assert_eq!(killed.unwrap_err().kind(), ErrorKind::StatementTimeout);
        assert!(c.is_reusable());

        run(&mut c, "SET max_heap_table_size = 16384").await.unwrap();
        run(&mut c, "CREATE TABLE m (s CHAR(250)) ENGINE = MEMORY").await.unwrap();
        let many = format!("INSERT INTO m VALUES ('a'){}", ", ('a')".repeat(5000));
        let error = run(&mut c, &many).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::DiskFull, "{error:?}");
    });
}

#[test]
fn a_login_and_its_limits() {
    on_each_server(async |server| {
        let mut root = server.connect().await;
        let user = format!("l{:08x}", fastrand::u32(..));
        let create = format!("CREATE USER {user}@'%' IDENTIFIED BY 'secret' WITH MAX_USER_CONNECTIONS 1");
        run(&mut root, &create).await.unwrap();
        run(&mut root, &format!("GRANT SELECT ON {}.* TO {user}@'%'", server.database)).await.unwrap();
        run(&mut root, "CREATE TABLE t (id INT)").await.unwrap();
        let backend = server.with(|config| config.username(&user).password("secret"));
        let mut c = backend.connect().await.unwrap();
        for text in ["INSERT INTO t VALUES (1)", "SELECT * FROM mysql.user", "CREATE TABLE u (id INT)"] {
            let error = run(&mut c, text).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error:?}");
        }
        let error = backend.connect().await.err().unwrap();
        assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error:?}");
        assert!(error.message().contains("pool"), "{error}");
        run(&mut root, &format!("DROP USER {user}@'%'")).await.unwrap();
    });
}

/// MariaDB's snapshot isolation refuses to write a row that another transaction changed after the read.
#[test]
fn a_row_that_has_changed_since_it_was_read() {
    on_each_server(async |server| {
        if !server.is_mariadb() {
            return;
        }
        let (mut c, mut other) = (server.connect().await, server.connect().await);
        run(&mut c, "CREATE TABLE t (id INT PRIMARY KEY, n INT)").await.unwrap();
        run(&mut c, "INSERT INTO t VALUES (1, 1), (2, 2)").await.unwrap();
        run(&mut c, "SET innodb_snapshot_isolation = 1").await.unwrap();
        begin(&mut c).await.unwrap();
        run(&mut c, "UPDATE t SET n = 9 WHERE id = 2").await.unwrap();
        rows(&mut c, "SELECT * FROM t", vec![]).await.unwrap();
        run(&mut other, "UPDATE t SET n = 5 WHERE id = 1").await.unwrap();
        let error = run(&mut c, "UPDATE t SET n = 6 WHERE id = 1").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Serialization, "{error:?}");
        assert_eq!(run(&mut c, "SELECT 1").await.unwrap_err().kind(), ErrorKind::Transaction);
        rollback(&mut c).await.unwrap();
        assert_eq!(one::<i64>(&mut c, "SELECT n FROM t WHERE id = 2").await.unwrap(), 2);
    });
}
