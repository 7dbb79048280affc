//! The queries that read a database's catalog of tables, columns and keys.

use crate::value::ValueType;

/// The queries on the catalog, and the types of columns by their SQL names: the inverse of
/// [`Definitions`](super::Definitions).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Catalog {
    /// Selects the names of the tables.
    pub(crate) tables: &'static str,
    /// Selects the columns of a table in their order. For each: the name; the declared type; the underlying type of an
    /// alias or a domain; whether it can be NULL; whether the database generates it; whether it is computed; its
    /// default.
    pub(crate) columns: &'static str,
    /// Selects the columns of the table's unique keys, including the primary key: the name of the key, the name of the
    /// column, and whether the key is the primary key. Partial keys and keys on expressions are left out.
    pub(crate) keys: &'static str,
    /// The types by their SQL names in lower case. A declared type is looked up as it is, then without its parentheses.
    pub(crate) types: &'static [(&'static str, ValueType)],
    /// The suffix of array types; None: no arrays.
    pub(crate) array: Option<&'static str>,
}

pub(super) const SQLITE: Catalog = Catalog {
    tables: "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite@_%' ESCAPE '@' ORDER BY name",
    // A key of one INTEGER column is the rowid, unless the table is WITHOUT ROWID. It is never NULL.
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
};

pub(super) const MYSQL: Catalog = Catalog {
    tables: "SELECT table_name FROM information_schema.tables \
             WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' ORDER BY table_name",
    // On MariaDB a JSON column is a text with a check constraint. Its check_constraints have a table_name. Those of
    // MySQL do not; there `table_name` is that of the column itself.
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
};

pub(super) const POSTGRESQL: Catalog = Catalog {
    tables: "SELECT c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace \
             WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY c.relname",
    columns: "SELECT a.attname, format_type(a.atttypid, a.atttypmod), CASE t.typtype \
                  WHEN 'd' THEN format_type(t.typbasetype, t.typtypmod) WHEN 'e' THEN 'text' \
                  ELSE format_type(a.atttypid, a.atttypmod) END, \
                  NOT a.attnotnull, a.attidentity <> '' OR coalesce(pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%', FALSE), \
                  a.attgenerated <> '', pg_get_expr(d.adbin, d.adrelid) \
              FROM pg_attribute AS a JOIN pg_type AS t ON t.oid = a.atttypid \
              LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
              WHERE a.attrelid = to_regclass((SELECT string_agg(quote_ident(part), '.') FROM unnest(string_to_array(?, '.')) AS part)) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum",
    keys: "SELECT i.relname, a.attname, x.indisprimary FROM pg_index AS x JOIN pg_class AS i ON i.oid = x.indexrelid \
           CROSS JOIN LATERAL unnest(x.indkey) WITH ORDINALITY AS k (attnum, place) \
           JOIN pg_attribute AS a ON a.attrelid = x.indrelid AND a.attnum = k.attnum \
           WHERE x.indrelid = to_regclass((SELECT string_agg(quote_ident(part), '.') FROM unnest(string_to_array(?, '.')) AS part)) AND x.indisunique AND x.indisvalid AND x.indpred IS NULL \
           AND x.indexprs IS NULL AND k.place <= x.indnkeyatts ORDER BY x.indisprimary DESC, i.relname, k.place",
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
fn without_sizes(spelling: &str) -> String {
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
