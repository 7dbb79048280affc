//! Parts of dates, times and instants. An instant is in UTC.

use activerecord_core::statement::DatePart;
use activerecord_core::{Value, ValueType};
use chrono::{Datelike, NaiveDate, NaiveTime, Timelike};

use super::{Answer, Refusal};

/// Returns a part of a date or a time.
pub(super) fn part(part: DatePart, value: &Value) -> Answer<Value> {
    let (date, time) = match value {
        Value::Null(_) if part == DatePart::Date => return Ok(Value::Null(ValueType::Date)),
        Value::Null(_) => return Ok(Value::Null(ValueType::I32)),
        Value::Date(date) => (Some(*date), None),
        Value::Time(time) => (None, Some(*time)),
        Value::DateTime(time) => (Some(time.date()), Some(time.time())),
        Value::Timestamp(time) => (Some(time.date_naive()), Some(time.time())),
        _ => (None, None),
    };
    let found = match part {
        DatePart::Date => date.map(Value::Date),
        part => date.and_then(|date| of_date(part, date)).or_else(|| of_time(part, time?)).map(Value::I32),
    };
    found.ok_or(Refusal::NotCovered("a part that the value does not have"))
}

fn of_date(part: DatePart, date: NaiveDate) -> Option<i32> {
    match part {
        DatePart::Year => Some(date.year()),
        DatePart::Month => i32::try_from(date.month()).ok(),
        DatePart::Day => i32::try_from(date.day()).ok(),
        DatePart::Weekday => i32::try_from(date.weekday().number_from_monday()).ok(),
        _ => None,
    }
}

fn of_time(part: DatePart, time: NaiveTime) -> Option<i32> {
    let part = match part {
        DatePart::Hour => time.hour(),
        DatePart::Minute => time.minute(),
        DatePart::Second => time.second(),
        _ => return None,
    };
    i32::try_from(part).ok()
}
