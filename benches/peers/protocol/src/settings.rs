//! The settings that must be equal for all contestants of a database.

use crate::{Contestant, Database, Result, Store};

/// The first statements of every SQLite connection of every contestant. `journal_mode` has no effect in memory.
pub const PRAGMAS: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; \
                           PRAGMA busy_timeout = 5000;";

/// The active settings.
pub(crate) async fn settings(contestant: &mut impl Contestant, store: &Store) -> Result<String> {
    let mut settings = Vec::new();
    for (name, sql) in questions(store) {
        settings.push(format!("{name}={}", contestant.text(&sql).await?.replace(' ', "_")));
    }
    Ok(settings.join(" "))
}

fn questions(store: &Store) -> Vec<(&'static str, String)> {
    match store.database() {
        Database::Sqlite => sqlite(store),
        Database::Postgres => {
            let names = [
                "server_version",
                "synchronous_commit",
                "fsync",
                "plan_cache_mode",
                "default_transaction_isolation",
                "client_encoding",
            ];
            let settings = names.map(|name| (name, format!("SELECT current_setting('{name}')")));
            let tls = "SELECT concat(ssl) FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
            settings.into_iter().chain([("tls", tls.to_owned())]).collect()
        }
        Database::Mariadb => {
            let names = [
                "version",
                "innodb_flush_log_at_trx_commit",
                "sync_binlog",
                "tx_isolation",
                "autocommit",
                "character_set_client",
            ];
            let settings = names.map(|name| (name, format!("SELECT concat(@@{name})")));
            let tls = "SELECT variable_value FROM information_schema.session_status WHERE variable_name = 'Ssl_cipher'";
            settings.into_iter().chain([("tls", tls.to_owned())]).collect()
        }
    }
}

fn sqlite(store: &Store) -> Vec<(&'static str, String)> {
    let pragmas = ["journal_mode", "synchronous", "foreign_keys", "page_size", "cache_size"];
    // In memory there is nothing to synchronize, and some contestants do not set this pragma.
    let pragmas = pragmas.into_iter().filter(|name| *name != "synchronous" || *store != Store::Memory);
    let pragmas = pragmas.map(|name| (name, format!("SELECT concat({name}) FROM pragma_{name}")));
    let options = "SELECT group_concat(compile_options) FROM pragma_compile_options";
    [("sqlite", "SELECT sqlite_version()".to_owned())]
        .into_iter()
        .chain(pragmas)
        .chain([("options", options.to_owned())])
        .collect()
}
