use super::{Dates, DecimalMath, Dialect, InList, JsonPaths, Like, Placeholder, SetQuery, Upsert};
use crate::capabilities::Capabilities;

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
};
