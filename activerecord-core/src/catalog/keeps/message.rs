//! The error of a value that a column would change.

use super::Keeps;
use crate::dialect::{Holder, Room};
use crate::error::Error;
use crate::value::{Value, ValueType};

impl Keeps {
    /// The error of a value that the column does not keep. Errors never contain values, so it says how large the value is.
    #[cold]
    pub(crate) fn refusal(&self, table: &str, value: &Value) -> Error {
        let declared = match &*self.column.declared {
            "" => "without a type".to_owned(),
            declared => format!("declared as {declared}"),
        };
        let (keeps, mend) = (self.what_it_keeps(), self.mend());
        Error::conversion(format!(
            "column `{}` of table `{table}` is {declared}, which {keeps}; it would not keep this value, {}; {mend}",
            self.column.name,
            shape(value)
        ))
    }

    fn what_it_keeps(&self) -> String {
        let declared = &self.column.declared;
        let ty = self.spelling.ty.name();
        match self.holder {
            Holder::Numeric if ty == ValueType::Decimal.name() => {
                "makes a float of a decimal, and keeps 15 digits of it".into()
            }
            Holder::Numeric => "makes a number of a text that looks like one".into(),
            Holder::Real => "makes a float of a number, and of a text that looks like one".into(),
            Holder::Textual => "makes a text of a number".into(),
            Holder::Year => "takes the numbers 1 to 99 as other years".into(),
            Holder::Integer | Holder::Bits if self.is_number() => "holds whole numbers".into(),
            Holder::Single if self.is_number() => "holds floats of single precision".into(),
            Holder::Double | Holder::Single if self.is_number() => "holds rounded floats".into(),
            Holder::Decimal if self.is_number() => match self.scale() {
                Some(scale @ 0..) => format!("keeps {scale} digits after the point"),
                Some(scale) => format!("rounds to {} zeros", -scale),
                None => "holds decimals".into(),
            },
            Holder::Text(Room::Strips) => "removes the blanks at the end".into(),
            Holder::Text(Room::Cuts) => "removes the blanks beyond its length".into(),
            Holder::Text(Room::CutsAt(bytes)) => format!("removes the blanks beyond {bytes} bytes"),
            Holder::Text(Room::Pads) => "adds blanks up to its length".into(),
            Holder::Text(Room::Shortens(bytes)) => format!("keeps {bytes} bytes"),
            Holder::Label | Holder::Labels => "has only its labels, exactly as they are written".into(),
            Holder::PaddedBytes => "adds zeros up to its length".into(),
            Holder::UuidText => "writes a UUID with hyphens, in lower case".into(),
            Holder::Time | Holder::DateTime => format!("keeps {} digits after the seconds", self.digits()),
            Holder::ShortJson => "holds JSON with integers of at most 64 bits".into(),
            _ => format!("does not hold a {ty} ({declared})"),
        }
    }

    fn mend(&self) -> String {
        let ty = self.spelling.ty;
        match self.holder {
            Holder::Numeric | Holder::Real | Holder::Textual => match self.sqlite_type() {
                "" => "change the type of the column".into(),
                word => format!("declare the column as {word}, and copy the table"),
            },
            Holder::Decimal if self.is_number() => "round the value, or ALTER the column to a larger scale".into(),
            Holder::Integer | Holder::Bits if self.is_number() => "round the value, or ALTER the column".into(),
            Holder::Time | Holder::DateTime
                if matches!(ty, ValueType::Time | ValueType::DateTime | ValueType::Timestamp) =>
            {
                format!("cut the value with `trunc_subsecs({})`, or ALTER the column to 6 digits", self.digits())
            }
            Holder::Text(Room::Strips | Room::Pads) => "trim or fill the value, or ALTER the column to VARCHAR".into(),
            Holder::Text(_) if matches!(ty, ValueType::Text) => "shorten the value, or ALTER the column".into(),
            Holder::PaddedBytes => "fill the value, or ALTER the column to VARBINARY".into(),
            Holder::Single if self.is_number() => {
                "make the field an f32, or ALTER the column to double precision".into()
            }
            Holder::Label | Holder::Labels => "write a label of the column".into(),
            _ => "change the type of the column or of the field".into(),
        }
    }

    fn is_number(&self) -> bool {
        let ty = self.spelling.ty;
        ty.is_integer() || matches!(ty, ValueType::F32 | ValueType::F64 | ValueType::Decimal)
    }

    /// The type of SQLite that keeps all values of the field.
    fn sqlite_type(&self) -> &'static str {
        use super::affinity::is_number;
        match self.spelling.ty {
            ValueType::F32 | ValueType::F64 => "REAL",
            ValueType::Bytes => "BLOB",
            ty if is_number(ty, self.spelling.stored) => "INTEGER",
            _ => "TEXT",
        }
    }
}

/// What a value is, without the value.
fn shape(value: &Value) -> String {
    match value {
        Value::Text(text) => {
            let blanks = text.len() - text.trim_end_matches(' ').len();
            let end = if blanks > 0 { format!(", {blanks} of them blanks at the end") } else { String::new() };
            format!("a text of {} characters{end}", text.chars().count())
        }
        Value::Bytes(bytes) => format!("{} bytes", bytes.len()),
        Value::Decimal(decimal) => {
            let digits = decimal.mantissa().unsigned_abs().to_string().len();
            format!("a decimal of {digits} digits, {} of them after the point", decimal.scale())
        }
        Value::Json(json) => format!("JSON of {} bytes", json.len()),
        Value::Array(_, elements) => format!("an array of {} elements", elements.len()),
        other => format!("a {}", other.ty().name()),
    }
}
