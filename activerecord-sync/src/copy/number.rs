//! Decimal numbers as text, of any length.

use activerecord_core::{Error, Result, Value};

/// The longest number that is written without an exponent.
const LONGEST: i64 = 20_000;

/// The text of a number that a database has returned: without an exponent, a plus sign and superfluous zeros.
pub(super) fn plain(value: &Value) -> Result<Value> {
    let text = match value {
        Value::Null(_) => return Ok(value.clone()),
        Value::Decimal(number) => number.normalize().to_string(),
        Value::I64(number) => number.to_string(),
        Value::U64(number) => number.to_string(),
        Value::F64(number) if number.is_nan() => "NaN".to_owned(),
        Value::F64(number) if number.is_infinite() => if *number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned(),
        Value::F64(number) => format!("{number:?}"),
        Value::Text(text) => text.trim().to_owned(),
        other => return Err(Error::conversion(format!("a {} is not a number", other.ty().name()))),
    };
    if ["NaN", "Infinity", "-Infinity"].contains(&&*text) {
        return Ok(Value::Text(text));
    }
    let number = Number::parse(&text).ok_or_else(|| Error::conversion(format!("the text `{text}` is not a number")))?;
    Ok(Value::Text(number.plain().unwrap_or(text)))
}

/// A decimal number: its digits without zeros at either end, and the place of the point after the first digit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Number {
    negative: bool,
    digits: String,
    /// The number is 0.digits times ten to this power.
    point: i64,
}

impl Number {
    /// Parses `-12.50e3`. None: the text is not a number.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (negative, body) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let (mantissa, exponent) = body.split_once(['e', 'E']).unwrap_or((body, "0"));
        let exponent: i64 = exponent.parse().ok()?;
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if (whole.is_empty() && fraction.is_empty()) || !is_digits(whole) || !is_digits(fraction) {
            return None;
        }
        let all = [whole, fraction].concat();
        let significant = all.trim_start_matches('0');
        let leading = i64::try_from(all.len() - significant.len()).ok()?;
        let digits = significant.trim_end_matches('0').to_owned();
        if digits.is_empty() {
            return Some(Self { negative: false, digits, point: 0 });
        }
        let point = i64::try_from(whole.len()).ok()?.checked_sub(leading)?.checked_add(exponent)?;
        Some(Self { negative, digits, point })
    }

    /// The number without an exponent. None: it would be very long.
    fn plain(&self) -> Option<String> {
        let sign = if self.negative { "-" } else { "" };
        if self.digits.is_empty() {
            return Some("0".to_owned());
        }
        if self.point.abs() > LONGEST {
            return None;
        }
        let zeros = |count: i64| "0".repeat(usize::try_from(count).unwrap_or(0));
        let length = i64::try_from(self.digits.len()).ok()?;
        Some(match self.point {
            ..=0 => format!("{sign}0.{}{}", zeros(-self.point), self.digits),
            point if point >= length => format!("{sign}{}{}", self.digits, zeros(point - length)),
            point => {
                let (whole, fraction) = self.digits.split_at(usize::try_from(point).ok()?);
                format!("{sign}{whole}.{fraction}")
            }
        })
    }

    /// The number in one form: equal numbers have equal texts.
    pub(super) fn normal(&self) -> String {
        format!("{}{}e{}", if self.negative { "-" } else { "" }, self.digits, self.point)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_one_plain_form() {
        let plain = |text: &str| Number::parse(text).and_then(|number| number.plain());
        for (text, expected) in [
            ("1.50", "1.5"),
            ("-0.0", "0"),
            ("+7", "7"),
            ("007", "7"),
            ("1e3", "1000"),
            ("1.25E+1", "12.5"),
            ("5e-3", "0.005"),
            (".5", "0.5"),
            ("12345678901234567890123.000", "12345678901234567890123"),
            ("-1.0e-7", "-0.0000001"),
        ] {
            assert_eq!(plain(text).as_deref(), Some(expected), "{text}");
        }
        for text in ["", ".", "1e", "e1", "1.2.3", "0x10", "1 2", "-", "Infinity"] {
            assert_eq!(Number::parse(text), None, "{text}");
        }
    }

    #[test]
    fn equal_numbers_are_equal() {
        let number = |text| Number::parse(text).expect("a number");
        assert_eq!(number("1.10"), number("110e-2"));
        assert_ne!(number("0.1234567890123456789"), number("0.12345678901234568"));
        assert_eq!(number("1e400").plain().map(|text| text.len()), Some(401));
        assert_eq!(number("1e99999999").plain(), None);
    }
}
