//! The values that the type of a column can hold.

use super::ValueType;

/// The values that the type of a field can hold. A value that the database computes for the column must be one of them,
/// or the record could not be read again.
///
/// ```
/// # use activerecord_core::{Limits, ToValue, ValueType};
/// assert_eq!(<u8 as ToValue>::TYPE, ValueType::I16);
/// assert_eq!((<u8 as ToValue>::LIMITS.least, <u8 as ToValue>::LIMITS.greatest), (0, 255));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The type of the values.
    pub ty: ValueType,
    /// The least integer; 0 for other types.
    pub least: i64,
    /// The greatest integer; 0 for other types.
    pub greatest: u64,
}

impl Limits {
    /// Returns the limits of a type.
    pub const fn of(ty: ValueType) -> Self {
        let (least, greatest) = match ty {
            ValueType::Bool => (0, 1),
            ValueType::I16 => (i16::MIN as i64, i16::MAX as u64),
            ValueType::I32 => (i32::MIN as i64, i32::MAX as u64),
            ValueType::I64 => (i64::MIN, i64::MAX as u64),
            ValueType::U64 => (0, u64::MAX),
            _ => (0, 0),
        };
        Self { ty, least, greatest }
    }

    /// Returns narrower limits of the same type: integers from `least` to `greatest`.
    #[must_use]
    pub const fn between(self, least: i64, greatest: u64) -> Self {
        Self { least, greatest, ..self }
    }
}
