//! The UPDATE that converts the stored values of a column to another spelling, for messages.

use super::Dialect;
use crate::value::{Misspelt, Stored, ValueType};

impl Dialect {
    /// Returns how to mend a column with a misspelt value: the declaration of the spelling that was found, or the UPDATE
    /// that converts the values.
    pub(crate) fn mend(&self, misspelt: &Misspelt) -> String {
        let declare = match misspelt.found {
            Some(found) => format!("declare #[column(stored = \"{}\")] if all rows have this form", found.name()),
            None => "declare the form with #[column(stored = \"..\")] if all rows have it".to_owned(),
        };
        match self.conversion(misspelt) {
            Some(update) => format!("{declare}, or convert the rows: {update}"),
            None => declare,
        }
    }

    /// Returns the UPDATE that converts the values of the column; None where no expression of the database can.
    pub(crate) fn conversion(&self, misspelt: &Misspelt) -> Option<String> {
        let (table, column) = misspelt.place.as_ref()?;
        let (table, column) = (self.quoted(table), self.quoted(column));
        let expression = match misspelt.wanted.ty {
            ValueType::Uuid => self.uuid(misspelt.found?, misspelt.wanted.stored, &column)?,
            _ if !self.stores.texts.contains(&misspelt.wanted.ty) => return None,
            ty => time(ty, misspelt.found, misspelt.wanted.stored, &column)?,
        };
        Some(format!("UPDATE {table} SET {column} = {expression} WHERE length({column}) = {}", misspelt.length))
    }

    fn uuid(&self, found: Stored, wanted: Stored, column: &str) -> Option<String> {
        let digits = match found {
            Stored::Blob => format!("hex({column})"),
            Stored::Simple | Stored::SimpleUpper => column.to_owned(),
            Stored::Canonical | Stored::Upper => format!("replace({column}, '-', '')"),
            Stored::Braced | Stored::BracedUpper => format!("replace(substr({column}, 2, 36), '-', '')"),
            _ => return None,
        };
        let hyphenated = |digits: &str| self.stores.hyphenated.replace("{}", digits);
        Some(match wanted {
            Stored::Blob => format!("unhex({digits})"),
            Stored::Canonical if found == Stored::Upper => format!("lower({column})"),
            Stored::Canonical => format!("lower({})", hyphenated(&digits)),
            Stored::Upper if found == Stored::Canonical => format!("upper({column})"),
            Stored::Upper => format!("upper({})", hyphenated(&digits)),
            Stored::Simple => format!("lower({digits})"),
            Stored::SimpleUpper => format!("upper({digits})"),
            _ => return None,
        })
    }
}

/// Converts a time of SQLite. Its functions know milliseconds, so the digits of microseconds are copied as text.
fn time(ty: ValueType, found: Option<Stored>, wanted: Stored, column: &str) -> Option<String> {
    let canonical = match (ty, found) {
        (ValueType::Time, Some(Stored::Canonical)) => column.to_owned(),
        (ValueType::Time, _) => format!("strftime('%H:%M:%f000', {column})"),
        (ValueType::DateTime | ValueType::Timestamp, Some(Stored::Canonical)) => column.to_owned(),
        (ValueType::DateTime | ValueType::Timestamp, Some(Stored::IsoMicros)) => {
            format!("replace(substr({column}, 1, 26), 'T', ' ')")
        }
        (ValueType::DateTime | ValueType::Timestamp, Some(Stored::Shortest)) => padded(column),
        (ValueType::DateTime | ValueType::Timestamp, Some(Stored::Rfc3339)) => {
            padded(&format!("replace(substr({column}, 1, length({column}) - 6), 'T', ' ')"))
        }
        (ValueType::DateTime | ValueType::Timestamp, _) => format!("strftime('%Y-%m-%d %H:%M:%f000', {column})"),
        _ => return None,
    };
    Some(match wanted {
        Stored::Canonical => canonical,
        Stored::Seconds if ty == ValueType::Time => format!("substr({canonical}, 1, 8)"),
        Stored::Millis if ty == ValueType::Time => format!("substr({canonical}, 1, 12)"),
        Stored::Seconds => format!("substr({canonical}, 1, 19)"),
        Stored::Millis => format!("substr({canonical}, 1, 23)"),
        Stored::Unix => format!("CAST(strftime('%s', {column}) AS INTEGER)"),
        _ => return None,
    })
}

/// A time with six digits after the seconds, from one with fewer.
fn padded(time: &str) -> String {
    format!("substr({time} || CASE length({time}) WHEN 19 THEN '.' ELSE '' END || '000000', 1, 26)")
}
