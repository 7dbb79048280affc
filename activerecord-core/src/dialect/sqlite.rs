use super::{
    Accepts, Catalog, Dates, DecimalMath, Definitions, Dialect, InList, JsonPaths, Like, Placeholder, Precondition,
    SetQuery, Size, Upsert,
};
use crate::capabilities::Capabilities;
use crate::value::ValueType;

/// SQLite 3.35 and later. Decimals are exact text: its backend brings the collation and the functions for them.
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
    typed_averages: false,
    default_row: "DEFAULT VALUES",
    backslash_escapes: false,
    hash_comments: false,
    set_query: SetQuery::Plain,
    locks: None,
    dates: Dates::Strftime,
    json: JsonPaths::Extract,
    integer_division: " / ",
    length: "LENGTH(",
    concat: Some(" || "),
    explain: "EXPLAIN QUERY PLAN ",
    now: "strftime('%Y-%m-%d %H:%M:%f', 'now')",
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
    catalog: Catalog {
        tables: "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite@_%' ESCAPE '@' ORDER BY name",
        // A key of one INTEGER is the number of the row, unless the table has none; that is never NULL.
        columns: "WITH one (name) AS (SELECT ?), \
                  all_columns AS (SELECT c.*, upper(c.type) = 'INTEGER' AND c.pk = 1 AND t.wr = 0 \
                      AND (SELECT count(*) FROM pragma_table_info(one.name) WHERE pk > 0) = 1 AS numbered, t.wr \
                      FROM one JOIN pragma_table_list AS t ON t.schema = 'main' AND t.name = one.name COLLATE NOCASE \
                      JOIN pragma_table_xinfo(one.name) AS c WHERE c.hidden <> 1) \
                  SELECT name, type, type, NOT (\"notnull\" OR numbered OR wr AND pk > 0), numbered, hidden IN (2, 3), \
                      dflt_value FROM all_columns ORDER BY cid",
        keys: "WITH one (name) AS (SELECT ?) \
               SELECT '' AS key_name, c.name, 1 AS is_primary, c.pk AS place \
                   FROM one, pragma_table_info(one.name) AS c WHERE c.pk > 0 \
               UNION ALL SELECT i.name, c.name, 0, c.seqno \
                   FROM one, pragma_index_list(one.name) AS i, pragma_index_info(i.name) AS c \
                   WHERE i.\"unique\" AND i.origin <> 'pk' AND NOT i.partial \
                   AND NOT EXISTS (SELECT 1 FROM pragma_index_info(i.name) AS e WHERE e.name IS NULL) \
               ORDER BY is_primary DESC, key_name, place",
        types: &[
            ("integer", ValueType::I64),
            ("int", ValueType::I64),
            ("bigint", ValueType::I64),
            ("smallint", ValueType::I16),
            ("tinyint", ValueType::I16),
            ("mediumint", ValueType::I32),
            ("boolean", ValueType::Bool),
            ("bool", ValueType::Bool),
            ("real", ValueType::F64),
            ("double", ValueType::F64),
            ("double precision", ValueType::F64),
            ("float", ValueType::F64),
            ("blob", ValueType::Bytes),
            ("text", ValueType::Text),
            ("clob", ValueType::Text),
            ("varchar", ValueType::Text),
            ("nvarchar", ValueType::Text),
            ("char", ValueType::Text),
            ("character", ValueType::Text),
            ("nchar", ValueType::Text),
            ("decimal", ValueType::Decimal),
            ("numeric", ValueType::Decimal),
            ("uuid", ValueType::Uuid),
            ("date", ValueType::Date),
            ("time", ValueType::Time),
            ("datetime", ValueType::DateTime),
            ("timestamp", ValueType::DateTime),
            ("json", ValueType::Json),
        ],
        array: None,
    },
    branch_at_begin: false,
    idle_limit: None,
    preconditions: &[
        Precondition {
            ask: "SELECT CAST(synchronous AS TEXT) FROM pragma_synchronous",
            accepts: Accepts::OneOf(&["2", "3"]),
            what: "a commit is in the file before it is answered (synchronous)",
            mend: "take `synchronous=off` or `synchronous=normal` out of the URL: `full` is the default",
            to_prepare: false,
        },
        Precondition {
            ask: "SELECT file FROM pragma_database_list WHERE name = 'main'",
            accepts: Accepts::AnyBut(""),
            what: "the database is a file",
            mend: "a database in memory is gone with its process: use a file",
            to_prepare: false,
        },
    ],
};
