//! What the columns of a database keep of the values that are written to them, where it changes a value without an error.

/// How a database stores values in columns of another type or of a limited size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Keeping {
    /// Whether a column has an affinity, by the rules of SQLite, and not a type.
    pub(crate) affinities: bool,
    /// The columns by their SQL names in lower case, as in `Catalog::types`. The others follow the type of their values.
    pub(crate) holders: &'static [(&'static str, Holder)],
    /// The digits that a single and a double have as a decimal. None: as many as tell them from their neighbours.
    pub(crate) float_digits: Option<[usize; 2]>,
    /// The digits after the seconds in a column that declares none.
    pub(crate) digits: u32,
    /// Whether a date and time that becomes text has a known form.
    pub(crate) shows_datetimes: bool,
    /// Whether an array is bound as JSON.
    pub(crate) arrays_as_json: bool,
    /// Whether the description of a table includes the temporary tables, which hide others of the same name.
    pub(crate) describes_temporary: bool,
}

/// What a column can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holder {
    Bool,
    Integer,
    /// Years: a number of two digits means another year.
    Year,
    /// Numbers without a sign: a negative one becomes a positive one.
    Bits,
    Single,
    Double,
    Decimal,
    Text(Room),
    /// One of the labels that the column lists.
    Label,
    /// A set of the labels that the column lists.
    Labels,
    Bytes,
    /// Bytes of a fixed length: shorter ones get zeros.
    PaddedBytes,
    Uuid,
    /// UUIDs that are read as text.
    UuidText,
    Date,
    Time,
    DateTime,
    Json,
    /// Addresses of the internet, in the shortest form.
    Address,
    /// JSON whose integers beyond 64 bits become floats.
    ShortJson,
    /// Everything, as it is.
    Anything,
    /// Values that this library cannot read.
    Unreadable,
    /// Text that looks like a number becomes a number.
    Numeric,
    /// As `Numeric`, and all numbers become floats.
    Real,
    /// Numbers become text.
    Textual,
}

/// What a column of text does with blanks and long texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Room {
    /// It keeps all, or refuses a text that is too long.
    Free,
    /// It removes the blanks beyond its length in characters.
    Cuts,
    /// It removes the blanks beyond this many bytes.
    CutsAt(usize),
    /// It removes all blanks at the end.
    Strips,
    /// It adds blanks up to its length, and removes those beyond.
    Pads,
    /// It removes everything beyond this many bytes.
    Shortens(usize),
}

pub(super) const SQLITE: Keeping = Keeping {
    affinities: true,
    holders: &[],
    float_digits: None,
    digits: 6,
    shows_datetimes: true,
    arrays_as_json: true,
    describes_temporary: true,
};

pub(super) const POSTGRESQL: Keeping = Keeping {
    affinities: false,
    holders: &[
        ("oid", Holder::Bits),
        ("numeric", Holder::Decimal),
        ("character", Holder::Text(Room::Pads)),
        ("character varying", Holder::Text(Room::Cuts)),
        ("\"char\"", Holder::Text(Room::Shortens(1))),
        ("name", Holder::Text(Room::Shortens(63))),
        ("money", Holder::Unreadable),
        ("interval", Holder::Unreadable),
        ("time with time zone", Holder::Unreadable),
    ],
    float_digits: Some([6, 15]),
    digits: 6,
    shows_datetimes: true,
    arrays_as_json: false,
    describes_temporary: true,
};

pub(super) const MYSQL: Keeping = Keeping {
    affinities: false,
    holders: &[
        ("boolean", Holder::Integer),
        ("tinyint(1)", Holder::Integer),
        ("bit", Holder::Bits),
        ("year", Holder::Year),
        ("char", Holder::Text(Room::Strips)),
        ("varchar", Holder::Text(Room::Cuts)),
        ("tinytext", Holder::Text(Room::CutsAt(255))),
        ("text", Holder::Text(Room::CutsAt(65_535))),
        ("mediumtext", Holder::Text(Room::CutsAt(16_777_215))),
        ("longtext", Holder::Text(Room::Free)),
        ("enum", Holder::Label),
        ("set", Holder::Labels),
        ("binary", Holder::PaddedBytes),
        ("uuid", Holder::UuidText),
        ("json", Holder::ShortJson),
        ("inet4", Holder::Address),
        ("inet6", Holder::Address),
    ],
    float_digits: None,
    digits: 0,
    // MySQL and MariaDB write it in different forms.
    shows_datetimes: false,
    arrays_as_json: true,
    describes_temporary: false,
};
