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
    /// The types of columns that hold more than the type of this library for them. None: their values are carried as text.
    pub(crate) types: &'static [(&'static str, Option<ValueType>)],
    /// What columns keep of a JSON value, if not its text.
    pub(crate) json: &'static [(&'static str, KeptJson)],
    /// Selects the views, and the tables of other schemas: what each is, its name, and whether it is in the schema of the
    /// connection.
    pub(crate) others: &'static str,
    /// Selects whether names that differ only by case are one; None: they are not.
    pub(crate) ignores_case: Option<&'static str>,
    /// Selects the version of the server, if several programs have the dialect.
    pub(crate) version: Option<&'static str>,
    /// A condition that a decimal, `{}`, has a form which other databases than this one cannot hold as a decimal; None: they can.
    pub(crate) wide_decimal: Option<&'static str>,
    /// A condition that a time, `{}`, is not a time of day; None: each is one.
    pub(crate) duration: Option<&'static str>,
    /// What the columns of a new table can hold.
    pub(crate) room: Room,
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

/// What a column keeps of a JSON value. For the packages of this library: it is not stable.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeptJson {
    /// The text.
    #[default]
    Text,
    /// All numbers, and the last of several members with the same name.
    Distinct,
    /// Numbers of 64 bits.
    Doubles,
}

/// What the columns of a new table can hold. For the packages of this library: it is not stable.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// The bytes that all columns of a row share.
    pub row_bytes: Option<u32>,
    /// Whether decimals have limits.
    pub limits_decimals: bool,
    /// Whether JSON can be a part of a key.
    pub indexes_json: bool,
    /// Whether names can have characters beyond U+FFFF, such as emoji.
    pub long_characters: bool,
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
    types: &[],
    json: &[],
    others: "SELECT 'view', name, 1 FROM sqlite_schema WHERE type = 'view' ORDER BY name",
    ignores_case: Some("SELECT 1"),
    version: None,
    wide_decimal: None,
    duration: None,
    room: Room { row_bytes: None, limits_decimals: false, indexes_json: true, long_characters: true },
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
    types: &[
        ("numeric(20,0)", Some(ValueType::Decimal)),
        // The empty text of this type is a byte of zero.
        ("\"char\"", None),
    ],
    json: &[("jsonb", KeptJson::Distinct)],
    others: "SELECT CASE WHEN c.relkind IN ('v', 'm') THEN 'view' WHEN c.relkind = 'f' THEN 'foreign table' ELSE 'table' END, \
             CASE WHEN n.nspname = current_schema() THEN CAST(c.relname AS text) ELSE concat(n.nspname, '.', c.relname) END, \
             n.nspname = current_schema() FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace \
             WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg@_%' ESCAPE '@' \
             AND (c.relkind IN ('v', 'm', 'f') OR c.relkind IN ('r', 'p') AND n.nspname <> current_schema()) \
             AND NOT c.relispartition AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.objid = c.oid AND d.deptype = 'e') \
             ORDER BY 1, 2",
    ignores_case: None,
    version: None,
    wide_decimal: Some("{} NOT IN ('NaN', 'Infinity', '-Infinity') AND (scale({}) > 28 OR abs({}) >= 1e37)"),
    duration: None,
    room: Room { row_bytes: None, limits_decimals: false, indexes_json: true, long_characters: true },
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
        ("bit", text("CAST({} AS UNSIGNED)", "?")),
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
    types: &[("tinyint(1)", Some(ValueType::I16))],
    json: &[("json", KeptJson::Doubles)],
    others: "SELECT CASE table_type WHEN 'SEQUENCE' THEN 'sequence' ELSE 'view' END, table_name, TRUE \
             FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type IN ('VIEW', 'SEQUENCE') ORDER BY 1, 2",
    ignores_case: Some("SELECT @@lower_case_table_names"),
    version: Some("SELECT VERSION()"),
    wide_decimal: None,
    // TIME is a duration, which can be negative or longer than a day.
    duration: Some("{} NOT BETWEEN '00:00:00' AND '23:59:59.999999'"),
    // Of 65,535 bytes, half are left to columns that are no texts.
    room: Room { row_bytes: Some(32_000), limits_decimals: true, indexes_json: false, long_characters: false },
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

    /// The query for what a copy of all tables leaves out.
    pub fn others(&self) -> &'static str {
        self.carrying.others
    }

    /// The query for whether names that differ only by case are one.
    pub fn ignores_case(&self) -> Option<&'static str> {
        self.carrying.ignores_case
    }

    /// The query for the version of the server, if several programs have the dialect.
    pub fn version_query(&self) -> Option<&'static str> {
        self.carrying.version
    }

    /// The condition that a decimal cannot be one elsewhere.
    pub fn wide_decimal(&self) -> Option<&'static str> {
        self.carrying.wide_decimal
    }

    /// The condition that a time is not a time of day.
    pub fn duration(&self) -> Option<&'static str> {
        self.carrying.duration
    }

    /// What the columns of a new table can hold.
    pub fn room(&self) -> Room {
        self.carrying.room
    }

    /// Whether indexes are made inside of CREATE TABLE.
    pub fn has_inline_indexes(&self) -> bool {
        self.definitions.inline_indexes
    }

    /// The query for the identity of a table.
    pub fn table_identity(&self) -> &'static str {
        self.carrying.table_identity
    }
}
