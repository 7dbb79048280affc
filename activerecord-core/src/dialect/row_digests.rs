//! The SQL that computes the digest of a table's rows.
//!
//! Each row is written as one text, the same on every database and in `activerecord_core::backend::RowDigest`. The
//! digest of a row is the first 60 bits of the text's SHA-256. The digest of the table is the sum over all rows, in any
//! order.

use crate::value::{ValueType, row_digest::letter};

/// The SQL of the digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Digests {
    /// A function of the backend. Its arguments are the letters of the columns' types, and the columns.
    Function(&'static str),
    /// The database's own functions.
    Spelled(Spellings),
}

/// The SQL that writes a row as text. `{}` stands for a value. The text of NULL is NULL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spellings {
    /// The SQL before and after the text of a row.
    pub(crate) around: (&'static str, &'static str),
    /// The text of a value, by its type.
    pub(crate) types: &'static [(ValueType, &'static str)],
}

impl Digests {
    /// Returns true when values of type `ty` have a digest in a column whose type in the database is `column`.
    pub(crate) fn has(&self, ty: ValueType, column: Option<ValueType>) -> bool {
        match self {
            Self::Function(_) => letter(ty).is_some(),
            // A column of another type has other texts, and different values can have the same text.
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
    /// Returns the SQL that writes values of this type as text.
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
    // Arithmetic makes a bit field a number.
    const INTEGER: &str = "{} + 0";
    const MOMENT: &str = "TRIM(TRAILING '.' FROM TRIM(TRAILING '0' FROM CAST({} AS DATETIME(6))))";
    Digests::Spelled(Spellings {
        // The text is NULL when the row is too long for the server. A random number makes such a row differ from all
        // others.
        around: (
            "SUM(COALESCE(CAST(CONV(LEFT(SHA2(",
            ", 256), 15), 16, 10) AS UNSIGNED), CAST(RAND() * 1e15 AS UNSIGNED)))",
        ),
        types: &[
            // A boolean column can hold other numbers than 0 and 1. They stay different.
            (ValueType::Bool, INTEGER),
            (ValueType::I16, INTEGER),
            (ValueType::I32, INTEGER),
            (ValueType::I64, INTEGER),
            (ValueType::U64, INTEGER),
            // A double has all digits.
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
