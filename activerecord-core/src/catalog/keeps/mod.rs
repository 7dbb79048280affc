//! What a column keeps of the values that are written to it. A value is kept if its row, read in the same way as the
//! fields of a model, has an equal value. Databases change some values without an error: they round them, remove blanks,
//! or turn text into numbers.

mod affinity;
mod message;
mod number;
mod text;

use super::{ColumnInfo, TableInfo};
use crate::dialect::{Holder, Keeping, Room};
use crate::value::{Purpose, Spelling, Stored, Value, ValueType};

/// What a column keeps of the values of a field.
#[derive(Clone, Debug)]
pub(crate) struct Keeps {
    column: ColumnInfo,
    holder: Holder,
    keeping: Keeping,
    spelling: Spelling,
}

/// What a column makes of a value.
#[derive(Clone, Debug, PartialEq)]
enum Lands {
    /// The value itself, or an error of the database.
    Same,
    /// Another value.
    As(Value),
    /// A value that cannot be read as the field's type.
    Lost,
}

impl Keeps {
    /// What a column of the table keeps; None: all values of this type, or the database has an error for the others, or
    /// nothing is known of the column's type.
    pub(crate) fn of(table: &TableInfo, column: &ColumnInfo, spelling: Spelling) -> Option<Self> {
        let keeping = table.dialect.keeping;
        let holder = match keeping.affinities {
            true => affinity::of(column, table.options.as_deref().is_some_and(|options| options.contains("STRICT"))),
            false => typed(column, &keeping)?,
        };
        let keeps = Self { column: column.clone(), holder, keeping, spelling };
        (!keeps.is_all()).then_some(keeps)
    }

    /// The digits after the seconds that the column keeps.
    pub(crate) fn digits(&self) -> u32 {
        match self.holder {
            Holder::Time | Holder::DateTime => self.column.sizes.first().copied().unwrap_or(self.keeping.digits),
            _ => 6,
        }
    }

    /// Whether a row that gets this value has it when it is read. True also when the database, or the spelling of the
    /// column, has an error for the value.
    pub(crate) fn keeps(&self, value: &Value) -> bool {
        if value.is_null() {
            return true;
        }
        let stored = match self.spelling.stored {
            Stored::Canonical => self.lands(value),
            _ => match self.spelling.bind(value.clone(), Purpose::Store) {
                Ok(bound) => self.lands(&bound),
                Err(_) => Lands::Same,
            },
        };
        match stored {
            Lands::Same => true,
            Lands::As(stored) => self.read(&stored).is_some_and(|read| is_equal(&read, value)),
            Lands::Lost => false,
        }
    }

    /// Reads a stored value as the field does.
    fn read(&self, stored: &Value) -> Option<Value> {
        Value::from_cell(self.spelling.read(stored.as_cell()).ok()?, self.spelling.ty).ok()
    }

    /// Whether the column keeps every value of the type, so that none needs a check.
    fn is_all(&self) -> bool {
        use ValueType::{Bool, Bytes, Date, DateTime, Decimal, F32, F64, Json, Text, Time, Timestamp, Uuid};
        let Spelling { ty, stored } = self.spelling;
        if matches!(self.column.ty, Some(ValueType::Array(_))) {
            return false;
        }
        let is_plain = stored == Stored::Canonical;
        let fine = self.digits() >= 6;
        match self.holder {
            Holder::Anything => true,
            Holder::Bool => ty == Bool,
            Holder::Integer => {
                (is_plain || stored.is_number()) && (ty == Bool || ty.is_integer() || stored.is_number())
            }
            Holder::Single => ty == F32 && self.size(1).is_none(),
            Holder::Double => matches!(ty, F32 | F64) && self.size(1).is_none(),
            Holder::Decimal => {
                let scale = self.scale();
                (is_plain && ty.is_integer() && scale.is_none_or(|scale| scale >= 0))
                    || (ty == Decimal && scale.is_none())
            }
            Holder::Text(Room::Free) => matches!(ty, Text | Json | Decimal | Uuid) && stored != Stored::Blob,
            Holder::Bytes => ty == Bytes || stored == Stored::Blob,
            Holder::Uuid | Holder::UuidText => ty == Uuid && is_plain,
            Holder::Date => ty == Date,
            Holder::Time => ty == Time && fine && is_plain,
            Holder::DateTime => matches!(ty, DateTime | Timestamp) && fine && is_plain,
            Holder::Json => ty == Json,
            Holder::Textual => affinity::is_text(ty, stored) || ty == Bytes || stored == Stored::Blob,
            Holder::Numeric => affinity::is_beside_numbers(ty, stored),
            Holder::Real => {
                matches!(ty, F32 | F64) || (affinity::is_beside_numbers(ty, stored) && !affinity::is_number(ty, stored))
            }
            _ => false,
        }
    }

    fn lands(&self, bound: &Value) -> Lands {
        match (self.column.ty, bound) {
            (Some(ValueType::Array(_)), Value::Array(element, values)) => self.array(element, values),
            (Some(ValueType::Array(_)), _) => Lands::Lost,
            _ => self.one(bound),
        }
    }

    /// A value that is not in an array of the database.
    fn one(&self, bound: &Value) -> Lands {
        let holder = self.holder;
        match (holder, bound) {
            (Holder::Anything, _) => Lands::Same,
            (Holder::Unreadable, _) => Lands::Lost,
            (Holder::Textual | Holder::Numeric | Holder::Real, _) => affinity::lands(holder, bound),
            (Holder::Text(room), _) => self.text(bound, |text| room.store(text, self.size(0))),
            (Holder::Label, _) => self.text(bound, |text| self.label(text)),
            (Holder::Labels, _) => self.text(bound, |text| self.labels(text)),
            (Holder::Integer | Holder::Year | Holder::Bits, _) => number::whole(holder, bound),
            (Holder::Single | Holder::Double, _) => self.float(holder, bound),
            (Holder::Decimal, _) => self.decimal(bound),
            (Holder::Bool, Value::Bool(_))
            | (Holder::Bytes, Value::Bytes(_))
            | (Holder::Uuid | Holder::UuidText, Value::Uuid(_))
            | (Holder::Date, Value::Date(_)) => Lands::Same,
            (Holder::PaddedBytes, Value::Bytes(bytes)) => text::padded(bytes, self.size(0)),
            (Holder::UuidText, Value::Text(text)) => text::hyphenated(text),
            (Holder::Time, Value::Time(time)) => self.time(*time),
            (Holder::DateTime, Value::DateTime(time)) => self.datetime(*time),
            (Holder::DateTime, Value::Timestamp(time)) => self.datetime(time.naive_utc()),
            (Holder::Json, Value::Json(_)) => Lands::Same,
            (Holder::ShortJson, Value::Json(json)) => text::short_json(json),
            (Holder::ShortJson, Value::Array(..)) => text::short_json(&bound.to_json().to_string()),
            (Holder::Address, Value::Text(text)) => text::address(text),
            _ => Lands::Lost,
        }
    }

    /// An array, in a column of arrays.
    fn array(&self, element: &'static ValueType, values: &[Value]) -> Lands {
        let stored = values.iter().map(|value| match self.one(value) {
            _ if value.is_null() => Some(value.clone()),
            Lands::Same => Some(value.clone()),
            Lands::As(stored) => Some(stored),
            Lands::Lost => None,
        });
        match stored.collect::<Option<Vec<_>>>() {
            Some(stored) if are_equal(&stored, values) => Lands::Same,
            Some(stored) => Lands::As(Value::Array(element, stored)),
            None => Lands::Lost,
        }
    }

    /// A number in parentheses after the type.
    fn size(&self, index: usize) -> Option<usize> {
        self.column.sizes.get(index).and_then(|size| usize::try_from(*size).ok())
    }
}

/// How a column of a database with types holds values; None: nothing is known of the type.
fn typed(column: &ColumnInfo, keeping: &Keeping) -> Option<Holder> {
    let named = |name: &str| {
        let name = name.trim_end_matches("[]");
        let find = |name: &str| keeping.holders.iter().find(|(known, _)| *known == name).map(|(_, holder)| *holder);
        find(name).or_else(|| find(&crate::dialect::without_sizes(name)))
    };
    let declared = named(&column.declared.to_lowercase());
    let named = declared.or_else(|| named(&column.base.as_ref()?.to_lowercase()));
    let of_type = |ty| match ty {
        ValueType::Array(element) => of_type(*element),
        ty => of_type(ty),
    };
    named.or_else(|| column.ty.map(of_type))
}

fn of_type(ty: ValueType) -> Holder {
    match ty {
        ValueType::Bool => Holder::Bool,
        ValueType::I16 | ValueType::I32 | ValueType::I64 | ValueType::U64 => Holder::Integer,
        ValueType::F32 => Holder::Single,
        ValueType::F64 => Holder::Double,
        ValueType::Text => Holder::Text(Room::Free),
        ValueType::Bytes => Holder::Bytes,
        ValueType::Decimal => Holder::Decimal,
        ValueType::Uuid => Holder::Uuid,
        ValueType::Date => Holder::Date,
        ValueType::Time => Holder::Time,
        ValueType::DateTime | ValueType::Timestamp => Holder::DateTime,
        ValueType::Json | ValueType::Array(_) => Holder::Json,
    }
}

fn are_equal(read: &[Value], written: &[Value]) -> bool {
    read.len() == written.len() && read.iter().zip(written).all(|(read, written)| is_equal(read, written))
}

fn is_equal(read: &Value, written: &Value) -> bool {
    let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    match (read, written) {
        (Value::F32(one), Value::F32(other)) if one.is_nan() => other.is_nan(),
        (Value::F64(one), Value::F64(other)) if one.is_nan() => other.is_nan(),
        (Value::Json(one), Value::Json(other)) => json(one) == json(other),
        (Value::Array(_, one), Value::Array(_, other)) => are_equal(one, other),
        _ => read == written,
    }
}
