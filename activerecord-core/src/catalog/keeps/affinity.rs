//! The affinities of SQLite's columns: <https://www.sqlite.org/datatype3.html>.

use super::{ColumnInfo, Lands};
use crate::dialect::Holder;
use crate::value::{Stored, Value, ValueType};

/// The digits of a number in a text that SQLite keeps when it makes a float of it.
const DIGITS: usize = 15;

/// The affinity of a column, by its declared type. In a strict table the words are types.
pub(super) fn of(column: &ColumnInfo, strict: bool) -> Holder {
    let declared = column.declared.to_ascii_uppercase();
    let has = |words: &[&str]| words.iter().any(|word| declared.contains(word));
    if has(&["INT"]) {
        Holder::Numeric
    } else if has(&["CHAR", "CLOB", "TEXT"]) {
        Holder::Textual
    } else if declared.is_empty() || has(&["BLOB"]) || (strict && declared == "ANY") {
        Holder::Anything
    } else if has(&["REAL", "FLOA", "DOUB"]) {
        Holder::Real
    } else {
        Holder::Numeric
    }
}

/// Whether the values of a field are bound as numbers.
pub(super) fn is_number(ty: ValueType, stored: Stored) -> bool {
    matches!(ty, ValueType::Bool | ValueType::F32 | ValueType::F64) || ty.is_integer() || stored.is_number()
}

/// Whether the values of a field are bound as text.
pub(super) fn is_text(ty: ValueType, stored: Stored) -> bool {
    !is_number(ty, stored) && ty != ValueType::Bytes && stored != Stored::Blob
}

/// Whether no text of the field looks like a number.
pub(super) fn is_beside_numbers(ty: ValueType, stored: Stored) -> bool {
    match ty {
        ValueType::Text | ValueType::Json | ValueType::Decimal => false,
        ValueType::Uuid => !matches!(stored, Stored::Simple | Stored::SimpleUpper),
        _ => true,
    }
}

/// What a column makes of a value.
pub(super) fn lands(affinity: Holder, bound: &Value) -> Lands {
    let number = match bound {
        Value::Bytes(_) => return Lands::Same,
        Value::Bool(_) | Value::I16(_) | Value::I32(_) | Value::I64(_) | Value::U64(_) => integer(bound),
        Value::F32(_) | Value::F64(_) if affinity == Holder::Textual => return Lands::Lost,
        Value::F32(_) | Value::F64(_) => return Lands::Same,
        Value::Text(text) | Value::Json(text) if affinity != Holder::Textual => number(text),
        Value::Decimal(decimal) if affinity != Holder::Textual => number(&decimal.to_string()),
        _ => None,
    };
    match (affinity, number) {
        (_, None) => Lands::Same,
        (Holder::Textual, Some(_)) => Lands::Lost,
        (Holder::Numeric, Some(Number::Integer(_))) if !matches!(bound, Value::Text(_) | Value::Json(_)) => Lands::Same,
        (_, Some(Number::Inexact)) => Lands::Lost,
        (Holder::Real, Some(Number::Integer(n))) => Lands::As(Value::F64(n as f64)),
        (_, Some(Number::Integer(n))) => Lands::As(Value::I64(n)),
        (_, Some(Number::Float(x))) => Lands::As(Value::F64(x)),
    }
}

/// A number that SQLite stores.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Number {
    Integer(i64),
    Float(f64),
    /// A float that need not be the nearest one.
    Inexact,
}

fn integer(bound: &Value) -> Option<Number> {
    Some(Number::Integer(match bound {
        Value::Bool(b) => i64::from(*b),
        Value::I16(n) => i64::from(*n),
        Value::I32(n) => i64::from(*n),
        Value::I64(n) => *n,
        // The backend refuses a greater one.
        Value::U64(n) => i64::try_from(*n).ok()?,
        _ => return None,
    }))
}

/// The number that a text looks like.
fn number(text: &str) -> Option<Number> {
    let text = text.trim_matches(|c: char| c.is_ascii_whitespace() || c == '\u{b}');
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let unsigned = |text: &'_ str| -> Option<String> { Some(text.strip_prefix(['-', '+']).unwrap_or(text).to_owned()) };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(exponent) = exponent {
        unsigned(exponent).filter(|exponent| !exponent.is_empty() && digits(exponent))?;
    }
    let body = unsigned(mantissa)?;
    let (whole, fraction) = body.split_once('.').unwrap_or((&body, ""));
    if whole.len() + fraction.len() == 0 || !digits(whole) || !digits(fraction) {
        return None;
    }
    if exponent.is_none() && !body.contains('.') {
        let whole = mantissa.strip_prefix('+').unwrap_or(mantissa);
        if let Ok(integer) = whole.parse() {
            return Some(Number::Integer(integer));
        }
    }
    let significant = format!("{whole}{fraction}");
    if significant.trim_start_matches('0').trim_end_matches('0').len() > DIGITS {
        return Some(Number::Inexact);
    }
    text.parse().ok().map(Number::Float)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn affinities_follow_the_words_of_the_type() {
        for (declared, affinity) in [
            ("INTEGER", Holder::Numeric),
            ("POINT", Holder::Numeric),
            ("VARCHAR(3)", Holder::Textual),
            ("", Holder::Anything),
            ("BLOB", Holder::Anything),
            ("DOUBLE PRECISION", Holder::Real),
            ("DECIMAL(10, 2)", Holder::Numeric),
            ("STRING", Holder::Numeric),
            ("JSON", Holder::Numeric),
        ] {
            assert_eq!(of(&ColumnInfo::new("a", declared), false), affinity, "{declared}");
        }
        assert_eq!(of(&ColumnInfo::new("a", "ANY"), true), Holder::Anything);
    }

    #[test]
    fn texts_that_look_like_numbers() {
        for (text, expected) in [
            ("007", Some(Number::Integer(7))),
            (" +5\n", Some(Number::Integer(5))),
            ("9223372036854775807", Some(Number::Integer(i64::MAX))),
            ("9223372036854775808", Some(Number::Inexact)),
            ("1.50", Some(Number::Float(1.5))),
            (".5", Some(Number::Float(0.5))),
            ("5.", Some(Number::Float(5.0))),
            ("1e5", Some(Number::Float(1e5))),
            ("0.1234567890123456", Some(Number::Inexact)),
            ("1e", None),
            (".", None),
            ("", None),
            ("0x10", None),
            ("--5", None),
            ("12abc", None),
            ("inf", None),
            ("12\0", None),
        ] {
            assert_eq!(number(text), expected, "{text:?}");
        }
    }
}
