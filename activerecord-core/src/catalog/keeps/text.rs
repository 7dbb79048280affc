//! Texts, bytes, times and JSON.

use chrono::{Datelike, NaiveDateTime, NaiveTime, SubsecRound};

use super::{Keeps, Lands};
use crate::dialect::Room;
use crate::value::{Value, format_date, format_datetime, format_time};

impl Room {
    /// The text that a column of this length stores; None: the same, or the database has an error.
    pub(super) fn store(self, text: &str, length: Option<usize>) -> Option<String> {
        // Some databases remove other blanks than spaces, too, and the others have an error for them.
        let is_blank = |byte: u8| matches!(byte, b' ' | b'\t'..=b'\r');
        let blank = |rest: &str| !rest.is_empty() && rest.bytes().all(is_blank);
        let at = |characters: usize| text.char_indices().nth(characters).map_or(text.len(), |(at, _)| at);
        let within = |bytes: usize| text.get(..text.floor_char_boundary(bytes)).unwrap_or_default();
        match (self, length) {
            (Self::Cuts, Some(length)) if blank(&text[at(length)..]) => Some(text[..at(length)].to_owned()),
            (Self::CutsAt(bytes), _) if blank(&text[within(bytes).len()..]) => Some(within(bytes).to_owned()),
            (Self::Strips, _) if text.ends_with(' ') => Some(text.trim_end_matches(' ').to_owned()),
            (Self::Strips, length) if blank(&text[at(length.unwrap_or(1))..]) => Some(String::new()),
            (Self::Pads, _) => {
                let length = length.unwrap_or(1);
                let missing = length.saturating_sub(text.chars().count());
                let rest = &text[at(length)..];
                match missing {
                    0 => blank(rest).then(|| text[..at(length)].to_owned()),
                    _ => Some(format!("{text}{}", " ".repeat(missing))),
                }
            }
            (Self::Shortens(bytes), _) if text.len() > bytes => Some(within(bytes).to_owned()),
            _ => None,
        }
    }
}

impl Keeps {
    /// A value in a column of text. `store` is what the column makes of a text.
    pub(super) fn text(&self, bound: &Value, store: impl Fn(&str) -> Option<String>) -> Lands {
        let Some(text) = self.as_text(bound) else { return Lands::Lost };
        match (store(&text), bound) {
            (Some(stored), _) => Lands::As(Value::Text(stored)),
            (None, Value::Text(_) | Value::Json(_)) => Lands::Same,
            (None, _) => Lands::As(Value::Text(text)),
        }
    }

    /// The text that the database makes of a value; None: the field's type is not read from text.
    fn as_text(&self, value: &Value) -> Option<String> {
        Some(match value {
            Value::Text(text) | Value::Json(text) => text.clone(),
            Value::Decimal(decimal) => decimal.to_string(),
            Value::Uuid(uuid) => uuid.to_string(),
            Value::Date(date) if date.year() > 0 => format_date(*date).ok()?,
            Value::Time(time) => shortest(format_time(*time)),
            Value::DateTime(time) if self.keeping.shows_datetimes && time.year() > 0 => {
                shortest(format_datetime(*time).ok()?)
            }
            Value::Array(..) if self.keeping.arrays_as_json => value.to_json().to_string(),
            _ => return None,
        })
    }

    /// One of the labels. The database finds it without regard to case and blanks, or by its number.
    pub(super) fn label(&self, text: &str) -> Option<String> {
        (!self.all_labels().any(|label| label == text)).then(String::new)
    }

    /// Labels in the order of the column.
    pub(super) fn labels(&self, text: &str) -> Option<String> {
        let wanted: Vec<&str> = text.split(',').filter(|label| !label.is_empty()).collect();
        let ordered: Vec<&str> = self.all_labels().filter(|label| wanted.contains(label)).collect();
        let stored = ordered.join(",");
        (stored != text).then_some(stored)
    }

    fn all_labels(&self) -> impl Iterator<Item = &str> {
        self.column.enumeration.iter().flat_map(|enumeration| enumeration.labels.iter().map(String::as_str))
    }

    pub(super) fn time(&self, time: NaiveTime) -> Lands {
        let kept = time.trunc_subsecs(self.subseconds());
        if kept == time { Lands::Same } else { Lands::As(Value::Time(kept)) }
    }

    pub(super) fn datetime(&self, time: NaiveDateTime) -> Lands {
        let kept = time.trunc_subsecs(self.subseconds());
        if kept == time { Lands::Same } else { Lands::As(Value::DateTime(kept)) }
    }

    fn subseconds(&self) -> u16 {
        u16::try_from(self.digits()).unwrap_or(6)
    }
}

/// A time without the zeros at the end of its fraction.
fn shortest(text: String) -> String {
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Bytes in a column of a fixed length.
pub(super) fn padded(bytes: &[u8], length: Option<usize>) -> Lands {
    let missing = length.unwrap_or(1).saturating_sub(bytes.len());
    if missing == 0 { Lands::Same } else { Lands::Lost }
}

/// A text in a column of UUIDs.
pub(super) fn hyphenated(text: &str) -> Lands {
    match uuid::Uuid::try_parse(text) {
        Ok(uuid) if uuid.to_string() != text => Lands::As(Value::Text(uuid.to_string())),
        _ => Lands::Same,
    }
}

/// A text in a column of addresses.
pub(super) fn address(text: &str) -> Lands {
    match text.parse::<std::net::IpAddr>() {
        Ok(address) if address.to_string() != text => Lands::As(Value::Text(address.to_string())),
        _ => Lands::Same,
    }
}

/// JSON in a column that has integers of 64 bits only.
pub(super) fn short_json(json: &str) -> Lands {
    let (mut in_text, mut escaped) = (false, false);
    let mut outside = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            _ if escaped => escaped = false,
            '\\' if in_text => escaped = true,
            '"' => in_text = !in_text,
            _ if in_text => {}
            _ => outside.push(character),
        }
    }
    let numbers = outside.split([',', ':', '[', ']', '{', '}', ' ', '\n']).filter(|word| word.len() > 18);
    let is_wide = |word: &str| {
        let is_integer = word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        is_integer && word.parse::<i64>().is_err() && word.parse::<u64>().is_err()
    };
    if numbers.into_iter().any(is_wide) { Lands::Lost } else { Lands::Same }
}
