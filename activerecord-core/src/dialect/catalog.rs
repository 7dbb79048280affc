//! The queries that read a database's catalog of tables.

use crate::value::ValueType;

/// The queries on the catalog, and the types of columns by their SQL names: the inverse of
/// [`Definitions`](super::Definitions).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Catalog {
    /// Selects the names of the tables.
    pub(crate) tables: &'static str,
    /// Describes a table. The placeholders are pairs of a schema, or NULL, and a table. Each row has a kind, a name, nine
    /// cells, words that are true, and a place among the rows of its name. `connection/describe/rows.rs` says what the cells
    /// of each kind are.
    pub(crate) table: &'static str,
    /// The file whose CREATE statements `table` reads first: its quoted name replaces `{}`. Empty: `table` has no `{}`.
    pub(crate) main: &'static str,
    /// The collation that needs no mention.
    pub(crate) plain_collation: &'static str,
    /// How the types begin that list their labels.
    pub(crate) enumerations: &'static [&'static str],
    /// How the names of collations end that tell all characters apart.
    pub(crate) exact_collations: &'static [&'static str],
    /// Selects whether a type with a quoted name exists; None: types have no names.
    pub(crate) has_type: Option<&'static str>,
    /// The types by their SQL names in lower case. A declared type is looked up as it is, then without its parentheses.
    pub(crate) types: &'static [(&'static str, ValueType)],
    /// The suffix of array types; None: no arrays.
    pub(crate) array: Option<&'static str>,
}

pub(super) const SQLITE: Catalog = Catalog {
    tables: "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite@_%' ESCAPE '@' ORDER BY name",
    table: include_str!("catalog/sqlite.sql"),
    main: "main",
    plain_collation: "BINARY",
    enumerations: &[],
    exact_collations: &[],
    has_type: None,
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
};

pub(super) const MYSQL: Catalog = Catalog {
    tables: "SELECT table_name FROM information_schema.tables \
             WHERE table_schema = DATABASE() AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED') ORDER BY table_name",
    table: include_str!("catalog/mysql.sql"),
    main: "",
    plain_collation: "",
    enumerations: &["enum(", "set("],
    exact_collations: &["_bin", "binary"],
    has_type: None,
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
};

pub(super) const POSTGRESQL: Catalog = Catalog {
    tables: "SELECT c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace \
             WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY c.relname",
    table: include_str!("catalog/postgresql.sql"),
    main: "",
    plain_collation: "",
    enumerations: &[],
    exact_collations: &["\"C\"", "\"POSIX\"", "ucs_basic"],
    has_type: Some("SELECT to_regtype($1) IS NOT NULL"),
    types: &[
        ("boolean", ValueType::Bool),
        ("smallint", ValueType::I16),
        ("integer", ValueType::I32),
        ("bigint", ValueType::I64),
        ("oid", ValueType::I64),
        // The type that this library creates for an unsigned integer.
        ("numeric(20,0)", ValueType::U64),
        ("numeric", ValueType::Decimal),
        ("real", ValueType::F32),
        ("double precision", ValueType::F64),
        ("bytea", ValueType::Bytes),
        ("text", ValueType::Text),
        ("character varying", ValueType::Text),
        ("character", ValueType::Text),
        ("bpchar", ValueType::Text),
        ("\"char\"", ValueType::Text),
        ("name", ValueType::Text),
        ("xml", ValueType::Text),
        ("citext", ValueType::Text),
        ("uuid", ValueType::Uuid),
        ("date", ValueType::Date),
        ("time", ValueType::Time),
        ("time without time zone", ValueType::Time),
        ("timestamp", ValueType::DateTime),
        ("timestamp without time zone", ValueType::DateTime),
        ("timestamptz", ValueType::Timestamp),
        ("timestamp with time zone", ValueType::Timestamp),
        ("json", ValueType::Json),
        ("jsonb", ValueType::Json),
    ],
    array: Some("[]"),
};

impl Catalog {
    /// Returns the type of the values of a column with this SQL type; None when this library does not support the type.
    pub(crate) fn holds(&self, spelling: &str) -> Option<ValueType> {
        let spelling = spelling.trim().to_lowercase();
        if let Some(element) = self.array.and_then(|brackets| spelling.strip_suffix(brackets)) {
            return self.holds(element)?.as_static().map(ValueType::Array);
        }
        self.known(&spelling).or_else(|| self.known(&without_sizes(&spelling)))
    }

    fn known(&self, spelling: &str) -> Option<ValueType> {
        self.types.iter().find(|(known, _)| *known == spelling).map(|(_, ty)| *ty)
    }
}

/// `timestamp(3) without time zone` is `timestamp without time zone`.
pub(crate) fn without_sizes(spelling: &str) -> String {
    match (spelling.find('('), spelling.rfind(')')) {
        (Some(start), Some(end)) if start < end => {
            format!("{}{}", spelling[..start].trim_end(), &spelling[end + 1..])
        }
        _ => spelling.into(),
    }
}

/// Returns the numbers in parentheses, such as the precision and the scale of `numeric(10, 2)`. Empty when the
/// parentheses contain anything else.
pub(crate) fn sizes(spelling: &str) -> Vec<u32> {
    let inside = spelling.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map_or("", |(inside, _)| inside);
    inside.split(',').map(|size| size.trim().parse().ok()).collect::<Option<_>>().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::{MYSQL, POSTGRESQL, SQLITE};

    #[test]
    fn types_are_known_with_and_without_their_sizes() {
        for (dialect, spelling, ty) in [
            (&POSTGRESQL, "timestamp(3) without time zone", Some(ValueType::DateTime)),
            (&POSTGRESQL, "numeric(10,2)", Some(ValueType::Decimal)),
            (&POSTGRESQL, "text[]", Some(ValueType::Array(&ValueType::Text))),
            (&POSTGRESQL, "interval", None),
            (&MYSQL, "tinyint(1)", Some(ValueType::Bool)),
            (&MYSQL, "tinyint(4)", Some(ValueType::I16)),
            (&MYSQL, "bigint(20) unsigned", Some(ValueType::U64)),
            (&MYSQL, "enum('a(b','c)')", Some(ValueType::Text)),
            (&MYSQL, "point", None),
            (&SQLITE, "VARCHAR(20)", Some(ValueType::Text)),
            (&SQLITE, "", None),
        ] {
            assert_eq!(dialect.catalog.holds(spelling), ty, "{spelling}");
        }
    }

    #[test]
    fn every_type_of_create_table_is_known() {
        for dialect in [&MYSQL, &POSTGRESQL, &SQLITE] {
            for (_, spelling) in dialect.definitions.types {
                assert!(dialect.catalog.holds(spelling).is_some(), "{spelling}");
            }
        }
    }

    #[test]
    fn sizes_are_numbers() {
        assert_eq!(sizes("numeric(10, 2)"), [10, 2]);
        assert_eq!(sizes("enum('1')"), [0_u32; 0]);
        assert_eq!(sizes("numeric(3,-2)"), [0_u32; 0]);
        assert_eq!(sizes("text"), [0_u32; 0]);
    }
}
