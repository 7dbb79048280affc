//! Which of a program's own SQL changes the state of its session.

/// The words that tell whether a statement changes its session. A statement with another first word counts as if it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TraceRules {
    /// The first words of statements that leave the session as it is, apart from the rules below.
    pub(crate) clean: &'static [&'static str],
    /// The functions that change the session.
    pub(crate) functions: &'static [&'static str],
    /// The function that sets a variable: only until the end of the transaction if its last argument is TRUE.
    pub(crate) setter: Option<&'static str>,
    /// The schemas of temporary objects, by the start of their names.
    pub(crate) temporary: Option<&'static str>,
    /// The second words of a SET whose effect ends with the transaction.
    pub(crate) set_for_transaction: &'static [&'static str],
    /// The pragmas that leave the session and the tables as they are, although they have an argument.
    pub(crate) clean_pragmas: &'static [&'static str],
    /// What a DROP takes from the session.
    pub(crate) dropped: &'static [&'static str],
    /// Whether `@name := value` and `INTO @name` set a variable of the session.
    pub(crate) variables: bool,
}

const NONE: TraceRules = TraceRules {
    clean: &[],
    functions: &[],
    setter: None,
    temporary: None,
    set_for_transaction: &[],
    clean_pragmas: &[],
    dropped: &[],
    variables: false,
};

/// The rules of SQLite.
pub(super) const SQLITE: TraceRules = TraceRules {
    // END is the end of a trigger's body. As a statement it is refused.
    clean: &[
        "SELECT", "INSERT", "UPDATE", "DELETE", "REPLACE", "WITH", "VALUES", "CREATE", "DROP", "ALTER", "EXPLAIN",
        "ANALYZE", "REINDEX", "VACUUM", "END",
    ],
    functions: &["load_extension"],
    temporary: Some("temp"),
    clean_pragmas: &[
        "table_info",
        "table_xinfo",
        "table_list",
        "index_list",
        "index_info",
        "index_xinfo",
        "foreign_key_list",
        "foreign_key_check",
        "integrity_check",
        "quick_check",
        "optimize",
        "wal_checkpoint",
        "incremental_vacuum",
        "user_version",
        "application_id",
    ],
    ..NONE
};

/// The rules of PostgreSQL.
pub(super) const POSTGRESQL: TraceRules = TraceRules {
    clean: &[
        "SELECT",
        "INSERT",
        "UPDATE",
        "DELETE",
        "MERGE",
        "WITH",
        "VALUES",
        "TABLE",
        "SHOW",
        "EXPLAIN",
        "CREATE",
        "DROP",
        "ALTER",
        "TRUNCATE",
        "COMMENT",
        "GRANT",
        "REVOKE",
        "REASSIGN",
        "IMPORT",
        "SECURITY",
        "ANALYZE",
        "ANALYSE",
        "VACUUM",
        "REINDEX",
        "CLUSTER",
        "REFRESH",
        "CHECKPOINT",
        "NOTIFY",
        "COPY",
        "COMMIT",
        "ROLLBACK",
    ],
    functions: &[
        "pg_advisory_lock",
        "pg_advisory_lock_shared",
        "pg_try_advisory_lock",
        "pg_try_advisory_lock_shared",
        "setseed",
        "set_limit",
        "dblink_connect",
        "dblink_connect_u",
        "dblink_open",
        "pg_replication_origin_session_setup",
        // These run a text that they get.
        "query_to_xml",
        "query_to_xmlschema",
        "query_to_xml_and_xmlschema",
        "ts_stat",
    ],
    setter: Some("set_config"),
    temporary: Some("pg_temp"),
    set_for_transaction: &["LOCAL", "CONSTRAINTS"],
    ..NONE
};

/// The rules of MySQL and MariaDB.
pub(super) const MYSQL: TraceRules = TraceRules {
    clean: &[
        "SELECT", "INSERT", "UPDATE", "DELETE", "REPLACE", "WITH", "VALUES", "TABLE", "SHOW", "EXPLAIN", "DESCRIBE",
        "DESC", "CREATE", "DROP", "ALTER", "TRUNCATE", "RENAME", "GRANT", "REVOKE", "ANALYZE", "OPTIMIZE", "REPAIR",
        "CHECK", "CHECKSUM", "HELP",
    ],
    functions: &[
        "get_lock",
        "service_get_read_locks",
        "service_get_write_locks",
        "version_tokens_lock_shared",
        "version_tokens_lock_exclusive",
    ],
    dropped: &["DATABASE", "SCHEMA"],
    variables: true,
    ..NONE
};
