//! Dates and times as text.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, Timelike};

use crate::error::Result;
use crate::value::text::four_digits;
use crate::value::{ValueRef, ValueType};

/// How a time is written as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TimeForm {
    /// The character between the date and the time of day.
    pub(super) separator: u8,
    pub(super) fraction: Fraction,
    /// The text after an instant. A date and time without a time zone has none.
    pub(super) zone: Zone,
}

/// The digits after the seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fraction {
    /// Always this many.
    Fixed(u32),
    /// None, three or six: the fewest that hold the value.
    Shortest,
}

/// A time as text, cut to the digits of its form.
pub(super) struct Written {
    pub(super) text: String,
    pub(super) is_exact: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Zone {
    None,
    /// `Z`
    Utc,
    /// `+00:00`. It sorts before the point of a fraction, and `Z` after it.
    Offset,
}

impl Zone {
    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Utc => "Z",
            Self::Offset => "+00:00",
        }
    }
}

impl Fraction {
    /// The number of digits for this many microseconds.
    fn digits(self, micros: u32) -> u32 {
        match self {
            Self::Fixed(digits) => digits,
            Self::Shortest if micros == 0 => 0,
            Self::Shortest if micros.is_multiple_of(1_000) => 3,
            Self::Shortest => 6,
        }
    }
}

impl TimeForm {
    /// `YYYY-MM-DD HH:MM:SS.ffffff`
    pub(super) const CANONICAL: Self = Self { separator: b' ', fraction: Fraction::Fixed(6), zone: Zone::None };

    pub(super) fn write_time(self, time: NaiveTime) -> Written {
        self.written(String::with_capacity(15), time, "")
    }

    /// # Errors
    /// `Conversion` outside the years 0 to 9999: their text does not sort as the times do.
    pub(super) fn write(self, time: NaiveDateTime, zone: &str) -> Result<Written> {
        four_digits(time.date())?;
        Ok(self.written(format!("{}{}", time.date(), char::from(self.separator)), time.time(), zone))
    }

    fn written(self, mut text: String, time: NaiveTime, zone: &str) -> Written {
        // A leap second is second 60, as chrono writes it.
        let micros = time.nanosecond() / 1_000;
        let (second, micros) = (time.second() + micros / 1_000_000, micros % 1_000_000);
        text += &format!("{:02}:{:02}:{second:02}", time.hour(), time.minute());
        let digits = self.fraction.digits(micros);
        let unit = 10_u32.pow(6 - digits);
        if digits > 0 {
            text += &format!(".{:0width$}", micros / unit, width = digits as usize);
        }
        text += zone;
        Written { text, is_exact: micros % unit == 0 }
    }

    /// Reads a text of exactly this form as a cell of type `ty`; None for another text or another type.
    #[inline]
    pub(super) fn cell(self, text: &str, ty: ValueType) -> Option<ValueRef<'static>> {
        let bytes = text.as_bytes();
        match ty {
            ValueType::Time => self.read_time(bytes).map(ValueRef::Time),
            ValueType::DateTime => self.read(bytes).map(ValueRef::DateTime),
            ValueType::Timestamp => {
                let bytes = bytes.strip_suffix(self.zone.text().as_bytes())?;
                self.read(bytes).map(|time| ValueRef::Timestamp(time.and_utc()))
            }
            _ => None,
        }
    }

    pub(super) fn read(self, bytes: &[u8]) -> Option<NaiveDateTime> {
        if bytes.len() < 19 || bytes[10] != self.separator {
            return None;
        }
        Some(read_date(&bytes[..10])?.and_time(self.read_time(&bytes[11..])?))
    }

    fn read_time(self, bytes: &[u8]) -> Option<NaiveTime> {
        let [h, i, b':', m, j, b':', s, k, fraction @ ..] = bytes else { return None };
        let pair = |tens: &u8, ones: &u8| number(&[*tens, *ones]);
        let digits = match fraction {
            [] => fraction,
            [b'.', digits @ ..] if (1..=6).contains(&digits.len()) => digits,
            _ => return None,
        };
        let count = u32::try_from(digits.len()).ok()?;
        let micros = number(digits)? * 10_u32.pow(6 - count);
        if self.fraction.digits(micros) != count {
            return None;
        }
        match pair(s, k)? {
            60 => NaiveTime::from_hms_micro_opt(pair(h, i)?, pair(m, j)?, 59, 1_000_000 + micros),
            second => NaiveTime::from_hms_micro_opt(pair(h, i)?, pair(m, j)?, second, micros),
        }
    }
}

/// Reads `YYYY-MM-DD`.
pub(super) fn read_date(bytes: &[u8]) -> Option<NaiveDate> {
    let [year @ .., b'-', m, n, b'-', d, e] = bytes else { return None };
    if year.len() != 4 {
        return None;
    }
    NaiveDate::from_ymd_opt(i32::try_from(number(year)?).ok()?, number(&[*m, *n])?, number(&[*d, *e])?)
}

fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + u32::from(byte - b'0')))
}
