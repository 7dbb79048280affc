//! How a database is asked which tables it has, and what its columns hold.

use crate::value::ValueType;

/// Questions about the tables of a database, and the other direction of [`Definitions`](super::Definitions).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Catalog {
    /// Gives the names of the tables, by one column.
    pub(crate) tables: &'static str,
    /// Gives the columns of a table in their order. Of each: its name; its type as it is written; the type that this comes to,
    /// where it is a name for another one; whether it may be NULL; whether the database numbers it; whether it is computed;
    /// its default.
    pub(crate) columns: &'static str,
    /// Gives the columns of the unique keys of a table, the primary one among them: the key's name, the column's, and whether
    /// it is the primary one. A key of a part of the rows, or of an expression, is none of them.
    pub(crate) keys: &'static str,
    /// What a column holds by the name of its type: in small letters, first as it is, then without what is in parentheses.
    pub(crate) types: &'static [(&'static str, ValueType)],
    /// Stands behind the name of an array's element type, where the database has arrays.
    pub(crate) array: Option<&'static str>,
}

impl Catalog {
    /// What a column of this type holds, if it is one that this library has.
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

/// The numbers in parentheses, if there are nothing but such: the digits and the scale of `numeric(10, 2)`.
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
    fn every_type_that_is_made_is_known() {
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
