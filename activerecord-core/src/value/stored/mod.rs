//! Spellings: how a column stores the values of a type that its database lacks.
//!
//! A value has one spelling in each column, so that what can be read can also be found: it is bound, compared and
//! ordered in this spelling, and a stored value in another one is an error when it is read.

mod found;
mod time;
mod uuid;

pub(crate) use found::{Misspelt, canonical};

use chrono::{NaiveDateTime, NaiveTime};

use self::time::{TimeForm, Written};
use self::uuid::UuidForm;
use super::{Value, ValueRef, ValueType};
use crate::error::{Error, Result};

/// How a column stores its values: the argument of `#[column(stored = "..")]`, and of [`Config::stored`].
///
#[doc = include_str!("stored.md")]
///
/// [`Config::stored`]: crate::Config::stored
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stored {
    /// As the connection says; without a setting of the connection, canonical.
    #[default]
    Default,
    /// `canonical`: the spelling in which this library stores the type.
    Canonical,
    /// `blob`: a UUID as 16 bytes.
    Blob,
    /// `upper`: a UUID in upper case.
    Upper,
    /// `simple`: a UUID without hyphens.
    Simple,
    /// `simple_upper`: a UUID in upper case, without hyphens.
    SimpleUpper,
    /// `braced`: a UUID in braces.
    Braced,
    /// `braced_upper`: a UUID in upper case, in braces.
    BracedUpper,
    /// `seconds`: a time with whole seconds, as SQLite's `CURRENT_TIMESTAMP`.
    Seconds,
    /// `millis`: a time with milliseconds.
    Millis,
    /// `shortest`: a time with no, three or six digits after the seconds.
    Shortest,
    /// `iso`: an ISO 8601 time with whole seconds.
    Iso,
    /// `iso_millis`: an ISO 8601 time with milliseconds.
    IsoMillis,
    /// `iso_micros`: an ISO 8601 time with microseconds.
    IsoMicros,
    /// `rfc3339`: an instant with the offset `+00:00`, and no, three or six digits after the seconds.
    Rfc3339,
    /// `unix`: the number of seconds since 1970.
    Unix,
    /// `unix_millis`: the number of milliseconds since 1970.
    UnixMillis,
    /// `unix_micros`: the number of microseconds since 1970.
    UnixMicros,
}

/// Every spelling that can be declared, by its name.
const NAMES: [(&str, Stored); 17] = [
    ("canonical", Stored::Canonical),
    ("blob", Stored::Blob),
    ("upper", Stored::Upper),
    ("simple", Stored::Simple),
    ("simple_upper", Stored::SimpleUpper),
    ("braced", Stored::Braced),
    ("braced_upper", Stored::BracedUpper),
    ("seconds", Stored::Seconds),
    ("millis", Stored::Millis),
    ("shortest", Stored::Shortest),
    ("iso", Stored::Iso),
    ("iso_millis", Stored::IsoMillis),
    ("iso_micros", Stored::IsoMicros),
    ("rfc3339", Stored::Rfc3339),
    ("unix", Stored::Unix),
    ("unix_millis", Stored::UnixMillis),
    ("unix_micros", Stored::UnixMicros),
];

/// The form of a spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// The form of this library, or the database's own type.
    Canonical,
    Bytes,
    Uuid(UuidForm),
    Time(TimeForm),
    /// A number of units since 1970; each unit has this many microseconds.
    Unix(i64),
}

impl Form {
    /// The type of the values that are bound.
    fn ty(self) -> ValueType {
        match self {
            Self::Bytes => ValueType::Bytes,
            Self::Unix(_) => ValueType::I64,
            Self::Canonical | Self::Uuid(_) | Self::Time(_) => ValueType::Text,
        }
    }
}

impl Stored {
    /// Returns the spelling with this name.
    ///
    /// ```
    /// # use activerecord_core::Stored;
    /// assert_eq!(Stored::named("blob")?, Stored::Blob);
    /// # Ok::<(), activerecord_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Configuration` for an unknown name. The error lists the known names.
    pub fn named(name: &str) -> Result<Self> {
        let known = NAMES.iter().find(|(known, _)| *known == name);
        known.map(|(_, stored)| *stored).ok_or_else(|| {
            let names = NAMES.map(|(name, _)| name).join(", ");
            Error::configuration(format!("unknown spelling `{name}`; the spellings are {names}"))
        })
    }

    /// Returns the spelling of `#[column(stored = "..")]` on a column of type `ty`. An unknown name, and a spelling of
    /// another type, are compile errors.
    #[doc(hidden)]
    #[track_caller]
    pub const fn of_attribute(name: &str, ty: ValueType) -> Self {
        let mut n = 0;
        while n < NAMES.len() {
            if is_same(name, NAMES[n].0) && NAMES[n].1.fits(ty) {
                return NAMES[n].1;
            }
            n += 1;
        }
        match ty {
            ValueType::Uuid => panic!(
                "unknown spelling of a UUID; expected canonical, blob, upper, simple, simple_upper, braced or braced_upper"
            ),
            ValueType::Date => panic!("unknown spelling of a date; expected canonical"),
            ValueType::Time => panic!("unknown spelling of a time; expected canonical, seconds, millis or shortest"),
            ValueType::DateTime => panic!(
                "unknown spelling of a date and time; expected canonical, seconds, millis, shortest, iso, iso_millis, \
                 iso_micros, unix, unix_millis or unix_micros"
            ),
            ValueType::Timestamp => panic!(
                "unknown spelling of a timestamp; expected canonical, seconds, millis, shortest, iso, iso_millis, iso_micros, \
                 rfc3339, unix, unix_millis or unix_micros"
            ),
            _ => panic!("a column of this type has one spelling: remove `stored`"),
        }
    }

    /// Returns the name of the spelling; `default` for [`Stored::Default`].
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(_, stored)| *stored == self).map_or("default", |(name, _)| name)
    }

    /// Returns true when a column of this type can be stored in this spelling.
    pub const fn fits(self, ty: ValueType) -> bool {
        use ValueType::{Date, DateTime, Time, Timestamp, Uuid};
        match self {
            Self::Default => true,
            Self::Canonical => matches!(ty, Uuid | Date | Time | DateTime | Timestamp),
            Self::Blob | Self::Upper | Self::Simple | Self::SimpleUpper | Self::Braced | Self::BracedUpper => {
                matches!(ty, Uuid)
            }
            Self::Seconds | Self::Millis | Self::Shortest => matches!(ty, Time | DateTime | Timestamp),
            Self::Iso | Self::IsoMillis | Self::IsoMicros => matches!(ty, DateTime | Timestamp),
            Self::Rfc3339 => matches!(ty, Timestamp),
            Self::Unix | Self::UnixMillis | Self::UnixMicros => matches!(ty, DateTime | Timestamp),
        }
    }

    /// Returns true for a spelling of times as numbers.
    pub fn is_number(self) -> bool {
        self.unit().is_some()
    }

    /// Returns the number of digits after the seconds that a column keeps.
    pub fn digits(self) -> u32 {
        match self {
            Self::Seconds | Self::Iso | Self::Unix => 0,
            Self::Millis | Self::IsoMillis | Self::UnixMillis => 3,
            _ => 6,
        }
    }

    /// The number of microseconds in a unit of a spelling as a number.
    pub(crate) fn unit(self) -> Option<i64> {
        match self.form() {
            Form::Unix(micros) => Some(micros),
            _ => None,
        }
    }

    const fn form(self) -> Form {
        use time::Fraction::{Fixed, Shortest};
        use time::Zone::{Offset, Utc};
        const fn uuid(hyphens: bool, upper: bool, braces: bool) -> Form {
            Form::Uuid(UuidForm { hyphens, upper, braces })
        }
        match self {
            Self::Default | Self::Canonical => Form::Canonical,
            Self::Blob => Form::Bytes,
            Self::Upper => uuid(true, true, false),
            Self::Simple => uuid(false, false, false),
            Self::SimpleUpper => uuid(false, true, false),
            Self::Braced => uuid(true, false, true),
            Self::BracedUpper => uuid(true, true, true),
            Self::Seconds => Form::Time(TimeForm { fraction: Fixed(0), ..TimeForm::CANONICAL }),
            Self::Millis => Form::Time(TimeForm { fraction: Fixed(3), ..TimeForm::CANONICAL }),
            Self::Shortest => Form::Time(TimeForm { fraction: Shortest, ..TimeForm::CANONICAL }),
            Self::Iso => Form::Time(TimeForm { separator: b'T', fraction: Fixed(0), zone: Utc }),
            Self::IsoMillis => Form::Time(TimeForm { separator: b'T', fraction: Fixed(3), zone: Utc }),
            Self::IsoMicros => Form::Time(TimeForm { separator: b'T', fraction: Fixed(6), zone: Utc }),
            Self::Rfc3339 => Form::Time(TimeForm { separator: b'T', fraction: Shortest, zone: Offset }),
            Self::Unix => Form::Unix(1_000_000),
            Self::UnixMillis => Form::Unix(1_000),
            Self::UnixMicros => Form::Unix(1),
        }
    }
}

/// The type of a column's values, and their spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spelling {
    pub(crate) ty: ValueType,
    pub(crate) stored: Stored,
}

/// What a bound value is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// It is written, or is a part of a result.
    Store,
    /// It is compared with stored values.
    Compare,
}

impl Spelling {
    /// Returns a value in this spelling. NULL gets its type, and a value of another type stays as it is.
    ///
    /// The spelling may keep fewer digits than the value has. To store such a value is an error. For a comparison the
    /// result lies between the two stored values around it: it equals none of them, and has its place in their order.
    ///
    /// # Errors
    /// `Conversion` when the spelling cannot hold the value.
    pub(crate) fn bind(self, value: Value, purpose: Purpose) -> Result<Value> {
        let Some(spelt) = self.spell(&value)? else { return Ok(value) };
        match (spelt, purpose) {
            (Spelt::Exact(value), _) => Ok(value),
            (Spelt::Below(value), Purpose::Compare) => Ok(between(value)),
            (Spelt::Below(_), Purpose::Store) => Err(self.too_fine()),
        }
    }

    /// Returns a value in this spelling; None when the spelling keeps fewer digits than the value has.
    ///
    /// # Errors
    /// `Conversion` when the spelling cannot hold the value.
    pub(crate) fn exactly(self, value: Value) -> Result<Option<Value>> {
        Ok(match self.spell(&value)? {
            None => Some(value),
            Some(Spelt::Exact(value)) => Some(value),
            Some(Spelt::Below(_)) => None,
        })
    }

    fn spell(self, value: &Value) -> Result<Option<Spelt>> {
        Ok(match (self.stored.form(), value) {
            (Form::Canonical, _) => None,
            (form, Value::Null(ty)) if *ty == self.ty => Some(Spelt::Exact(Value::Null(form.ty()))),
            (Form::Bytes, Value::Uuid(uuid)) => Some(Spelt::Exact(Value::Bytes(uuid.as_bytes().to_vec()))),
            (Form::Uuid(form), Value::Uuid(uuid)) => Some(Spelt::Exact(Value::Text(form.write(*uuid)))),
            (Form::Time(form), Value::Time(time)) => Some(form.write_time(*time).into()),
            (Form::Time(form), Value::DateTime(time)) => Some(form.write(*time, "")?.into()),
            (Form::Time(form), Value::Timestamp(time)) => Some(form.write(time.naive_utc(), form.zone.text())?.into()),
            (Form::Unix(unit), Value::DateTime(time)) => Some(since_1970(*time, unit)),
            (Form::Unix(unit), Value::Timestamp(time)) => Some(since_1970(time.naive_utc(), unit)),
            _ => None,
        })
    }

    /// Reads a cell in this spelling, as a cell of the value's own type.
    ///
    /// # Errors
    /// `Conversion` when the cell has another spelling. The error names the spelling that was found.
    pub(crate) fn read(self, cell: ValueRef<'_>) -> Result<ValueRef<'_>> {
        let read = match (self.stored.form(), &cell) {
            (_, ValueRef::Null) => return Ok(cell),
            (Form::Canonical, _) => return canonical(cell, self.ty),
            (Form::Bytes, ValueRef::Bytes(bytes)) => ::uuid::Uuid::from_slice(bytes).ok().map(ValueRef::Uuid),
            (Form::Uuid(form), ValueRef::Text(text)) => form.read(text).map(ValueRef::Uuid),
            (Form::Time(form), ValueRef::Text(text)) => form.cell(text, self.ty),
            (Form::Unix(unit), ValueRef::I64(number)) => at_1970(*number, unit, self.ty),
            // The driver already has the value's own type, for example in an owned row.
            (_, ValueRef::Uuid(_) | ValueRef::Time(_) | ValueRef::DateTime(_) | ValueRef::Timestamp(_)) => {
                return Ok(cell);
            }
            _ => None,
        };
        read.ok_or_else(|| Misspelt::error(&cell, self))
    }

    /// Reads a value from the JSON of a captured row. Text is read in any spelling; a number has the unit of this one.
    ///
    /// # Errors
    /// `Conversion` when the JSON does not fit the type.
    pub(crate) fn read_json(self, json: &serde_json::Value) -> Result<Value> {
        let Some(unit) = self.stored.unit().filter(|_| !json.is_null()) else { return Value::from_json(json, self.ty) };
        let number = json.as_i64().or_else(|| json.as_str()?.parse().ok());
        let cell = number.and_then(|number| at_1970(number, unit, self.ty));
        cell.map(|cell| cell.to_owned())
            .ok_or_else(|| Error::conversion(format!("the JSON is not a number of `{}`", self.stored.name())))
    }

    #[cold]
    fn too_fine(self) -> Error {
        Error::conversion(format!(
            "a column that is stored as `{}` keeps {} digits after the seconds, and the value has more; round it with \
             `trunc_subsecs({0})`",
            self.stored.name(),
            self.stored.digits(),
        ))
    }
}

/// A value in a spelling.
enum Spelt {
    /// The whole value.
    Exact(Value),
    /// The greatest value that the spelling has below the original one.
    Below(Value),
}

impl From<Written> for Spelt {
    fn from(Written { text, is_exact }: Written) -> Self {
        if is_exact { Self::Exact(Value::Text(text)) } else { Self::Below(Value::Text(text)) }
    }
}

/// Returns a value that is greater than `below`, and less than every greater value of the same spelling.
fn between(below: Value) -> Value {
    match below {
        Value::Text(text) => Value::Text(text + "~"),
        #[allow(clippy::cast_precision_loss, reason = "the years that a date can have are exact")]
        Value::I64(number) => Value::F64(number as f64 + 0.5),
        other => other,
    }
}

fn since_1970(time: NaiveDateTime, unit: i64) -> Spelt {
    let micros = time.and_utc().timestamp_micros();
    let number = Value::I64(micros.div_euclid(unit));
    if micros.rem_euclid(unit) == 0 { Spelt::Exact(number) } else { Spelt::Below(number) }
}

fn at_1970(number: i64, unit: i64, ty: ValueType) -> Option<ValueRef<'static>> {
    let time = chrono::DateTime::from_timestamp_micros(number.checked_mul(unit)?)?;
    Some(if ty == ValueType::Timestamp { ValueRef::Timestamp(time) } else { ValueRef::DateTime(time.naive_utc()) })
}

/// Returns a date and time as canonical text, cut to microseconds.
///
/// # Errors
/// `Conversion` outside the years 0 to 9999.
pub(super) fn datetime_as_text(time: NaiveDateTime) -> Result<String> {
    Ok(TimeForm::CANONICAL.write(time, "")?.text)
}

/// Returns a time of day as canonical text, cut to microseconds.
pub(super) fn time_as_text(time: NaiveTime) -> String {
    TimeForm::CANONICAL.write_time(time).text
}

/// Reads a date and time from canonical text.
pub(super) fn datetime_from_text(text: &str) -> Option<NaiveDateTime> {
    TimeForm::CANONICAL.read(text.as_bytes())
}

/// Whether two texts are equal, in constants too.
pub(crate) const fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len() != other.len() {
        return false;
    }
    let mut n = 0;
    while n < one.len() {
        if one[n] != other[n] {
            return false;
        }
        n += 1;
    }
    true
}
