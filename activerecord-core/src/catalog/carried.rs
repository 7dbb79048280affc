//! How a copy carries the values of a column to a column of another table, and reads a table page by page.

use chrono::Timelike as _;

use super::{ColumnInfo, Keeps, TableInfo};
use crate::dialect::{KeptJson, PlaceForm, TextForm, without_sizes};
use crate::value::{Spelling, Stored, Value, ValueType};

/// How a copy reads and writes a column. For the packages of this library: it is not stable.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub struct Carried {
    /// The type of the values on their way.
    pub ty: ValueType,
    /// SQL that reads the column. None: the column as it is.
    pub read: Option<String>,
    /// SQL that writes a value: `?` stands for it. None: the value as it is.
    pub written: Option<String>,
    /// Whether the text is a number, of any length.
    pub is_number: bool,
    /// Whether both databases store a value of any type in the column, and keep it as it is.
    pub is_raw: bool,
    /// The digits after the point that a column of numbers keeps.
    places: Option<usize>,
    keeps: Option<Keeps>,
}

/// How the place of a row in the order of a column is read, and compared with a bound value.
#[doc(hidden)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceSql {
    /// SQL that reads the place.
    pub read: String,
    /// SQL of a place that is compared with the column: `?` stands for it.
    pub bound: String,
}

/// A column of a described table.
type Described<'t> = (&'t TableInfo, &'t ColumnInfo);

impl Carried {
    /// How the values of a source's column come into a target's.
    pub fn pair(source: Described<'_>, target: Described<'_>) -> (Self, Self) {
        let (from, to) = (carried_type(source), carried_type(target));
        // SQLite has a type for what is a text in both.
        let has_types = source.0.dialect.capabilities.typed_columns;
        let from = if has_types || to != Some(ValueType::Text) { from } else { to };
        let are_alike = source.0.dialect.has_sql_of(target.0.dialect);
        let same_type = source.1.declared.eq_ignore_ascii_case(&target.1.declared);
        if are_alike && same_type && !source.0.dialect.capabilities.typed_columns {
            // A digest tells values of these types apart as they are stored.
            let ty = from.filter(|ty| ty.is_integer() || matches!(ty, ValueType::F64 | ValueType::Bytes));
            let raw = Self { is_raw: true, ..Self::plain(ty.unwrap_or(ValueType::Text)) };
            return (raw.clone(), raw);
        }
        let is_array = |ty| matches!(ty, Some(ValueType::Array(_)));
        let is_wide = [source, target].into_iter().any(is_wide_number);
        let is_decimal = from == Some(ValueType::Decimal) && matches!(to, Some(ValueType::Decimal | ValueType::Text))
            || from == Some(ValueType::Text) && to == Some(ValueType::Decimal);
        // A database without unsigned integers.
        let is_large = from == Some(ValueType::U64) && to == Some(ValueType::Text);
        // A column of texts was made for durations that are no times of a day.
        let is_duration = from == Some(ValueType::Time)
            && to == Some(ValueType::Text)
            && source.0.dialect.carrying.duration.is_some()
            && target.0.dialect.capabilities.typed_columns;
        let is_wide = (is_decimal && is_wide) || is_large || is_duration;
        let is_decimal = is_decimal || is_large;
        match (from, to) {
            (Some(from), Some(to)) if !(is_wide || (are_alike && is_array(Some(from)) && native(source))) => {
                let ty = common_type(from, to);
                (Self::plain(ty), Self::plain(ty).keeping(target))
            }
            _ => {
                let has_size = source.1.declared == target.1.declared;
                let read = Self::text(source, are_alike, is_decimal, has_size);
                let written = match to {
                    Some(ValueType::Text) => Self { is_number: is_decimal, ..Self::plain(ValueType::Text) },
                    _ => Self::text(target, true, is_decimal, has_size),
                };
                (read, written.keeping(target))
            }
        }
    }

    /// How values that this library cannot read come from a source's column into a target's, as text. None: the databases write
    /// them in different ways.
    pub fn as_text(source: Described<'_>, target: Described<'_>) -> Option<(Self, Self)> {
        let has_size = source.1.declared == target.1.declared;
        let carried = |(table, column): Described<'_>| {
            let TextForm { read, written, .. } = table.dialect.carrying.unreadable;
            let ty = table.dialect.carrying.unreadable_type;
            let (read, written) = (table.filled(column, read, has_size), table.filled(column, written, has_size));
            Self { read: Some(read), written: Some(written), ..Self::plain(ty) }
        };
        source.0.dialect.has_sql_of(target.0.dialect).then(|| (carried(source), carried(target)))
    }

    /// What a column keeps of the values of a field.
    pub fn kept(column: Described<'_>, ty: ValueType, stored: Stored) -> Self {
        Self::plain(ty).keeping_as(column, stored)
    }

    fn plain(ty: ValueType) -> Self {
        Self { ty, read: None, written: None, is_number: false, is_raw: false, places: None, keeps: None }
    }

    fn text(column: Described<'_>, is_alike: bool, is_number: bool, has_size: bool) -> Self {
        let (read, written) = text_sql(column, is_alike, has_size);
        let written = Some(written).filter(|written| written != "?");
        Self { ty: ValueType::Text, read: Some(read), written, is_number, is_raw: false, places: None, keeps: None }
    }

    /// Adds what the column keeps of the values that are written to it.
    fn keeping(self, column: Described<'_>) -> Self {
        self.keeping_as(column, Stored::Default)
    }

    fn keeping_as(mut self, (table, column): Described<'_>, stored: Stored) -> Self {
        let has_types = table.dialect.capabilities.typed_columns;
        let ty = if self.is_number { ValueType::Decimal } else { self.ty };
        let stored = table.dialect.spelling(ty, stored);
        // A cast to the type of the column is an error where the value does not fit.
        let is_checked = self.written.is_none() && ty != ValueType::Json && !(self.is_number && has_types);
        self.keeps = is_checked.then(|| Keeps::of(table, column, Spelling { ty, stored })).flatten();
        let size = |index: usize| column.sizes.get(index).and_then(|size| usize::try_from(*size).ok());
        let is_sized = self.is_number && has_types;
        self.places = size(0).filter(|_| is_sized).map(|_| size(1).unwrap_or(0));
        self
    }

    /// Whether the column has this value after it was written. True also where the database has an error for it.
    pub fn keeps(&self, value: &Value) -> bool {
        if has_nanoseconds(value) {
            return self.is_raw;
        }
        match (self.places, &self.keeps, value) {
            (Some(places), _, Value::Text(number)) if self.is_number => {
                number.split_once('.').is_none_or(|(_, fraction)| fraction.len() <= places)
            }
            (_, Some(keeps), Value::Text(number)) if self.is_number => {
                number.parse().is_ok_and(|number| keeps.keeps(&Value::Decimal(number)))
            }
            (_, keeps, value) => keeps.as_ref().is_none_or(|keeps| keeps.keeps(value)),
        }
    }
}

impl ColumnInfo {
    /// The type that a domain stands for.
    #[doc(hidden)]
    pub fn base_type(&self) -> Option<&str> {
        self.base.as_deref()
    }
}

impl TableInfo {
    /// How places in the order of a column are read and compared. None: by the values themselves.
    #[doc(hidden)]
    pub fn place_of(&self, column: &ColumnInfo) -> Option<PlaceSql> {
        let carrying = &self.dialect.carrying;
        let declared = without_sizes(&plain(&column.declared));
        if carrying.ordered.contains(&&*declared) {
            return None;
        }
        let special = carrying.places.iter().find(|(known, _)| *known == declared);
        let PlaceForm { read, bound } = special.map_or(carrying.place, |(_, form)| *form);
        Some(PlaceSql { read: self.filled(column, read, true), bound: self.filled(column, bound, true) })
    }

    /// What a column keeps of a JSON value.
    #[doc(hidden)]
    pub fn kept_json(&self, column: &ColumnInfo) -> KeptJson {
        let declared = column.declared.to_lowercase();
        let found = self.dialect.carrying.json.iter().find(|(known, _)| *known == declared);
        found.map(|(_, kept)| *kept).unwrap_or_default()
    }

    /// The type of the values of a column while they are copied. None: the values are carried as text.
    #[doc(hidden)]
    pub fn carried_type(&self, column: &ColumnInfo) -> Option<ValueType> {
        carried_type((self, column))
    }

    fn filled(&self, column: &ColumnInfo, form: &str, has_size: bool) -> String {
        let sizes: Vec<_> = column.sizes.iter().map(ToString::to_string).collect();
        let sizes = if sizes.is_empty() { String::new() } else { format!("({})", sizes.join(", ")) };
        let declared = if has_size { column.declared.clone() } else { unsized_type(&column.declared) };
        let quoted = self.dialect.quoted_part(&column.name).replace('?', "??");
        form.replace("{}", &quoted).replace("{sizes}", &sizes).replace("{type}", &declared.replace('?', "??"))
    }
}

/// Whether a time has more digits than the microseconds that databases keep.
fn has_nanoseconds(value: &Value) -> bool {
    let nanos = match value {
        Value::Time(time) => time.nanosecond(),
        Value::DateTime(time) => time.nanosecond(),
        Value::Timestamp(time) => time.nanosecond(),
        _ => 0,
    };
    nanos % 1_000 != 0
}

/// A cast to a type with a size cuts a value that is longer, without an error.
fn unsized_type(declared: &str) -> String {
    match &*without_sizes(declared) {
        "bit" => "bit varying".to_owned(),
        other => other.to_owned(),
    }
}

fn text_sql((table, column): Described<'_>, is_alike: bool, has_size: bool) -> (String, String) {
    let carrying = &table.dialect.carrying;
    let declared = without_sizes(&column.declared.to_lowercase());
    let special = carrying.texts.iter().find(|(known, _)| *known == declared);
    let TextForm { read, foreign, written } = special.map_or(carrying.text, |(_, form)| *form);
    let read = if is_alike { read } else { foreign };
    (table.filled(column, read, has_size), table.filled(column, written, has_size))
}

/// Some types of this library are narrower than the column: `tinyint(1)` holds 2, and `numeric(20, 0)` holds -5. SQLite
/// takes any word for a type.
fn carried_type((table, column): Described<'_>) -> Option<ValueType> {
    let declared = plain(&column.declared);
    let dialect = table.dialect;
    match dialect.carrying.types.iter().find(|(known, _)| *known == declared) {
        Some((_, ty)) => *ty,
        None if dialect.capabilities.typed_columns => column.ty.or_else(|| dialect.catalog.holds(&declared)),
        None => Some(column.ty.unwrap_or_else(|| by_affinity(&declared))),
    }
}

/// The declared type without what only changes how numbers are shown.
fn plain(declared: &str) -> String {
    declared.to_lowercase().trim_end_matches(" zerofill").to_owned()
}

/// The type of a column of SQLite with a word that is not known, by its affinity:
/// <https://www.sqlite.org/datatype3.html>.
fn by_affinity(declared: &str) -> ValueType {
    let has = |words: &[&str]| words.iter().any(|word| declared.contains(word));
    if has(&["int"]) {
        ValueType::I64
    } else if has(&["char", "clob", "text"]) {
        ValueType::Text
    } else if declared.is_empty() || has(&["blob", "binary"]) {
        ValueType::Bytes
    } else if has(&["real", "floa", "doub"]) {
        ValueType::F64
    } else if has(&["datetime", "timestamp"]) {
        ValueType::DateTime
    } else {
        ValueType::Decimal
    }
}

/// Whether a column of decimals holds more digits than this library reads as a number.
fn is_wide_number((table, column): Described<'_>) -> bool {
    carried_type((table, column)) == Some(ValueType::Decimal)
        && (!table.dialect.capabilities.typed_columns
            || column.sizes.first().is_none_or(|digits| *digits > table.dialect.carrying.digits))
}

fn native((table, _): Described<'_>) -> bool {
    table.dialect.capabilities.arrays
}

/// A text or a number can represent a type that its database does not have; then the target's type decides.
fn common_type(source: ValueType, target: ValueType) -> ValueType {
    match (source, target) {
        // A single would round the double.
        (ValueType::F64, ValueType::F32) => source,
        (ValueType::Text | ValueType::I64 | ValueType::F64, target) | (ValueType::I16, target @ ValueType::Bool) => {
            target
        }
        (source, _) => source,
    }
}
