use std::time::Duration;

use super::{
    Accepts, AutoIncrement, BoundTypes, Comments, Constants, Dates, DecimalMath, Definitions, Dialect, Division,
    IdleLimit, InList, JsonPaths, Like, Locks, Placeholder, Precondition, RangeChecks, Sequences, SetQuery, Size,
    Upsert, catalog, row_digests, stores, tokens, traces, triggers,
};
use crate::dialect::Capabilities;
use crate::statement::Aggregate;
use crate::value::ValueType;

/// The dialect of PostgreSQL. Each connection asks its server whether transactions can be prepared.
pub static POSTGRESQL: Dialect = Dialect {
    name: "postgresql",
    capabilities: Capabilities {
        insert_returning: true,
        update_returning: true,
        row_locks: true,
        skip_locked: true,
        distinct_on: true,
        json_contains: true,
        concurrent_writers: true,
        arrays: true,
        isolation_levels: true,
        transactional_ddl: true,
        notifications: true,
        typed_columns: true,
        ..Capabilities::none(65_535)
    },
    name_bytes: Some(63),
    quote: '"',
    placeholder: Placeholder::Dollar,
    upsert: Upsert::OnConflict,
    unnamed_conflicts: None,
    upserts_once: true,
    reuses_keys: false,
    // One TLS record, with its header. docs/design/postgres.md has the cost of a longer statement.
    bulk_bytes: 15 << 10,
    in_list: InList::AnyArray,
    like: Like::Ilike,
    decimal: DecimalMath::Native,
    nulls_smallest: false,
    nulls_keyword: true,
    no_limit: None,
    aggregates: AGGREGATES,
    casts: &[
        (ValueType::Bool, "CAST({} AS boolean)"),
        (ValueType::I16, "CAST({} AS smallint)"),
        (ValueType::I32, "CAST({} AS integer)"),
        (ValueType::I64, "CAST({} AS bigint)"),
        (ValueType::U64, "CAST({} AS numeric)"),
        (ValueType::F32, "CAST({} AS real)"),
        (ValueType::F64, "CAST({} AS double precision)"),
        (ValueType::Decimal, "CAST({} AS numeric)"),
        (ValueType::Text, "CAST({} AS text)"),
        (ValueType::Time, "CAST({} AS time)"),
        (ValueType::DateTime, "CAST({} AS timestamp)"),
        (ValueType::Timestamp, "CAST({} AS timestamptz)"),
        (ValueType::Json, "CAST({} AS jsonb)"),
    ],
    widened: &[
        (ValueType::Decimal, "CAST({} AS numeric)"),
        (ValueType::Text, "CAST({} AS text)"),
        (ValueType::Time, "CAST({} AS time)"),
        (ValueType::DateTime, "CAST({} AS timestamp)"),
        (ValueType::Timestamp, "CAST({} AS timestamptz)"),
    ],
    default_row: "DEFAULT VALUES",
    tokens: tokens::POSTGRESQL,
    traces: traces::POSTGRESQL,
    set_query: SetQuery::Plain,
    locks: Some(Locks::Standard),
    dates: Dates::ExtractInZone,
    json: JsonPaths::Jsonb,
    row_values: true,
    division: Division { operator: " / ", truncates: false, unsigned: Some("DIV") },
    computes_singles: true,
    range_checks: RangeChecks {
        function: None,
        casts: &[
            (ValueType::Bool, "{}"),
            (ValueType::I16, "CAST({} AS smallint)"),
            (ValueType::I32, "CAST({} AS integer)"),
            (ValueType::I64, "CAST({} AS bigint)"),
            (ValueType::F32, "CAST({} AS real)"),
            (ValueType::F64, "{}"),
        ],
        decimal: Some(
            "CAST(REPLACE(CAST(trim_scale(ABS({})) AS text), '.', '') AS numeric) < 79228162514264337593543950336 \
             AND min_scale({}) <= 28",
        ),
        failure: "CAST({} * 0 + 99999 AS smallint)",
    },
    assigns_in_order: false,
    bound_types: BoundTypes::Inferred,
    length: "CHAR_LENGTH(",
    concat: Some(" || "),
    explain: "EXPLAIN ",
    now: "clock_timestamp()",
    // A transaction that has not written yet can still write rows with the time of its BEGIN. So every open transaction
    // counts, except that of this session.
    horizon: Some(
        "SELECT CASE WHEN EXISTS (SELECT FROM pg_stat_activity WHERE query = '<insufficient privilege>') THEN NULL \
         ELSE least(clock_timestamp(), (SELECT min(xact_start) FROM pg_stat_activity WHERE pid <> pg_backend_pid()), \
         (SELECT min(prepared) FROM pg_prepared_xacts)) END",
    ),
    horizon_is_busy: None,
    definitions: Definitions {
        types: &[
            (ValueType::Bool, "boolean"),
            (ValueType::I16, "smallint"),
            (ValueType::I32, "integer"),
            (ValueType::I64, "bigint"),
            (ValueType::U64, "numeric(20, 0)"),
            (ValueType::F32, "real"),
            (ValueType::F64, "double precision"),
            (ValueType::Bytes, "bytea"),
            (ValueType::Text, "text"),
            (ValueType::Decimal, "numeric"),
            (ValueType::Uuid, "uuid"),
            (ValueType::Date, "date"),
            (ValueType::Time, "time"),
            (ValueType::DateTime, "timestamp"),
            (ValueType::Timestamp, "timestamptz"),
            (ValueType::Json, "jsonb"),
        ],
        array: None,
        indexed_text: Size::None("text"),
        indexed_bytes: Size::None("bytea"),
        decimal: Size::Digits { word: "numeric", usual: "numeric", most: 28, scale: 28 },
        stored: &[],
        numbers: &[
            (ValueType::I16, "smallint"),
            (ValueType::I32, "integer"),
            (ValueType::I64, "bigint"),
            (ValueType::U64, "bigint"),
        ],
        autoincrement: AutoIncrement::Identity,
        inline_indexes: false,
        index_keywords: &[],
        invisible_index: "",
        schema_of_index: false,
        schema_of_target: true,
        deferrable_targets: true,
        explicit_null: &[],
        comments: Comments::Statements,
        constants: Constants { booleans: ["FALSE", "TRUE"], bytes: "'\\x", utc: "+00" },
        options: "",
    },
    load: Some(("COPY ", ") FROM STDIN (FORMAT binary)")),
    triggers: triggers::POSTGRESQL,
    catalog: catalog::POSTGRESQL,
    digests: row_digests::POSTGRESQL,
    stores: stores::POSTGRESQL,
    branch_at_begin: false,
    key_determines_row: true,
    sequences: Sequences::Setval,
    idle_limit: Some(IdleLimit {
        set: "SET LOCAL idle_in_transaction_session_timeout = ",
        unit: Duration::from_millis(1),
        lift: None,
    }),
    notify: Some("SELECT pg_notify(?, ?)"),
    preconditions: &[
        Precondition {
            ask: "SELECT current_setting('max_prepared_transactions')",
            accepts: Accepts::AnyBut("0"),
            what: "transactions can be prepared (max_prepared_transactions)",
            mend: "set max_prepared_transactions to at least max_connections in postgresql.conf, and restart the server",
            to_prepare: true,
            of_session: false,
        },
        Precondition {
            ask: "SELECT current_setting('fsync')",
            accepts: Accepts::OneOf(&["on"]),
            what: "committed data survives a power failure (fsync)",
            mend: "set fsync = on in postgresql.conf, and reload the server",
            to_prepare: false,
            of_session: false,
        },
        Precondition {
            ask: "SELECT current_setting('synchronous_commit')",
            accepts: Accepts::AnyBut("off"),
            what: "COMMIT returns only when the transaction is durable (synchronous_commit)",
            mend: "set synchronous_commit = on for this database or its user",
            to_prepare: false,
            of_session: false,
        },
    ],
};

/// SUM of `real` is a `real`; AVG of decimals has at least 16 digits in total, not after the point; booleans, UUIDs and
/// bytes have no MIN and MAX before version 18. A UUID and the bytes that it consists of have the same order as their
/// hexadecimal texts.
const AGGREGATES: &[(Aggregate, ValueType, &str)] = &[
    (Aggregate::Sum, ValueType::F32, "SUM(CAST({} AS double precision)){over}"),
    (
        Aggregate::Avg,
        ValueType::Decimal,
        "ROUND(AVG({} + 0.00000000000000000000){over}, \
         GREATEST(0, LEAST(16, 28 - LENGTH(CAST(TRUNC(ABS(AVG({}){over})) AS text)))))",
    ),
    (Aggregate::Min, ValueType::Bool, "BOOL_AND({}){over}"),
    (Aggregate::Max, ValueType::Bool, "BOOL_OR({}){over}"),
    (Aggregate::Min, ValueType::Uuid, "CAST(MIN(CAST({} AS text) COLLATE \"C\"){over} AS uuid)"),
    (Aggregate::Max, ValueType::Uuid, "CAST(MAX(CAST({} AS text) COLLATE \"C\"){over} AS uuid)"),
    (Aggregate::Min, ValueType::Bytes, "DECODE(MIN(ENCODE({}, 'hex') COLLATE \"C\"){over}, 'hex')"),
    (Aggregate::Max, ValueType::Bytes, "DECODE(MAX(ENCODE({}, 'hex') COLLATE \"C\"){over}, 'hex')"),
];
