//! How a database is asked what tables it has.

use crate::value::ValueType;

/// How a database is asked what tables it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Catalog {
    /// Gives the names of the tables.
    pub(crate) tables: &'static str,
    /// Gives, of the table whose name is bound, each column that can be written: its name, its declared type, whether it may
    /// be NULL (1) or not (0), and its place in the primary key, 0 if it is not in it.
    pub(crate) columns: &'static str,
    /// What a declared type begins with, in lower case, what else is in it, and what a column of it holds. The first that
    /// fits counts.
    pub(crate) types: &'static [(&'static str, &'static str, ValueType)],
    /// What a declared type ends with that is an array of what stands before it.
    pub(crate) array: Option<&'static str>,
}

pub(super) const SQLITE: Catalog = Catalog {
    tables: "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
    // A generated column is hidden, or marked by a number above 1.
    columns: "SELECT name, type, \"notnull\" = 0 AND pk = 0, pk FROM pragma_table_xinfo(?) WHERE hidden = 0 ORDER BY cid",
    types: &[
        ("bool", "", ValueType::Bool),
        ("", "int", ValueType::I64),
        ("json", "", ValueType::Json),
        ("", "char", ValueType::Text),
        ("", "clob", ValueType::Text),
        ("", "text", ValueType::Text),
        ("uuid", "", ValueType::Uuid),
        ("blob", "", ValueType::Bytes),
        ("", "real", ValueType::F64),
        ("", "floa", ValueType::F64),
        ("", "doub", ValueType::F64),
        ("dec", "", ValueType::Decimal),
        ("num", "", ValueType::Decimal),
        ("datetime", "", ValueType::DateTime),
        ("timestamp", "", ValueType::Timestamp),
        ("date", "", ValueType::Date),
        ("time", "", ValueType::Time),
    ],
    array: None,
};

pub(super) const MYSQL: Catalog = Catalog {
    tables: "SELECT table_name FROM information_schema.tables \
             WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' ORDER BY table_name",
    columns: "SELECT c.column_name, c.column_type, c.is_nullable = 'YES', COALESCE(k.seq_in_index, 0) \
              FROM information_schema.columns c LEFT JOIN information_schema.statistics k \
              ON k.table_schema = c.table_schema AND k.table_name = c.table_name AND k.column_name = c.column_name \
              AND k.index_name = 'PRIMARY' \
              WHERE c.table_schema = DATABASE() AND c.table_name = ? AND COALESCE(c.generation_expression, '') = '' \
              ORDER BY c.ordinal_position",
    types: &[
        ("tinyint(1)", "", ValueType::Bool),
        ("tinyint", "", ValueType::I16),
        ("smallint", "unsigned", ValueType::I32),
        ("smallint", "", ValueType::I16),
        ("mediumint", "", ValueType::I32),
        ("int", "unsigned", ValueType::I64),
        ("int", "", ValueType::I32),
        ("bigint", "unsigned", ValueType::U64),
        ("bigint", "", ValueType::I64),
        ("year", "", ValueType::I16),
        ("float", "", ValueType::F32),
        ("double", "", ValueType::F64),
        ("decimal", "", ValueType::Decimal),
        ("json", "", ValueType::Json),
        ("uuid", "", ValueType::Uuid),
        ("binary", "", ValueType::Bytes),
        ("varbinary", "", ValueType::Bytes),
        ("", "blob", ValueType::Bytes),
        ("", "char", ValueType::Text),
        ("", "text", ValueType::Text),
        ("enum", "", ValueType::Text),
        ("set", "", ValueType::Text),
        ("datetime", "", ValueType::DateTime),
        ("timestamp", "", ValueType::Timestamp),
        ("date", "", ValueType::Date),
        ("time", "", ValueType::Time),
    ],
    array: None,
};

pub(super) const POSTGRESQL: Catalog = Catalog {
    tables: "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename",
    columns: "SELECT a.attname::text, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull, \
              COALESCE((SELECT position FROM pg_index i, unnest(i.indkey) WITH ORDINALITY AS key (number, position) \
                        WHERE i.indrelid = a.attrelid AND i.indisprimary AND key.number = a.attnum), 0) \
              FROM pg_attribute a WHERE a.attrelid = to_regclass(?) AND a.attnum > 0 AND NOT a.attisdropped \
              AND a.attgenerated = '' ORDER BY a.attnum",
    types: &[
        ("boolean", "", ValueType::Bool),
        ("smallint", "", ValueType::I16),
        ("integer", "", ValueType::I32),
        ("bigint", "", ValueType::I64),
        ("numeric(20,0)", "", ValueType::U64),
        ("numeric", "", ValueType::Decimal),
        ("real", "", ValueType::F32),
        ("double precision", "", ValueType::F64),
        ("text", "", ValueType::Text),
        ("character", "", ValueType::Text),
        ("citext", "", ValueType::Text),
        ("name", "", ValueType::Text),
        ("bytea", "", ValueType::Bytes),
        ("uuid", "", ValueType::Uuid),
        ("date", "", ValueType::Date),
        ("timestamp", "with time zone", ValueType::Timestamp),
        ("timestamp", "", ValueType::DateTime),
        ("time", "without time zone", ValueType::Time),
        ("json", "", ValueType::Json),
    ],
    array: Some("[]"),
};

impl Catalog {
    /// What a column of this declared type holds.
    pub(crate) fn value_type(&self, declared: &str) -> Option<ValueType> {
        let declared = declared.to_lowercase();
        if let Some(element) = self.array.and_then(|array| declared.strip_suffix(array)) {
            return self.value_type(element).and_then(array_of);
        }
        let fits = |(head, part, _): &&(&str, &str, ValueType)| declared.starts_with(head) && declared.contains(part);
        self.types.iter().find(fits).map(|(_, _, ty)| *ty)
    }
}

fn array_of(element: ValueType) -> Option<ValueType> {
    const ELEMENTS: [ValueType; 14] = [
        ValueType::Bool,
        ValueType::I16,
        ValueType::I32,
        ValueType::I64,
        ValueType::F32,
        ValueType::F64,
        ValueType::Text,
        ValueType::Decimal,
        ValueType::Uuid,
        ValueType::Date,
        ValueType::Time,
        ValueType::DateTime,
        ValueType::Timestamp,
        ValueType::Json,
    ];
    ELEMENTS.iter().find(|known| **known == element).map(ValueType::Array)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declared_types_are_known() {
        for (catalog, declared, ty) in [
            (SQLITE, "INTEGER", Some(ValueType::I64)),
            (SQLITE, "VARCHAR(20)", Some(ValueType::Text)),
            (SQLITE, "TIMESTAMP", Some(ValueType::Timestamp)),
            (SQLITE, "geometry", None),
            (MYSQL, "tinyint(1)", Some(ValueType::Bool)),
            (MYSQL, "bigint(20) unsigned", Some(ValueType::U64)),
            (MYSQL, "datetime(6)", Some(ValueType::DateTime)),
            (MYSQL, "longtext", Some(ValueType::Text)),
            (MYSQL, "varbinary(16)", Some(ValueType::Bytes)),
            (MYSQL, "point", None),
            (POSTGRESQL, "character varying(20)", Some(ValueType::Text)),
            (POSTGRESQL, "timestamp(6) with time zone", Some(ValueType::Timestamp)),
            (POSTGRESQL, "numeric(10,2)", Some(ValueType::Decimal)),
            (POSTGRESQL, "integer[]", Some(ValueType::Array(&ValueType::I32))),
            (POSTGRESQL, "tsvector", None),
        ] {
            assert_eq!(catalog.value_type(declared), ty, "{declared}");
        }
    }
}
