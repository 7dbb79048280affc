//! Constants in DDL, where no value can be bound.

use std::str::FromStr;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::created::unquoted;
use super::scan::{Token, TokenKind, scan};
use crate::dialect::Dialect;
use crate::error::{Error, Result};
use crate::value::{Value, ValueType, format_date, format_datetime, format_time};

/// Returns a value as SQL.
///
/// # Errors
/// `Unsupported` for arrays, for floats that are not finite, and for a text with a NUL.
pub(crate) fn constant(value: &Value, dialect: &Dialect) -> Result<String> {
    let constants = dialect.definitions.constants;
    Ok(match value {
        Value::Null(_) => "NULL".to_owned(),
        Value::Bool(truth) => constants.booleans[usize::from(*truth)].to_owned(),
        Value::I16(number) => number.to_string(),
        Value::I32(number) => number.to_string(),
        Value::I64(number) => number.to_string(),
        Value::U64(number) => number.to_string(),
        Value::F32(number) if number.is_finite() => format!("{number:?}"),
        Value::F64(number) if number.is_finite() => format!("{number:?}"),
        Value::Text(text) | Value::Json(text) => literal(text, dialect)?,
        Value::Decimal(number) => literal(&number.to_string(), dialect)?,
        Value::Uuid(uuid) => literal(&uuid.to_string(), dialect)?,
        Value::Date(date) => literal(&format_date(*date)?, dialect)?,
        Value::Time(time) => literal(&format_time(*time), dialect)?,
        Value::DateTime(time) => literal(&format_datetime(*time)?, dialect)?,
        Value::Timestamp(time) => {
            literal(&format!("{}{}", format_datetime(time.naive_utc())?, constants.utc), dialect)?
        }
        Value::Bytes(bytes) => {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("{}{hex}'", constants.bytes)
        }
        other => {
            let message = format!("a value of the type {} cannot be a constant in DDL", other.ty().name());
            return Err(Error::unsupported(message));
        }
    })
}

/// Returns a quoted text.
pub(crate) fn literal(text: &str, dialect: &Dialect) -> Result<String> {
    if text.contains('\0') {
        return Err(Error::unsupported("a text with a NUL cannot be part of DDL"));
    }
    let text = text.replace('\'', "''");
    Ok(format!("'{}'", if dialect.tokens.backslash_escapes { text.replace('\\', "\\\\") } else { text }))
}

/// What a default stands for, on every database.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Meaning {
    Constant(Value),
    /// The time of the insert.
    Now,
    /// The date of the insert, in the time zone of the session.
    Today,
}

/// Returns what the default of a column with values of this type stands for; None when only its database knows.
pub(crate) fn meaning(default: &str, ty: ValueType, dialect: &Dialect) -> Option<Meaning> {
    const NOW: [&str; 4] = ["CURRENT_TIMESTAMP", "NOW", "LOCALTIMESTAMP", "UTC_TIMESTAMP"];
    let is_instant = matches!(ty, ValueType::DateTime | ValueType::Timestamp);
    if default == dialect.now && is_instant {
        return Some(Meaning::Now);
    }
    let tokens: Vec<_> = scan(default, dialect).filter(|token| !token.is_blank()).collect();
    let tokens = without_cast(&tokens);
    let is_call = |words: &[&str]| {
        let [first, rest @ ..] = tokens else { return false };
        let rest: Vec<_> = rest.iter().map(|token| token.text).collect();
        words.iter().any(|word| first.is_word(word)) && matches!(rest[..], [] | ["(", ")"] | ["(", _, ")"])
    };
    if is_instant && is_call(&NOW) {
        return Some(Meaning::Now);
    }
    if ty == ValueType::Date && is_call(&["CURRENT_DATE", "CURDATE"]) {
        return Some(Meaning::Today);
    }
    let text = match tokens {
        [word] if word.is_word("NULL") => return Some(Meaning::Constant(Value::Null(ty))),
        // The character set before a text of MySQL.
        [token] | [Token { kind: TokenKind::Word, .. }, token] if token.kind == TokenKind::Text => {
            if tokens.len() == 2 && !tokens[0].text.starts_with('_') {
                return None;
            }
            unquoted(*token, dialect)
        }
        [word] if word.is_word("TRUE") || word.is_word("FALSE") => word.text.to_owned(),
        [first, .., last] | [first @ last] => {
            let text = &default[first.start..last.span().end];
            let is_number = text.starts_with(['-', '+', '.']) || text.starts_with(|c: char| c.is_ascii_digit());
            Some(text).filter(|text| is_number && text.parse::<f64>().is_ok())?.to_owned()
        }
        [] => return None,
    };
    value(&text, ty).map(Meaning::Constant)
}

/// The tokens before `::` and a type.
fn without_cast<'t, 's>(tokens: &'t [Token<'s>]) -> &'t [Token<'s>] {
    let cast = tokens.windows(2).position(|pair| pair[0].text == ":" && pair[1].text == ":");
    &tokens[..cast.unwrap_or(tokens.len())]
}

/// The value of a constant's text.
fn value(text: &str, ty: ValueType) -> Option<Value> {
    fn parsed<T: FromStr>(text: &str, value: impl FnOnce(T) -> Value) -> Option<Value> {
        text.parse().ok().map(value)
    }
    match ty {
        ValueType::Bool => match text.to_ascii_lowercase().as_str() {
            "1" | "true" | "t" => Some(Value::Bool(true)),
            "0" | "false" | "f" => Some(Value::Bool(false)),
            _ => None,
        },
        ValueType::I16 | ValueType::I32 | ValueType::I64 | ValueType::U64 if text.eq_ignore_ascii_case("true") => {
            value("1", ty)
        }
        ValueType::I16 | ValueType::I32 | ValueType::I64 | ValueType::U64 if text.eq_ignore_ascii_case("false") => {
            value("0", ty)
        }
        ValueType::I16 => parsed(text, Value::I16),
        ValueType::I32 => parsed(text, Value::I32),
        ValueType::I64 => parsed(text, Value::I64),
        ValueType::U64 => parsed(text, Value::U64),
        ValueType::F32 => parsed(text, Value::F32),
        ValueType::F64 => parsed(text, Value::F64),
        ValueType::Decimal => Decimal::from_str_exact(text).ok().map(Value::Decimal),
        ValueType::Text => Some(Value::Text(text.to_owned())),
        ValueType::Json => Some(Value::Json(text.into())),
        ValueType::Uuid => parsed::<Uuid>(text, Value::Uuid),
        ValueType::Date => parsed::<NaiveDate>(text, Value::Date),
        ValueType::Time => parsed::<NaiveTime>(text, Value::Time),
        ValueType::DateTime => parsed::<NaiveDateTime>(&text.replacen(' ', "T", 1), Value::DateTime),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::{MYSQL, POSTGRESQL, SQLITE};

    #[test]
    fn defaults_of_every_database() {
        let text = |text: &str| Some(Meaning::Constant(Value::Text(text.into())));
        for (dialect, default, ty, expected) in [
            (&POSTGRESQL, "'it''s'::character varying", ValueType::Text, text("it's")),
            (&MYSQL, r"'it\'s \\'", ValueType::Text, text(r"it's \")),
            (&MYSQL, "_utf8mb4'a'", ValueType::Text, text("a")),
            (&SQLITE, "'a' || 'b'", ValueType::Text, None),
            (&SQLITE, "7", ValueType::Text, text("7")),
            (&POSTGRESQL, "'-5'::integer", ValueType::I32, Some(Meaning::Constant(Value::I32(-5)))),
            (&SQLITE, "-5", ValueType::I64, Some(Meaning::Constant(Value::I64(-5)))),
            (&MYSQL, "7.00", ValueType::Decimal, Some(Meaning::Constant(Value::Decimal(Decimal::new(700, 2))))),
            (&POSTGRESQL, "true", ValueType::Bool, Some(Meaning::Constant(Value::Bool(true)))),
            (&SQLITE, "TRUE", ValueType::I64, Some(Meaning::Constant(Value::I64(1)))),
            (&POSTGRESQL, "NULL::text", ValueType::Text, Some(Meaning::Constant(Value::Null(ValueType::Text)))),
            (&POSTGRESQL, "now()", ValueType::Timestamp, Some(Meaning::Now)),
            (&MYSQL, "current_timestamp(6)", ValueType::DateTime, Some(Meaning::Now)),
            (&MYSQL, "uuid()", ValueType::Text, None),
            (&POSTGRESQL, "(1 + 2)", ValueType::I32, None),
            (&POSTGRESQL, "gen_random_uuid()", ValueType::Uuid, None),
        ] {
            assert_eq!(meaning(default, ty, dialect), expected, "{default}");
        }
    }
}
