//! Renders the question which keys of an upsert the database finds equal.

use super::writer::Writer;
use super::{Access, Sql};
use crate::catalog::ColumnInfo;
use crate::dialect::{Dialect, Equality};
use crate::value::Value;

/// Selects the numbers, from 1, of two of the keys that are equal in these columns. `keys` is a JSON array of keys: each is an
/// array of a number, and of one text for each column. Keys with different numbers are different.
pub(crate) fn equal_keys(keys: String, columns: &[&ColumnInfo], dialect: &Dialect) -> Sql {
    let mut w = Writer::new(dialect);
    w.push("SELECT MIN(n), MAX(n) FROM ");
    match dialect.equality {
        Equality::Sqlite => {
            w.push("(SELECT key + 1 AS n, value FROM json_each(").bind(Value::Text(keys)).push(")) AS given");
        }
        Equality::Postgresql => {
            w.push("json_array_elements(CAST(CAST(").bind(Value::Text(keys));
            w.push(" AS text) AS json)) WITH ORDINALITY AS given (value, n)");
        }
        Equality::Mysql => {
            w.push("JSON_TABLE(")
                .bind(Value::Text(keys))
                .push(", '$[*]' COLUMNS (n FOR ORDINALITY, k0 BIGINT PATH '$[0]'");
            for place in 1..=columns.len() {
                w.push(&format!(", k{place} VARCHAR({}) PATH '$[{place}]'", w.dialect.equality.longest()));
            }
            w.push(")) AS given");
        }
    }
    w.push(" GROUP BY ");
    cell(&mut w, 0);
    for (column, place) in columns.iter().zip(1..) {
        w.push(", ");
        compared(&mut w, column, place);
    }
    w.push(" HAVING COUNT(*) > 1 ORDER BY 1 LIMIT 1");
    w.finish(Access::Read).0
}

/// A text as the column compares it.
fn compared(w: &mut Writer<'_>, column: &ColumnInfo, place: usize) {
    let collation = column.collation.as_deref();
    match w.dialect.equality {
        Equality::Sqlite => {
            cell(w, place);
            let plain = w.dialect.catalog.plain_collation;
            w.push(" COLLATE ").name(collation.unwrap_or(plain));
        }
        Equality::Postgresql => {
            w.push("CAST(");
            cell(w, place);
            // A cast to a length would cut the text.
            w.push(" AS ").push(if is_text(column) { "text" } else { &column.declared }).push(")");
            if let Some(collation) = collation {
                // It is quoted already.
                w.push(" COLLATE ").push(collation);
            }
        }
        Equality::Mysql => {
            let collation = collation.unwrap_or("utf8mb4_bin");
            w.push("(CONVERT(");
            cell(w, place);
            w.push(" USING ").name(collation.split('_').next().unwrap_or_default()).push(")) COLLATE ").name(collation);
        }
    }
}

fn cell(w: &mut Writer<'_>, place: usize) {
    match w.dialect.equality {
        Equality::Sqlite => w.push(&format!("json_extract(value, '$[{place}]')")),
        Equality::Postgresql => w.push(&format!("(value ->> {place})")),
        Equality::Mysql => w.push(&format!("k{place}")),
    };
}

fn is_text(column: &ColumnInfo) -> bool {
    column.declared == "text" || column.declared.starts_with("character varying")
}

/// Whether two different texts can be equal in this column. `ends_blank`: one of them ends with a blank.
pub(crate) fn merges_texts(column: &ColumnInfo, ends_blank: bool, dialect: &Dialect) -> bool {
    let collation = column.collation.as_deref();
    match dialect.equality {
        Equality::Sqlite => collation.is_some(),
        // The collation of a database is deterministic.
        Equality::Postgresql if column.enumeration.is_some() => false,
        Equality::Postgresql => !is_text(column) || collation.is_some_and(|collation| !is_exact(collation, dialect)),
        Equality::Mysql => collation.is_some_and(|collation| {
            // Blanks at the end do not count in a collation of characters, unless its name says so.
            let pads = !["binary", "_nopad_bin", "_0900_bin"].iter().any(|exact| collation.ends_with(exact));
            (pads && ends_blank) || !is_exact(collation, dialect)
        }),
    }
}

fn is_exact(collation: &str, dialect: &Dialect) -> bool {
    dialect.catalog.exact_collations.iter().any(|exact| collation.ends_with(exact))
}
