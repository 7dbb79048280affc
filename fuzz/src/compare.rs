//! Whether two outcomes are alike.

use activerecord_core::Value;

use crate::evaluate::Row;
use crate::step::Outcome;

/// Whether a database has answered as expected.
pub(crate) fn is_alike(expected: &Outcome, found: &Outcome) -> bool {
    match (expected, found) {
        (Outcome::Refused(kind, _), Outcome::Refused(other, _)) => kind == other,
        (Outcome::Rows { rows, places }, Outcome::Rows { rows: found, .. }) => {
            rows.len() == found.len() && parts(places).all(|part| is_permuted(&rows[part.clone()], &found[part]))
        }
        (Outcome::Written { counts, tables }, Outcome::Written { counts: other_counts, tables: others }) => {
            let is_same = |(rows, found): (&Vec<Row>, &Vec<Row>)| {
                rows.len() == found.len() && rows.iter().zip(found).all(|(row, found)| same_row(row, found))
            };
            counts == other_counts && tables.iter().zip(others).all(is_same)
        }
        _ => false,
    }
}

/// The ranges of rows with the same place.
fn parts(places: &[usize]) -> impl Iterator<Item = std::ops::Range<usize>> + '_ {
    let mut start = 0;
    places.chunk_by(|a, b| a == b).map(move |part| {
        let range = start..start + part.len();
        start = range.end;
        range
    })
}

/// Whether these are the same rows in another order. There are as many.
pub(crate) fn is_permuted(rows: &[Row], found: &[Row]) -> bool {
    let mut left: Vec<&Row> = found.iter().collect();
    rows.iter().all(|row| match left.iter().position(|other| same_row(row, other)) {
        Some(at) => {
            left.swap_remove(at);
            true
        }
        None => false,
    })
}

fn same_row(a: &Row, b: &Row) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
}

fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Null(_), Value::Null(_)) => true,
        (Value::F64(a), Value::F64(b)) => is_near(*a, *b, 1e-14),
        (Value::F32(a), Value::F32(b)) => is_near((*a).into(), (*b).into(), 1e-6),
        (Value::Json(a), Value::Json(b)) => json(a) == json(b),
        (a, b) => a == b,
    }
}

/// Whether two floats differ by the last digits only: databases add in different orders.
fn is_near(a: f64, b: f64, by: f64) -> bool {
    a == b || (a - b).abs() <= by * a.abs().max(b.abs())
}

fn json(text: &str) -> Option<serde_json::Value> {
    serde_json::from_str(text).ok()
}
