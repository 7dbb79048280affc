use super::{
    Accepts, Catalog, Dates, DecimalMath, Definitions, Dialect, InList, JsonPaths, Like, Locks, Placeholder,
    Precondition, SetQuery, Size, UnnamedConflicts, Upsert,
};
use crate::capabilities::Capabilities;
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
    backslash_escapes: true,
    hash_comments: true,
    set_query: SetQuery::Derived,
    locks: Some(Locks::ShareMode),
    dates: Dates::Extract,
    json: JsonPaths::ExtractJson,
    integer_division: " DIV ",
    length: "CHAR_LENGTH(",
    concat: None,
    explain: "EXPLAIN ",
    now: "UTC_TIMESTAMP(6)",
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
        decimal: Size::Digits { word: "DECIMAL", usual: "DECIMAL(65, 28)", most: 65, scale: 30 },
        numbered_key: "BIGINT AUTO_INCREMENT PRIMARY KEY",
        inline_indexes: true,
        // Rows of other engines would survive a rollback, and other collations would take `a` for `A`.
        options: " ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin",
    },
    catalog: Catalog {
        tables: "SELECT table_name FROM information_schema.tables \
                 WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' ORDER BY table_name",
        // MariaDB's JSON is a text that is checked. Its checks know their table; MySQL's do not, and there `table_name` is
        // the column's own.
        columns: "SELECT c.column_name, c.column_type, CASE WHEN c.data_type = 'longtext' AND EXISTS ( \
                      SELECT 1 FROM information_schema.check_constraints AS k WHERE k.constraint_schema = c.table_schema \
                      AND table_name = c.table_name AND k.check_clause = CONCAT('json_valid(`', c.column_name, '`)') \
                      ) THEN 'json' ELSE c.column_type END, \
                      c.is_nullable = 'YES', c.extra LIKE '%auto_increment%', \
                      c.extra LIKE '%VIRTUAL%' OR c.extra LIKE '%STORED%', c.column_default \
                  FROM information_schema.columns AS c WHERE c.table_schema = DATABASE() AND c.table_name = ? \
                  ORDER BY c.ordinal_position",
        keys: "SELECT index_name, column_name, index_name = 'PRIMARY' FROM information_schema.statistics AS s \
               WHERE table_schema = DATABASE() AND table_name = ? AND non_unique = 0 \
               AND NOT EXISTS (SELECT 1 FROM information_schema.statistics AS e WHERE e.table_schema = s.table_schema \
               AND e.table_name = s.table_name AND e.index_name = s.index_name \
               AND (e.column_name IS NULL OR e.sub_part IS NOT NULL)) ORDER BY index_name = 'PRIMARY' DESC, index_name, seq_in_index",
        types: &[
            ("boolean", ValueType::Bool),
            ("tinyint(1)", ValueType::Bool),
            ("bit(1)", ValueType::Bool),
            ("bit", ValueType::U64),
            ("tinyint", ValueType::I16),
            ("tinyint unsigned", ValueType::I16),
            ("smallint", ValueType::I16),
            ("smallint unsigned", ValueType::I32),
            ("year", ValueType::I16),
            ("mediumint", ValueType::I32),
            ("mediumint unsigned", ValueType::I32),
            ("int", ValueType::I32),
            ("int unsigned", ValueType::I64),
            ("bigint", ValueType::I64),
            ("bigint unsigned", ValueType::U64),
            ("float", ValueType::F32),
            ("double", ValueType::F64),
            ("decimal", ValueType::Decimal),
            ("decimal unsigned", ValueType::Decimal),
            ("char", ValueType::Text),
            ("varchar", ValueType::Text),
            ("tinytext", ValueType::Text),
            ("text", ValueType::Text),
            ("mediumtext", ValueType::Text),
            ("longtext", ValueType::Text),
            ("enum", ValueType::Text),
            ("set", ValueType::Text),
            ("binary", ValueType::Bytes),
            ("varbinary", ValueType::Bytes),
            ("tinyblob", ValueType::Bytes),
            ("blob", ValueType::Bytes),
            ("mediumblob", ValueType::Bytes),
            ("longblob", ValueType::Bytes),
            ("uuid", ValueType::Uuid),
            ("date", ValueType::Date),
            ("time", ValueType::Time),
            ("datetime", ValueType::DateTime),
            ("timestamp", ValueType::Timestamp),
            ("json", ValueType::Json),
        ],
        array: None,
    },
    branch_at_begin: true,
    idle_limit: None,
    preconditions: &[
        Precondition {
            ask: "SELECT CAST(@@innodb_flush_log_at_trx_commit AS CHAR)",
            accepts: Accepts::OneOf(&["1"]),
            what: "a commit is durable before it is answered (innodb_flush_log_at_trx_commit)",
            mend: "set innodb_flush_log_at_trx_commit = 1",
            to_prepare: false,
        },
        Precondition {
            ask: "SELECT CAST(COUNT(*) AS CHAR) FROM information_schema.tables WHERE table_schema = DATABASE() \
                  AND table_type = 'BASE TABLE' AND engine <> 'InnoDB'",
            accepts: Accepts::OneOf(&["0"]),
            what: "all tables are of InnoDB: rows of other engines survive a rollback",
            mend: "ALTER TABLE .. ENGINE = InnoDB for each table of another engine",
            to_prepare: false,
        },
    ],
};
