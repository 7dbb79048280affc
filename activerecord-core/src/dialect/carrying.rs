//! How a copy reads the values of columns that this library has no type for, and the places of rows in an order.

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
    /// The largest number of digits of a decimal that this library reads as a number.
    pub(crate) digits: u32,
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
    digits: 28,
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
    // A cast of an address to a text adds the length of its network.
    text: text("CASE WHEN {} IS NOT NULL THEN format('%s', {}) END", "CAST(CAST(? AS text) AS {type})"),
    digits: 28,
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
    digits: 28,
};

/// The bytes contain the reference system and all digits, which the text may not.
const GEOMETRY: TextForm = TextForm {
    read: "HEX({})",
    foreign: "CASE WHEN HEX(ST_GeomFromText(ST_AsText({}))) = HEX({}) THEN ST_AsText({}) ELSE HEX({}) END",
    written: "UNHEX(?)",
};
