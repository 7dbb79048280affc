//! Reads cells as values of a column's type, where no field of a struct gives the type.

use super::{FromValue, Value, ValueRef, ValueType, canonical, json};
use crate::error::Result;

impl Value {
    /// Reads a cell as a value of type `ty`, by the table of conversions of [`FromValue`]. For example, a date that
    /// SQLite stores as text becomes a date. NULL becomes a NULL of the type.
    ///
    /// ```
    /// # use activerecord_core::{Value, ValueRef, ValueType};
    /// let value = Value::from_cell(ValueRef::Text("2013-01-31"), ValueType::Date)?;
    /// assert_eq!(value.ty(), ValueType::Date);
    /// # Ok::<(), activerecord_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Conversion` when the cell does not fit the type.
    pub fn from_cell(cell: ValueRef<'_>, ty: ValueType) -> Result<Self> {
        if matches!(cell, ValueRef::Null) {
            return Ok(Self::Null(ty));
        }
        Ok(match ty {
            ValueType::Bool => Self::Bool(FromValue::from_value(cell)?),
            ValueType::I16 => Self::I16(FromValue::from_value(cell)?),
            ValueType::I32 => Self::I32(FromValue::from_value(cell)?),
            ValueType::I64 => Self::I64(FromValue::from_value(cell)?),
            ValueType::U64 => Self::U64(FromValue::from_value(cell)?),
            ValueType::F32 => Self::F32(FromValue::from_value(cell)?),
            ValueType::F64 => Self::F64(FromValue::from_value(cell)?),
            ValueType::Text => Self::Text(FromValue::from_value(cell)?),
            ValueType::Bytes => Self::Bytes(FromValue::from_value(cell)?),
            ValueType::Decimal => Self::Decimal(FromValue::from_value(cell)?),
            ValueType::Uuid => Self::Uuid(FromValue::from_value(cell)?),
            ValueType::Date => Self::Date(FromValue::from_value(cell)?),
            ValueType::Time => Self::Time(FromValue::from_value(cell)?),
            ValueType::DateTime => Self::DateTime(FromValue::from_value(cell)?),
            ValueType::Timestamp => Self::Timestamp(FromValue::from_value(cell)?),
            ValueType::Json => Self::Json(json::parse::<serde_json::Value>(cell)?.to_string()),
            ValueType::Array(element) => array(cell, element)?,
        })
    }
}

impl Value {
    /// Reads a cell as a value of type `ty`, as [`from_cell`](Self::from_cell), but refuses a text that is not
    /// [canonical](crate::Stored): a value that is read in this way finds its row.
    ///
    /// ```
    /// # use activerecord_core::{Value, ValueRef, ValueType};
    /// let iso = ValueRef::Text("2024-01-31T09:05:00Z");
    /// assert!(Value::from_cell(iso.clone(), ValueType::Timestamp).is_ok());
    /// assert!(Value::from_stored(iso, ValueType::Timestamp).is_err());
    /// ```
    ///
    /// # Errors
    /// `Conversion` when the cell does not fit the type, or holds its value in another spelling.
    pub fn from_stored(cell: ValueRef<'_>, ty: ValueType) -> Result<Self> {
        Self::from_cell(canonical(cell, ty)?, ty)
    }
}

fn array(cell: ValueRef<'_>, element: &'static ValueType) -> Result<Value> {
    match cell {
        ValueRef::Array(values) => {
            let values =
                values.iter().map(|value| Value::from_cell(value.as_cell(), *element)).collect::<Result<_>>()?;
            Ok(Value::Array(element, values))
        }
        cell => Value::from_json(&json::parse(cell)?, ValueType::Array(element)),
    }
}
