//! How a copy reads the values of columns that this library has no type for, and the places of rows in an order.

use super::Dialect;
use crate::value::ValueType;

/// SQL for one column. `{}` stands for the quoted column, `?` for a bound value, and `{type}` for the declared type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Carrying {
    /// The types whose values order their rows as they are bound: their places need no other form. Lower case, without
    /// sizes.
    pub(crate) ordered: &'static [&'static str],
    /// The places in columns of other types.
    pub(crate) places: &'static [(&'static str, PlaceForm)],
    /// The place in a column of any other type.
    pub(crate) place: PlaceForm,
    /// The text of a column that has no type of this library, by its declared type.
    pub(crate) texts: &'static [(&'static str, TextForm)],
    /// The text of any other column.
    pub(crate) text: TextForm,
    /// A value that this library cannot read, for a database of the same kind.
    pub(crate) unreadable: TextForm,
    /// The type of such a value on its way.
    pub(crate) unreadable_type: ValueType,
    /// The largest number of digits of a decimal that this library reads as a number.
    pub(crate) digits: u32,
    /// Lets the session write the key zero, where it would otherwise generate one.
    pub(crate) keeps_zero: Option<&'static str>,
    /// Defers the checks of foreign keys to the end of the transaction.
    pub(crate) defers_keys: Option<&'static str>,
    /// Selects a text that changes when a table with this quoted name is dropped and made again, or emptied at once.
    pub(crate) table_identity: &'static str,
}

/// How the place of a row is read and compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PlaceForm {
    pub(crate) read: &'static str,
    pub(crate) bound: &'static str,
}

/// How the text of a value is read and written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TextForm {
    pub(crate) read: &'static str,
    /// For a database of another kind, which does not understand `read`.
    pub(crate) foreign: &'static str,
    pub(crate) written: &'static str,
}

const fn place(read: &'static str, bound: &'static str) -> PlaceForm {
    PlaceForm { read, bound }
}

const fn text(read: &'static str, written: &'static str) -> TextForm {
    TextForm { read, foreign: read, written }
}

/// A column of SQLite holds values of every type, and compares each by its own type.
pub(super) const SQLITE: Carrying = Carrying {
    ordered: &[],
    places: &[],
    place: place("{}", "?"),
    texts: &[],
    text: text("{}", "?"),
    // A text that is not UTF-8.
    unreadable: text("CAST({} AS BLOB)", "CAST(? AS TEXT)"),
    unreadable_type: ValueType::Bytes,
    digits: 28,
    keeps_zero: None,
    defers_keys: Some("PRAGMA defer_foreign_keys = ON"),
    table_identity: "SELECT CAST(schema_version AS TEXT) FROM pragma_schema_version WHERE ? IS NOT NULL",
};

/// The text of a value is the same value again after a cast, and has the same place in the order.
pub(super) const POSTGRESQL: Carrying = Carrying {
    ordered: &[
        "smallint",
        "integer",
        "bigint",
        "oid",
        "text",
        "character varying",
        "uuid",
        "boolean",
        "bytea",
        "double precision",
    ],
    places: &[],
    place: place("CAST({} AS text)", "CAST(CAST(? AS text) AS {type})"),
    texts: &[],
    // A cast of an address to a text adds the length of its network. IS NOT NULL is false for a row of NULLs.
    text: text("CASE WHEN num_nulls({}) = 0 THEN format('%s', {}) END", "CAST(CAST(? AS text) AS {type})"),
    unreadable: text("CAST({} AS text)", "CAST(CAST(? AS text) AS {type})"),
    unreadable_type: ValueType::Text,
    digits: 28,
    keeps_zero: None,
    defers_keys: Some("SET CONSTRAINTS ALL DEFERRED"),
    table_identity: "SELECT CONCAT(t.oid, ':', pg_relation_filenode(t.oid)) FROM (SELECT CAST(CAST(CAST(? AS text) AS regclass) AS oid) AS oid) AS t",
};

/// ENUM and SET order rows by number, and compare with a text by the text.
pub(super) const MYSQL: Carrying = Carrying {
    ordered: &[
        "tinyint",
        "smallint",
        "mediumint",
        "int",
        "bigint",
        "tinyint unsigned",
        "smallint unsigned",
        "mediumint unsigned",
        "int unsigned",
        "bigint unsigned",
        "double",
        "char",
        "varchar",
        "tinytext",
        "text",
        "mediumtext",
        "longtext",
        "binary",
        "varbinary",
        "tinyblob",
        "blob",
        "mediumblob",
        "longblob",
    ],
    places: &[
        ("enum", place("CAST({} AS UNSIGNED)", "?")),
        ("set", place("CAST({} AS UNSIGNED)", "?")),
        ("bit", place("CAST({} AS UNSIGNED)", "?")),
        ("year", place("CAST({} AS UNSIGNED)", "?")),
        // The shortest text of a single is another number than the single.
        ("float", place("{} + 0e0", "?")),
        // MySQL takes a bound text in CAST(? AS TIME) for a date, if it can: 400:00:09 is one.
        ("date", place("CAST({} AS CHAR)", "CAST(CAST(? AS CHAR) AS DATE)")),
        ("datetime", place("CAST({} AS CHAR)", "CAST(CAST(? AS CHAR) AS DATETIME(6))")),
        ("timestamp", place("CAST({} AS CHAR)", "CAST(CAST(? AS CHAR) AS DATETIME(6))")),
        ("time", place("CAST({} AS CHAR)", "CAST(CAST(? AS CHAR) AS TIME(6))")),
        ("decimal", place("CAST({} AS CHAR)", "CAST(CAST(? AS CHAR) AS DECIMAL{sizes})")),
        ("decimal unsigned", place("CAST({} AS CHAR)", "CAST(CAST(? AS CHAR) AS DECIMAL{sizes})")),
    ],
    place: place("CAST({} AS CHAR)", "CAST(CAST(? AS CHAR) AS {type})"),
    texts: &[
        ("inet4", text("CAST({} AS CHAR)", "CAST(? AS CHAR)")),
        ("inet6", text("CAST({} AS CHAR)", "CAST(? AS CHAR)")),
        ("point", GEOMETRY),
        ("linestring", GEOMETRY),
        ("polygon", GEOMETRY),
        ("multipoint", GEOMETRY),
        ("multilinestring", GEOMETRY),
        ("multipolygon", GEOMETRY),
        ("geometrycollection", GEOMETRY),
        ("geomcollection", GEOMETRY),
        ("geometry", GEOMETRY),
    ],
    text: text("CAST({} AS CHAR)", "CAST(? AS CHAR)"),
    unreadable: text("CAST({} AS CHAR)", "CAST(? AS CHAR)"),
    unreadable_type: ValueType::Text,
    digits: 28,
    keeps_zero: Some("SET SESSION sql_mode = CONCAT(@@SESSION.sql_mode, ',NO_AUTO_VALUE_ON_ZERO')"),
    defers_keys: None,
    table_identity: "SELECT CAST(create_time AS CHAR) FROM information_schema.tables WHERE CONCAT('`', table_name, '`') = ? AND table_schema = DATABASE()",
};

/// The bytes contain the reference system and all digits, which the text may not.
const GEOMETRY: TextForm = TextForm {
    read: "HEX({})",
    foreign: "CASE WHEN HEX(ST_GeomFromText(ST_AsText({}))) = HEX({}) THEN ST_AsText({}) ELSE HEX({}) END",
    written: "UNHEX(?)",
};

/// What the packages of this library ask for a copy. It is not stable.
#[doc(hidden)]
impl Dialect {
    /// The quoted name of a table. A dot separates the schema and the table.
    pub fn quoted_name(&self, name: &str) -> String {
        self.quoted(name)
    }

    /// The quoted name of a column.
    pub fn quoted_column(&self, name: &str) -> String {
        self.quoted_part(name)
    }

    /// The length in bytes after which the database shortens a name.
    pub fn name_bytes(&self) -> Option<usize> {
        self.name_bytes
    }

    /// The statement that lets a session write the key zero. None: it can.
    pub fn keeps_zero(&self) -> Option<&'static str> {
        self.carrying.keeps_zero
    }

    /// The statement that defers the checks of foreign keys to the end of the transaction.
    pub fn defers_keys(&self) -> Option<&'static str> {
        self.carrying.defers_keys
    }

    /// The query for the identity of a table.
    pub fn table_identity(&self) -> &'static str {
        self.carrying.table_identity
    }
}
