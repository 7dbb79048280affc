//! How a database is asked which texts it finds equal.

/// The syntax of a list of texts, and of their comparison as a column compares them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Equality {
    /// `json_each`, and `COLLATE` of a text.
    Sqlite,
    /// `json_array_elements`, a cast to the type of the column, and `COLLATE`.
    Postgresql,
    /// `JSON_TABLE`, a conversion to the character set of the collation, and `COLLATE`.
    Mysql,
}

impl Equality {
    /// The most characters of a text that is compared as a whole. MySQL and MariaDB group by the first 1,024 bytes of a sort
    /// key only.
    pub(crate) fn longest(self) -> usize {
        if self == Self::Mysql { 255 } else { usize::MAX }
    }
}
