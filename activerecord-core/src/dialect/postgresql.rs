use super::{Dates, DecimalMath, Dialect, InList, JsonPaths, Like, Locks, Placeholder, SetQuery, Upsert};
use crate::capabilities::Capabilities;

/// PostgreSQL. Whether transactions can be prepared is a setting of the server, asked when connecting.
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
        ..Capabilities::none(65_535)
    },
    quote: '"',
    placeholder: Placeholder::Dollar,
    upsert: Upsert::OnConflict,
    unnamed_conflicts: None,
    upserts_once: true,
    // What fits into one TLS record, with its head: docs/design/postgres.md has what a longer statement costs.
    bulk_bytes: 15 << 10,
    in_list: InList::AnyArray,
    like: Like::Ilike,
    decimal: DecimalMath::Native,
    nulls_smallest: false,
    nulls_keyword: true,
    no_limit: None,
    typed_averages: false,
    default_row: "DEFAULT VALUES",
    backslash_escapes: false,
    hash_comments: false,
    set_query: SetQuery::Plain,
    locks: Some(Locks::Standard),
    dates: Dates::ExtractInZone,
    json: JsonPaths::Jsonb,
    integer_division: " / ",
    length: "CHAR_LENGTH(",
    concat: Some(" || "),
    explain: "EXPLAIN ",
};
