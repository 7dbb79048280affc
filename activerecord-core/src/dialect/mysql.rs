use std::time::Duration;

use super::{
    Accepts, Dates, DecimalMath, Definitions, Dialect, IdleLimit, InList, JsonPaths, Like, Locks, Placeholder,
    Precondition, SetQuery, Size, UnnamedConflicts, Upsert, catalog, row_digests, tokens, triggers,
};
use crate::dialect::Capabilities;
use crate::value::ValueType;

/// MySQL and MariaDB. What their versions differ in (RETURNING) is asked when connecting.
pub static MYSQL: Dialect = Dialect {
    name: "mysql",
    capabilities: Capabilities {
        prepared_transactions: true,
        row_locks: true,
        skip_locked: true,
        json_contains: true,
        concurrent_writers: true,
        isolation_levels: true,
        typed_columns: true,
        ..Capabilities::none(65_535)
    },
    quote: '`',
    placeholder: Placeholder::Question,
    upsert: Upsert::OnDuplicateKey,
    unnamed_conflicts: Some(UnnamedConflicts { code: "1242" }),
    upserts_once: false,
    // What fits into one TLS record, with its head: docs/design/mysql.md has what a longer statement costs.
    bulk_bytes: 15 << 10,
    in_list: InList::Padded,
    like: Like::Collation("utf8mb4_bin"),
    decimal: DecimalMath::Native,
    nulls_smallest: true,
    nulls_keyword: false,
    no_limit: Some("18446744073709551615"),
    typed_averages: true,
    default_row: "() VALUES ()",
    tokens: tokens::MYSQL,
    set_query: SetQuery::Derived,
    locks: Some(Locks::ShareMode),
    dates: Dates::Extract,
    json: JsonPaths::ExtractJson,
    row_values: false,
    integer_division: " DIV ",
    length: "CHAR_LENGTH(",
    concat: None,
    explain: "EXPLAIN ",
    now: "UTC_TIMESTAMP(6)",
    // The server tells the start of a transaction in whole seconds, and in the time zone of its machine, whose name is an
    // abbreviation: where that is not UTC, the greatest offset there is stands for it, so that nothing is trusted too early.
    horizon: Some(
        "SELECT LEAST(UTC_TIMESTAMP(6), COALESCE((SELECT MIN(trx_started) FROM information_schema.innodb_trx \
         WHERE trx_mysql_thread_id <> CONNECTION_ID()) \
         - INTERVAL IF(@@system_time_zone IN ('UTC', 'GMT', 'UCT'), 1, 50401) SECOND, UTC_TIMESTAMP(6)))",
    ),
    definitions: Definitions {
        types: &[
            (ValueType::Bool, "BOOLEAN"),
            (ValueType::I16, "SMALLINT"),
            (ValueType::I32, "INT"),
            (ValueType::I64, "BIGINT"),
            (ValueType::U64, "BIGINT UNSIGNED"),
            (ValueType::F32, "FLOAT"),
            (ValueType::F64, "DOUBLE"),
            (ValueType::Bytes, "LONGBLOB"),
            (ValueType::Text, "LONGTEXT"),
            (ValueType::Decimal, "DECIMAL(65, 28)"),
            (ValueType::Uuid, "CHAR(36)"),
            (ValueType::Date, "DATE"),
            (ValueType::Time, "TIME(6)"),
            (ValueType::DateTime, "DATETIME(6)"),
            // TIMESTAMP ends in 2038.
            (ValueType::Timestamp, "DATETIME(6)"),
            (ValueType::Json, "JSON"),
        ],
        array: Some("JSON"),
        // A key has room for 3,072 bytes, of which a character takes four.
        indexed_text: Size::Length { word: "VARCHAR", usual: 255, most: 768 },
        indexed_bytes: Size::Length { word: "VARBINARY", usual: 255, most: 3_072 },
        decimal: Size::Digits { word: "DECIMAL", usual: "DECIMAL(65, 28)", most: 28, scale: 28 },
        numbered_key: "BIGINT AUTO_INCREMENT PRIMARY KEY",
        inline_indexes: true,
        // Rows of other engines would survive a rollback, and other collations would take `a` for `A`.
        options: " ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin",
    },
    load: None,
    triggers: triggers::MYSQL,
    catalog: catalog::MYSQL,
    digests: row_digests::MYSQL,
    branch_at_begin: true,
    // MariaDB also has a limit for transactions; MySQL has only the session's.
    idle_limit: Some(IdleLimit {
        set: "SET SESSION wait_timeout = ",
        unit: Duration::from_secs(1),
        lift: Some("SET SESSION wait_timeout = DEFAULT"),
    }),
    notify: None,
    preconditions: &[
        Precondition {
            ask: "SELECT CAST(@@innodb_flush_log_at_trx_commit AS CHAR)",
            accepts: Accepts::OneOf(&["1"]),
            what: "a commit is durable before it is answered (innodb_flush_log_at_trx_commit)",
            mend: "set innodb_flush_log_at_trx_commit = 1",
            to_prepare: false,
            of_session: false,
        },
        Precondition {
            ask: "SELECT CAST(COUNT(*) AS CHAR) FROM information_schema.tables WHERE table_schema = DATABASE() \
                  AND table_type = 'BASE TABLE' AND engine <> 'InnoDB'",
            accepts: Accepts::OneOf(&["0"]),
            what: "all tables are of InnoDB: rows of other engines survive a rollback",
            mend: "ALTER TABLE .. ENGINE = InnoDB for each table of another engine",
            to_prepare: false,
            of_session: false,
        },
    ],
};
