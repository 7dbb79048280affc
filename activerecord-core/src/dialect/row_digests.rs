//! How the digest of a table's rows is asked for.
//!
//! A row is spelled as one text, the same in every database as in [`crate::backend::RowDigest`]; the first 60 bits of its SHA-256 are its
//! digest, and those of all rows are added up, in whatever order they come.

use crate::value::{ValueType, row_digest::letter};

/// How the digest of rows is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Digests {
    /// By a function of the backend, which takes the types of the columns as letters, and the columns.
    Function(&'static str),
    /// By the database's own functions, around the text of a row.
    Spelled(Spellings),
}

/// How a row is spelled. In a spelling, `{}` stands for a value; of NULL it is NULL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spellings {
    /// What stands around the text of a row.
    pub(crate) around: (&'static str, &'static str),
    /// A value as text, by its type.
    pub(crate) types: &'static [(ValueType, &'static str)],
}

impl Digests {
    /// Whether rows have a digest that have a column of this type, where the database says what it holds.
    pub(crate) fn has(&self, ty: ValueType, column: Option<ValueType>) -> bool {
        match self {
            Self::Function(_) => letter(ty).is_some(),
            // What is spelled as if it were of another type might be the text of something else.
            Self::Spelled(spellings) => {
                let spelling = |ty| spellings.of(ty);
                let is_alike = spelling(ty) == column.and_then(spelling);
                let is_uuid = (ty, column) == (ValueType::Uuid, Some(ValueType::Text));
                spelling(ty).is_some() && (is_alike || is_uuid)
            }
        }
    }
}

impl Spellings {
    /// How values of this type are spelled.
    pub(crate) fn of(&self, ty: ValueType) -> Option<&'static str> {
        self.types.iter().find(|(known, _)| *known == ty).map(|(_, spelling)| *spelling)
    }
}

pub(super) const POSTGRESQL: Digests = {
    const TEXT: &str = "({})::text";
    Digests::Spelled(Spellings {
        around: ("SUM(('x' || LEFT(ENCODE(SHA256(CONVERT_TO(", ", 'UTF8')), 'hex'), 15))::bit(60)::bigint)"),
        types: &[
            (ValueType::Bool, "({})::integer::text"),
            (ValueType::I16, TEXT),
            (ValueType::I32, TEXT),
            (ValueType::I64, TEXT),
            (ValueType::U64, TEXT),
            (ValueType::F32, "({})::float8::text"),
            (ValueType::F64, TEXT),
            (ValueType::Text, "CHAR_LENGTH(({})::text) || ':' || ({})::text"),
            (ValueType::Bytes, "ENCODE(SHA256({}), 'hex')"),
            (ValueType::Decimal, "CASE WHEN SCALE({}) > 0 THEN RTRIM(RTRIM(({})::text, '0'), '.') ELSE ({})::text END"),
            (ValueType::Uuid, "REPLACE(({})::text, '-', '')"),
            (ValueType::Date, TEXT),
            (ValueType::Time, TEXT),
            (ValueType::DateTime, TEXT),
            (ValueType::Timestamp, "(({}) AT TIME ZONE 'UTC')::text"),
        ],
    })
};

pub(super) const MYSQL: Digests = {
    // A bit field is a number only in arithmetic.
    const INTEGER: &str = "{} + 0";
    const MOMENT: &str = "TRIM(TRAILING '.' FROM TRIM(TRAILING '0' FROM CAST({} AS DATETIME(6))))";
    Digests::Spelled(Spellings {
        // A row that is too long for the server has no text. It is to equal none.
        around: (
            "SUM(COALESCE(CAST(CONV(LEFT(SHA2(",
            ", 256), 15), 16, 10) AS UNSIGNED), CAST(RAND() * 1e15 AS UNSIGNED)))",
        ),
        types: &[
            // What is neither 0 nor 1 is no other truth than itself.
            (ValueType::Bool, INTEGER),
            (ValueType::I16, INTEGER),
            (ValueType::I32, INTEGER),
            (ValueType::I64, INTEGER),
            (ValueType::U64, INTEGER),
            // As a double it shows all its digits.
            (ValueType::F32, "{} + 0e0"),
            (ValueType::F64, "{} + 0e0"),
            (ValueType::Text, "CONCAT(CHAR_LENGTH({}), ':', CAST({} AS CHAR CHARACTER SET utf8mb4))"),
            (ValueType::Bytes, "SHA2({}, 256)"),
            (ValueType::Decimal, "IF(LOCATE('.', {}) > 0, TRIM(TRAILING '.' FROM TRIM(TRAILING '0' FROM {})), {})"),
            (ValueType::Uuid, "LOWER(REPLACE(CAST({} AS CHAR CHARACTER SET utf8mb4), '-', ''))"),
            (ValueType::Date, "{}"),
            (ValueType::Time, "TRIM(TRAILING '.' FROM TRIM(TRAILING '0' FROM CAST({} AS TIME(6))))"),
            (ValueType::DateTime, MOMENT),
            (ValueType::Timestamp, MOMENT),
        ],
    })
};

pub(super) const SQLITE: Digests = Digests::Function("ar_digest");
