//! Dates and times as text, for databases without types for them. They are written in one canonical form, so that texts
//! sort as times do. The common forms are read.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, Utc};

use super::stored;
use crate::error::{Error, Result};

/// Returns a date as `YYYY-MM-DD`.
///
/// ```
/// # use activerecord_core::format_date;
/// let date = chrono::NaiveDate::from_ymd_opt(2013, 1, 31).expect("a date");
/// assert_eq!(format_date(date)?, "2013-01-31");
/// # Ok::<(), activerecord_core::Error>(())
/// ```
///
/// # Errors
/// `Conversion` outside the years 0 to 9999: their text does not sort as the dates do.
pub fn format_date(date: NaiveDate) -> Result<String> {
    four_digits(date)?;
    Ok(date.format("%Y-%m-%d").to_string())
}

/// Returns a time as `HH:MM:SS.ffffff`.
pub fn format_time(time: NaiveTime) -> String {
    stored::time_as_text(time)
}

/// Returns a date and time as `YYYY-MM-DD HH:MM:SS.ffffff`. An instant is written in UTC.
///
/// # Errors
/// `Conversion` outside the years 0 to 9999: their text does not sort as the times do.
pub fn format_datetime(time: NaiveDateTime) -> Result<String> {
    stored::datetime_as_text(time)
}

pub(super) fn parse_date(text: &str) -> Option<NaiveDate> {
    text.parse().ok()
}

pub(super) fn parse_time(text: &str) -> Option<NaiveTime> {
    text.parse().ok()
}

/// Reads a date and time. A text with an offset is converted to UTC; a text without one is taken as UTC.
pub(super) fn parse_datetime(text: &str) -> Option<NaiveDateTime> {
    const FORMS: [&str; 2] = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f"];
    stored::datetime_from_text(text)
        .or_else(|| FORMS.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok()))
        .or_else(|| text.parse::<DateTime<Utc>>().ok().map(|time| time.naive_utc()))
        .or_else(|| parse_date(text).and_then(|date| date.and_hms_opt(0, 0, 0)))
}

pub(super) fn four_digits(date: NaiveDate) -> Result<()> {
    if (0..=9999).contains(&date.year()) {
        return Ok(());
    }
    Err(Error::conversion(
        "a date outside the years 0 to 9999 cannot be stored as text, because the text would not sort",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> NaiveDateTime {
        parse_datetime(text).unwrap_or_else(|| panic!("{text} was not read"))
    }

    #[test]
    fn the_canonical_form_round_trips() {
        let written = format_datetime(time("2013-01-01T05:15:00.000001")).unwrap();
        assert_eq!(written, "2013-01-01 05:15:00.000001");
        assert_eq!(stored::datetime_from_text(&written), Some(time("2013-01-01 05:15:00.000001")));
    }

    #[test]
    fn the_usual_forms_are_one_time() {
        for form in ["2013-01-01 05:15:00", "2013-01-01T05:15:00", "2013-01-01T05:15:00Z", "2013-01-01 06:15:00+01:00"]
        {
            assert_eq!(time(form), time("2013-01-01 05:15:00.000000"), "{form}");
        }
        assert_eq!(time("2013-01-01"), time("2013-01-01 00:00:00"));
    }

    #[test]
    fn other_texts_are_refused() {
        for text in
            ["", "today", "2013-13-01 00:00:00.000000", "2013-01-01 25:00:00.000000", "2013-01-0x 00:00:00.000000"]
        {
            assert_eq!(parse_datetime(text), None, "{text}");
        }
    }

    #[test]
    fn years_that_would_not_sort_are_refused() {
        assert!(format_date(NaiveDate::from_ymd_opt(10_000, 1, 1).unwrap()).unwrap_err().is_conversion());
        assert!(format_date(NaiveDate::from_ymd_opt(-1, 1, 1).unwrap()).unwrap_err().is_conversion());
    }
}
