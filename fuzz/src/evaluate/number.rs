//! Numbers. Integers and decimals are exact, or an error. Singles are computed as doubles.

use std::cmp::Ordering;

use activerecord_core::statement::Arithmetic;
use activerecord_core::{Limits, Value, ValueType};
use rust_decimal::Decimal;

use super::{Answer, Refusal, conversion, unsupported};

/// A number without the size of its type.
#[derive(Clone, Copy, Debug)]
pub(super) enum Number {
    Integer(i128),
    Decimal(Decimal),
    Float(f64),
}

/// Two numbers of one kind: the widest of both.
enum Pair {
    Integers(i128, i128),
    Decimals(Decimal, Decimal),
    Floats(f64, f64),
}

/// SQLite's integers end at the greatest `i64`, and it refuses greater ones when they are bound.
pub(super) const BEYOND_I64: &str = "an integer above 64 bits with a sign is not supported by SQLite";

impl Number {
    /// Returns a value as a number.
    pub(super) fn of(value: &Value) -> Answer<Self> {
        Ok(match value {
            Value::I16(n) => Self::Integer((*n).into()),
            Value::I32(n) => Self::Integer((*n).into()),
            Value::I64(n) => Self::Integer((*n).into()),
            Value::U64(n) => Self::Integer((*n).into()),
            Value::F32(x) => Self::Float((*x).into()),
            Value::F64(x) => Self::Float(*x),
            Value::Decimal(decimal) => Self::Decimal(*decimal),
            _ => return Err(Refusal::NotCovered("a value that is not a number, where a number is expected")),
        })
    }

    fn with(self, other: Self) -> Answer<Pair> {
        Ok(match (self, other) {
            (Self::Integer(a), Self::Integer(b)) => Pair::Integers(a, b),
            (a @ Self::Float(_), b) | (a, b @ Self::Float(_)) => Pair::Floats(a.float()?, b.float()?),
            (a, b) => Pair::Decimals(a.decimal()?, b.decimal()?),
        })
    }

    pub(super) fn float(self) -> Answer<f64> {
        match self {
            Self::Integer(n) => Ok(n as f64),
            Self::Float(x) => Ok(x),
            Self::Decimal(_) => Err(Refusal::NotCovered("a decimal and a float in one expression")),
        }
    }

    pub(super) fn decimal(self) -> Answer<Decimal> {
        match self {
            Self::Integer(n) => exactly(n, 0),
            Self::Decimal(decimal) => Ok(decimal),
            Self::Float(_) => Err(Refusal::NotCovered("a decimal and a float in one expression")),
        }
    }
}

/// Computes `left op right`, whose type is `ty`. NULL if an operand is NULL, or the divisor is zero.
///
/// A result outside of the type is `Conversion` where the value leaves the database. A float can be infinite here: the
/// caller decides what that means.
pub(super) fn arithmetic(left: &Value, op: Arithmetic, right: &Value, ty: ValueType) -> Answer<Value> {
    if left.is_null() || right.is_null() {
        return Ok(Value::Null(ty));
    }
    match Number::of(left)?.with(Number::of(right)?)? {
        Pair::Integers(a, b) => integers(a, op, b).map_or(Ok(Value::Null(ty)), |result| integer(result, ty)),
        Pair::Decimals(a, b) => decimals(a, op, b).map(Value::Decimal),
        Pair::Floats(a, b) => floats(a, op, b).map(|result| result.map_or(Value::Null(ty), Value::F64)),
    }
}

/// Compares two numbers by their values.
pub(super) fn compare(a: &Value, b: &Value) -> Answer<Ordering> {
    Ok(match Number::of(a)?.with(Number::of(b)?)? {
        Pair::Integers(a, b) => a.cmp(&b),
        Pair::Decimals(a, b) => a.cmp(&b),
        Pair::Floats(a, b) => a.partial_cmp(&b).ok_or(Refusal::NotCovered("a comparison with NaN"))?,
    })
}

/// Returns an integer as a value of this type.
pub(super) fn integer(n: i128, ty: ValueType) -> Answer<Value> {
    let value = match ty {
        ValueType::I16 => i16::try_from(n).map(Value::I16),
        ValueType::I32 => i32::try_from(n).map(Value::I32),
        ValueType::I64 => i64::try_from(n).map(Value::I64),
        ValueType::U64 if n > i64::MAX.into() => return Err(Refusal::NotCovered(BEYOND_I64)),
        ValueType::U64 => u64::try_from(n).map(Value::U64),
        ValueType::Decimal => return exactly(n, 0).map(Value::Decimal),
        _ => return Err(Refusal::NotCovered("an integer, where another type is expected")),
    };
    value.map_err(|_| conversion("an integer does not fit its type"))
}

/// Returns a value as the reader of a column of this type gets it.
pub(super) fn fitted(value: &Value, ty: ValueType) -> Answer<Value> {
    match (value, ty) {
        (Value::Null(_), ty) => Ok(Value::Null(ty)),
        (value, ty) if value.ty() == ty => Ok(value.clone()),
        (value, ValueType::F32) => single(Number::of(value)?.float()?).map(Value::F32),
        (value, ValueType::F64) => Number::of(value)?.float().map(Value::F64),
        (value, ty) => match Number::of(value)? {
            Number::Integer(n) => integer(n, ty),
            _ => Err(Refusal::NotCovered("a value of another type than its column")),
        },
    }
}

/// Returns a computed value that is written into a column with these limits.
pub(super) fn within(value: &Value, limits: Limits) -> Answer<Value> {
    match limits.ty {
        _ if value.is_null() => Ok(Value::Null(limits.ty)),
        ValueType::F32 => single(Number::of(value)?.float()?).map(Value::F32),
        ValueType::F64 => match Number::of(value)?.float()? {
            x if x.is_finite() => Ok(Value::F64(x)),
            _ => Err(conversion("a float does not fit its type")),
        },
        ty @ (ValueType::I16 | ValueType::I32 | ValueType::I64 | ValueType::U64) => match Number::of(value)? {
            Number::Integer(n) if n < limits.least.into() || n > limits.greatest.into() => {
                Err(conversion("an integer is outside of the limits of its column"))
            }
            _ => fitted(value, ty),
        },
        ty => fitted(value, ty),
    }
}

/// Returns `mantissa * 10^-scale`, if a decimal has enough digits.
pub(super) fn exactly(mut mantissa: i128, mut scale: u32) -> Answer<Decimal> {
    while scale > 0 && mantissa % 10 == 0 {
        (mantissa, scale) = (mantissa / 10, scale - 1);
    }
    if scale > Decimal::MAX_SCALE {
        // MySQL and MariaDB round to 30 digits.
        return Err(Refusal::NotCovered("a decimal with more than 28 digits after the point"));
    }
    Decimal::try_from_i128_with_scale(mantissa, scale).map_err(|_| too_many_digits())
}

/// Adds decimals exactly.
pub(crate) fn sum(a: Decimal, b: Decimal) -> Answer<Decimal> {
    let (a, b) = (a.normalize(), b.normalize());
    let scale = a.scale().max(b.scale());
    let aligned = |decimal: Decimal| decimal.mantissa().checked_mul(10_i128.checked_pow(scale - decimal.scale())?);
    // If the digits of both do not fit here, they are too many for a decimal.
    let total = aligned(a).zip(aligned(b)).and_then(|(a, b)| a.checked_add(b));
    exactly(total.ok_or_else(too_many_digits)?, scale)
}

/// Whether a decimal can have this many digits after the point.
pub(super) fn has_room(decimal: Decimal, scale: u32) -> bool {
    let mantissa = decimal.mantissa().checked_mul(10_i128.pow(scale.saturating_sub(decimal.scale())));
    mantissa.is_some_and(|mantissa| mantissa.abs() <= Decimal::MAX.mantissa())
}

/// Returns None for a division by zero. A division truncates towards zero, and a remainder has the sign of the dividend.
fn integers(a: i128, op: Arithmetic, b: i128) -> Option<i128> {
    match op {
        Arithmetic::Add => a.checked_add(b),
        Arithmetic::Subtract => a.checked_sub(b),
        Arithmetic::Multiply => Some(a.saturating_mul(b)),
        Arithmetic::Divide => a.checked_div(b),
        Arithmetic::Remainder => a.checked_rem(b),
        _ => None,
    }
}

fn decimals(a: Decimal, op: Arithmetic, b: Decimal) -> Answer<Decimal> {
    match op {
        Arithmetic::Add => sum(a, b),
        Arithmetic::Subtract => sum(a, -b),
        Arithmetic::Multiply => {
            let (a, b) = (a.normalize(), b.normalize());
            let scale = a.scale() + b.scale();
            match a.mantissa().checked_mul(b.mantissa()) {
                Some(mantissa) => exactly(mantissa, scale),
                None if scale == 0 => Err(too_many_digits()),
                None => Err(Refusal::NotCovered("a product of decimals with more than 38 digits")),
            }
        }
        _ => Err(unsupported("each database rounds a quotient of decimals to another number of digits")),
    }
}

/// Returns None for a division by zero.
fn floats(a: f64, op: Arithmetic, b: f64) -> Answer<Option<f64>> {
    let result = match op {
        Arithmetic::Add => a + b,
        Arithmetic::Subtract => a - b,
        Arithmetic::Multiply => a * b,
        Arithmetic::Divide if b == 0.0 => return Ok(None),
        Arithmetic::Divide => a / b,
        _ => return Err(Refusal::NotCovered("a remainder of floats")),
    };
    let can_underflow = matches!(op, Arithmetic::Multiply | Arithmetic::Divide);
    match can_underflow && result == 0.0 && a != 0.0 && b != 0.0 {
        true => Err(UNDERFLOW),
        false => Ok(Some(result)),
    }
}

/// PostgreSQL refuses it, and the others return zero.
const UNDERFLOW: Refusal = Refusal::NotCovered("a float that is too small for its type");

fn single(x: f64) -> Answer<f32> {
    match x as f32 {
        nearest if !nearest.is_finite() => Err(conversion("a float does not fit a single")),
        nearest if nearest == 0.0 && x != 0.0 => Err(UNDERFLOW),
        nearest => Ok(nearest),
    }
}

fn too_many_digits() -> Refusal {
    conversion("a decimal has more than 28 digits")
}

/// Returns the wider of two types of numbers, or the type if both are equal.
pub(super) fn wider(a: ValueType, b: ValueType) -> Option<ValueType> {
    use ValueType::{Decimal, F32, F64, I16, I32, I64, U64};
    let breadth = |ty| [I16, I32, I64, U64, Decimal, F32, F64].iter().position(|known| *known == ty);
    match (breadth(a), breadth(b)) {
        (Some(first), Some(other)) => Some(if first < other { b } else { a }),
        _ => (a == b).then_some(a),
    }
}
