use std::time::Duration;

use super::{
    Accepts, AutoIncrement, BoundTypes, Comments, Constants, Dates, DecimalMath, Definitions, Dialect, Division,
    Equality, Identity, IdleLimit, InList, JsonPaths, Like, Locks, Logins, Placeholder, Precondition, RangeChecks,
    Sequences, SetQuery, Size, UnnamedConflicts, Upsert, carrying, catalog, horizon, keeps, row_digests, stores,
    tokens, traces, triggers,
};
use crate::dialect::Capabilities;
use crate::statement::Aggregate;
use crate::value::{Stored, ValueType};

/// The dialect of MySQL and MariaDB. Each connection asks its server for the capabilities that depend on the version.
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
    name_bytes: None,
    quote: '`',
    placeholder: Placeholder::Question,
    upsert: Upsert::OnDuplicateKey,
    unnamed_conflicts: Some(UnnamedConflicts { code: "1242" }),
    upserts_once: false,
    reuses_keys: false,
    // One TLS record, with its header. docs/design/mysql.md has the cost of a longer statement.
    bulk_bytes: 15 << 10,
    in_list: InList::Padded,
    like: Like::Collation("utf8mb4_bin"),
    decimal: DecimalMath::Native,
    nulls_smallest: true,
    nulls_keyword: false,
    no_limit: Some("18446744073709551615"),
    aggregates: AGGREGATES,
    casts: &[
        (ValueType::I16, "CAST({} AS SIGNED)"),
        (ValueType::I32, "CAST({} AS SIGNED)"),
        (ValueType::I64, "CAST({} AS SIGNED)"),
        (ValueType::U64, "CAST({} AS UNSIGNED)"),
        (ValueType::F32, "CAST({} AS DOUBLE)"),
        (ValueType::F64, "CAST({} AS DOUBLE)"),
        (ValueType::Decimal, "CAST({} AS DECIMAL(65, 28))"),
        (ValueType::Text, "CAST({} AS CHAR(16000))"),
        (ValueType::Bytes, "CAST({} AS BINARY(60000))"),
    ],
    // A cast would give a text the collation of the session. The length of RPAD's result is not known in advance.
    widened: &[
        (ValueType::Decimal, "CAST({} AS DECIMAL(65, 28))"),
        (ValueType::Text, "RPAD({}, CHAR_LENGTH({}), ' ')"),
        (ValueType::Bytes, "RPAD({}, LENGTH({}), ' ')"),
    ],
    default_row: "() VALUES ()",
    tokens: tokens::MYSQL,
    traces: traces::MYSQL,
    set_query: SetQuery::Derived,
    locks: Some(Locks::ShareMode),
    dates: Dates::Extract,
    json: JsonPaths::ExtractJson,
    row_values: false,
    division: Division { operator: " DIV ", truncates: true, unsigned: None },
    computes_singles: false,
    range_checks: RangeChecks {
        function: None,
        // A DOUBLE out of range is an error.
        casts: &[(ValueType::F64, "{}")],
        decimal: Some(
            "CAST(REPLACE(TRIM(TRAILING '0' FROM ABS({}) + 0.0), '.', '') AS DECIMAL(65)) < 79228162514264337593543950336 \
             AND {} = ROUND({}, 28)",
        ),
        failure: "CAST({} * 0 AS UNSIGNED) + -1",
    },
    assigns_in_order: true,
    bound_types: BoundTypes::Guessed,
    merges_derived: true,
    joins_exists: false,
    length: "CHAR_LENGTH(",
    concat: None,
    explain: "EXPLAIN ",
    now: "UTC_TIMESTAMP(6)",
    horizon: Some(horizon::MYSQL),
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
        // A key has at most 3,072 bytes, and a character up to four.
        indexed_text: Size::Length { word: "VARCHAR", usual: 255, most: 768 },
        indexed_bytes: Size::Length { word: "VARBINARY", usual: 255, most: 3_072 },
        decimal: Size::Digits { word: "DECIMAL", usual: "DECIMAL(65, 28)", most: 28, scale: 28 },
        stored: &[(Stored::Blob, "BINARY(16)"), (Stored::Braced, "CHAR(38)"), (Stored::BracedUpper, "CHAR(38)")],
        numbers: &[
            (ValueType::I16, "SMALLINT"),
            (ValueType::I32, "INT"),
            (ValueType::I64, "BIGINT"),
            (ValueType::U64, "BIGINT UNSIGNED"),
        ],
        autoincrement: AutoIncrement::InColumn(" AUTO_INCREMENT"),
        logins: Logins::NameAtHost,
        inline_indexes: true,
        index_keywords: &["FULLTEXT", "SPATIAL"],
        // MySQL executes the first comment, and MariaDB the second.
        invisible_index: " /*!50700 INVISIBLE */ /*M!100600 IGNORED */",
        schema_of_index: false,
        schema_of_target: true,
        deferrable_targets: false,
        // Without the word they are NOT NULL, depending on a setting.
        explicit_null: &[
            "timestamp",
            "timestamp(1)",
            "timestamp(2)",
            "timestamp(3)",
            "timestamp(4)",
            "timestamp(5)",
            "timestamp(6)",
        ],
        comments: Comments::Inline,
        constants: Constants { booleans: ["FALSE", "TRUE"], bytes: "x'", utc: "" },
        // Other engines do not roll back, and other collations treat `a` and `A` as equal.
        options: "ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin",
    },
    load: None,
    triggers: triggers::MYSQL,
    catalog: catalog::MYSQL,
    digests: row_digests::MYSQL,
    stores: stores::MYSQL,
    row_list: "",
    keeping: keeps::MYSQL,
    carrying: carrying::MYSQL,
    branch_at_begin: true,
    // MariaDB does not know that a key determines its row.
    key_determines_row: false,
    sequences: Sequences::OnlyForward("nextval("),
    equality: Equality::Mysql,
    // MariaDB also has a limit for idle transactions. MySQL has only that of the session.
    idle_limit: Some(IdleLimit {
        set: "SET SESSION wait_timeout = ",
        unit: Duration::from_secs(1),
        lift: Some("SET SESSION wait_timeout = DEFAULT"),
    }),
    notify: None,
    // MySQL stores the UUID of the server in its data folder. MariaDB has none: its `server_uid` (since 10.6.16, 10.11.6 and 11.2) is a
    // hash of the network card and the port.
    identity: Identity {
        server: &[
            "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('server_uuid', 'server_uid')",
            "SELECT CONCAT(@@hostname, ':', @@port, ':', @@datadir)",
        ],
        database: "SELECT COALESCE(DATABASE(), '')",
        is_file: false,
    },
    preconditions: &[
        Precondition {
            ask: "SELECT CAST(@@innodb_flush_log_at_trx_commit AS CHAR)",
            accepts: Accepts::OneOf(&["1"]),
            what: "COMMIT returns only when the transaction is durable (innodb_flush_log_at_trx_commit)",
            mend: "set innodb_flush_log_at_trx_commit = 1",
            to_prepare: false,
            to_decide: false,
            of_session: false,
        },
        Precondition {
            ask: "SELECT CAST(COUNT(*) AS CHAR) FROM information_schema.tables WHERE table_schema = DATABASE() \
                  AND table_type = 'BASE TABLE' AND engine <> 'InnoDB'",
            accepts: Accepts::OneOf(&["0"]),
            what: "all tables use InnoDB: other engines do not roll back",
            mend: "run ALTER TABLE .. ENGINE = InnoDB for each table with another engine",
            to_prepare: false,
            to_decide: false,
            of_session: false,
        },
        horizon::READ_ONLY,
        // MySQL has no variable of this name, and then the answer has no row.
        Precondition {
            ask: "SHOW GLOBAL VARIABLES LIKE 'wsrep\\_on'",
            accepts: Accepts::OneOf(&["", "OFF", "0"]),
            what: "one server decides: not a node of a Galera cluster (wsrep_on)",
            mend: "name another connection first, so that it is the commit point, or use a saga: on another node, recovery cannot \
                  see that a coordinator is about to commit",
            to_prepare: false,
            to_decide: true,
            of_session: false,
        },
        // Without the plugin of group replication, the answer has no row.
        Precondition {
            ask: "SHOW GLOBAL VARIABLES LIKE 'group\\_replication\\_single\\_primary\\_mode'",
            accepts: Accepts::OneOf(&["", "ON", "1"]),
            what: "one server decides: group replication has a single primary (group_replication_single_primary_mode)",
            mend: "name another connection first, so that it is the commit point, switch the group to single-primary mode, or use a \
                  saga: on another primary, recovery cannot see that a coordinator is about to commit",
            to_prepare: false,
            to_decide: true,
            of_session: false,
        },
    ],
};

/// AVG of integers and decimals has only four digits more than its argument, so the argument gets more digits. The result
/// is a float, or a decimal of at most 28 digits.
const AGGREGATES: &[(Aggregate, ValueType, &str)] = &[
    (Aggregate::Avg, ValueType::I16, AVERAGE_OF_INTEGERS),
    (Aggregate::Avg, ValueType::I32, AVERAGE_OF_INTEGERS),
    (Aggregate::Avg, ValueType::I64, AVERAGE_OF_INTEGERS),
    (Aggregate::Avg, ValueType::U64, AVERAGE_OF_INTEGERS),
    (
        Aggregate::Avg,
        ValueType::Decimal,
        "ROUND(AVG({} + 0.0000000000000000){over}, GREATEST(0, LEAST(16, 28 - CHAR_LENGTH(TRUNCATE(ABS(AVG({}){over}), 0)))))",
    ),
];

const AVERAGE_OF_INTEGERS: &str = "(AVG({} + 0.00000000000000000000){over} + 0e0)";
