use super::{
    Accepts, BoundTypes, Dates, DecimalMath, Definitions, Dialect, Division, InList, JsonPaths, Like, Placeholder,
    Precondition, RangeChecks, SetQuery, Size, Upsert, catalog, row_digests, stores, tokens, triggers,
};
use crate::dialect::Capabilities;
use crate::statement::Aggregate;
use crate::value::ValueType;

/// The dialect of SQLite 3.35 and later. Decimals are exact and stored as text: the backend adds a collation and
/// functions.
pub static SQLITE: Dialect = Dialect {
    name: "sqlite",
    capabilities: Capabilities {
        insert_returning: true,
        update_returning: true,
        transactional_ddl: true,
        ..Capabilities::none(32_766)
    },
    quote: '"',
    placeholder: Placeholder::Question,
    upsert: Upsert::OnConflict,
    unnamed_conflicts: None,
    upserts_once: false,
    bulk_bytes: 4 << 20,
    in_list: InList::Padded,
    like: Like::Glob,
    decimal: DecimalMath::Functions { collation: "decimal", prefix: "decimal" },
    nulls_smallest: true,
    nulls_keyword: true,
    no_limit: Some("-1"),
    aggregates: &[
        (Aggregate::Sum, ValueType::Decimal, "decimal_sum({}){over}"),
        (Aggregate::Avg, ValueType::Decimal, "decimal_avg({}){over}"),
    ],
    casts: &[
        (ValueType::I16, "CAST({} AS INTEGER)"),
        (ValueType::I32, "CAST({} AS INTEGER)"),
        (ValueType::I64, "CAST({} AS INTEGER)"),
        (ValueType::U64, "CAST({} AS INTEGER)"),
        (ValueType::F32, "CAST({} AS REAL)"),
        (ValueType::F64, "CAST({} AS REAL)"),
    ],
    default_row: "DEFAULT VALUES",
    tokens: tokens::SQLITE,
    set_query: SetQuery::Plain,
    locks: None,
    dates: Dates::Strftime,
    json: JsonPaths::Extract,
    row_values: true,
    widened: &[],
    division: Division { operator: " / ", truncates: false, unsigned: None },
    // Integers beyond 64 bits become floats, and a column holds every type.
    range_checks: RangeChecks { function: Some("ar_within"), casts: &[], decimal: None, failure: "" },
    assigns_in_order: false,
    bound_types: BoundTypes::OfValues,
    length: "LENGTH(",
    concat: Some(" || "),
    explain: "EXPLAIN QUERY PLAN ",
    now: "strftime('%Y-%m-%d %H:%M:%f000', 'now')",
    // SQLite has one writer at a time. Rows that a snapshot does not see get a later timestamp.
    horizon: None,
    horizon_is_busy: None,
    definitions: Definitions {
        types: &[
            (ValueType::Bool, "INTEGER"),
            (ValueType::I16, "INTEGER"),
            (ValueType::I32, "INTEGER"),
            (ValueType::I64, "INTEGER"),
            (ValueType::U64, "INTEGER"),
            (ValueType::F32, "REAL"),
            (ValueType::F64, "REAL"),
            (ValueType::Bytes, "BLOB"),
            (ValueType::Text, "TEXT"),
            (ValueType::Decimal, "TEXT"),
            (ValueType::Uuid, "TEXT"),
            (ValueType::Date, "TEXT"),
            (ValueType::Time, "TEXT"),
            (ValueType::DateTime, "TEXT"),
            (ValueType::Timestamp, "TEXT"),
            (ValueType::Json, "TEXT"),
        ],
        array: Some("TEXT"),
        indexed_text: Size::None("TEXT"),
        indexed_bytes: Size::None("BLOB"),
        decimal: Size::None("TEXT"),
        numbered_key: "INTEGER PRIMARY KEY AUTOINCREMENT",
        inline_indexes: false,
        options: "",
    },
    load: None,
    triggers: triggers::SQLITE,
    catalog: catalog::SQLITE,
    digests: row_digests::SQLITE,
    stores: stores::SQLITE,
    branch_at_begin: false,
    idle_limit: None,
    notify: None,
    preconditions: &[
        Precondition {
            ask: "SELECT CAST(synchronous AS TEXT) FROM pragma_synchronous",
            accepts: Accepts::OneOf(&["2", "3"]),
            what: "COMMIT returns only when the transaction is durable (synchronous)",
            mend: "remove `synchronous=off` or `synchronous=normal` from the URL: `full` is the default",
            to_prepare: false,
            of_session: false,
        },
        Precondition {
            ask: "SELECT file FROM pragma_database_list WHERE name = 'main'",
            accepts: Accepts::AnyBut(""),
            what: "the database is a file",
            mend: "use a file: a database in memory ends with its process",
            to_prepare: false,
            of_session: false,
        },
        Precondition {
            ask: "SELECT journal_mode FROM pragma_journal_mode",
            accepts: Accepts::OneOf(&["wal", "delete", "truncate", "persist"]),
            what: "a crash during COMMIT leaves a consistent database (journal_mode)",
            mend: "remove `journal_mode=memory` or `journal_mode=off` from the URL: `wal` is the default",
            to_prepare: false,
            of_session: false,
        },
        Precondition {
            ask: "SELECT coalesce(group_concat(name || ' is in ' || mode || ' mode', ', '), '') FROM \
                (SELECT name, (SELECT journal_mode FROM pragma_journal_mode WHERE schema = files.name) AS mode, \
                    max(seq) OVER () AS last FROM pragma_database_list AS files WHERE name <> 'temp') \
                WHERE last > 1 AND mode NOT IN ('delete', 'truncate', 'persist')",
            accepts: Accepts::OneOf(&[""]),
            what: "attached files are committed together with the main file (journal_mode of each)",
            mend: "DETACH the other files, or set `journal_mode=delete` for all: without rollback journals, a crash during \
                COMMIT can leave some files committed and others not",
            to_prepare: false,
            of_session: true,
        },
    ],
};
