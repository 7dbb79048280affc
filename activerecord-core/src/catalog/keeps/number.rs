//! Numbers in columns of other numbers.

use rust_decimal::Decimal;

use super::{Keeps, Lands};
use crate::dialect::Holder;
use crate::value::Value;

/// A value in a column of integers. A number is rounded to a whole one.
pub(super) fn whole(holder: Holder, bound: &Value) -> Lands {
    let rounded = match bound {
        Value::F32(x) => Value::F64(f64::from(*x).round()),
        Value::F64(x) => Value::F64(x.round()),
        Value::Decimal(decimal) => Value::Decimal(decimal.round()),
        Value::Bool(_) | Value::I16(_) | Value::I32(_) | Value::I64(_) | Value::U64(_) => bound.clone(),
        _ => return Lands::Lost,
    };
    let number = approximately(&rounded);
    match holder {
        Holder::Year if (1.0..100.0).contains(&number) => Lands::Lost,
        Holder::Bits if number < 0.0 || (number >= LEAST_TOO_LARGE && is_float(bound)) => Lands::Lost,
        _ if is_fraction(bound) => Lands::As(rounded),
        _ => Lands::Same,
    }
}

/// The least float that does not fit 64 bits with a sign.
const LEAST_TOO_LARGE: f64 = 9_223_372_036_854_775_808.0;

fn is_float(value: &Value) -> bool {
    matches!(value, Value::F32(_) | Value::F64(_))
}

fn is_fraction(value: &Value) -> bool {
    match value {
        Value::F32(x) => x.fract() != 0.0,
        Value::F64(x) => x.fract() != 0.0,
        Value::Decimal(decimal) => !decimal.is_integer(),
        _ => false,
    }
}

#[allow(clippy::cast_precision_loss, reason = "only small numbers matter")]
fn approximately(value: &Value) -> f64 {
    use rust_decimal::prelude::ToPrimitive;
    match value {
        Value::Bool(b) => f64::from(u8::from(*b)),
        Value::I16(n) => f64::from(*n),
        Value::I32(n) => f64::from(*n),
        Value::I64(n) => *n as f64,
        Value::U64(n) => *n as f64,
        Value::F64(x) => *x,
        Value::Decimal(decimal) => decimal.to_f64().unwrap_or_default(),
        _ => 0.0,
    }
}

impl Keeps {
    /// The digits after the point that the column keeps; None: all. Negative: it rounds to tens, hundreds and so on.
    pub(super) fn scale(&self) -> Option<i64> {
        let declared = self.column.base.as_ref().unwrap_or(&self.column.declared);
        let negative = || declared.split_once(",-")?.1.split_once(')')?.0.parse::<i64>().ok().map(|scale| -scale);
        match self.column.sizes[..] {
            [] => negative(),
            [_] => Some(0),
            [_, scale, ..] => Some(i64::from(scale)),
        }
    }

    /// A value in a column of floats.
    pub(super) fn float(&self, holder: Holder, bound: &Value) -> Lands {
        let x = match bound {
            Value::F32(x) => f64::from(*x),
            Value::F64(x) => *x,
            Value::Decimal(decimal) => match decimal.to_string().parse() {
                Ok(x) => x,
                Err(_) => return Lands::Lost,
            },
            // An integer is read from an integer.
            _ => return Lands::Lost,
        };
        let kept = if holder == Holder::Single { single(x) } else { x };
        let rounded = match self.size(1) {
            Some(digits) => rounded_as_servers(kept, digits),
            None => kept,
        };
        let rounded = if holder == Holder::Single { single(rounded) } else { rounded };
        if matches!(bound, Value::F32(_) | Value::F64(_)) && rounded.to_bits() == x.to_bits() {
            return Lands::Same;
        }
        Lands::As(Value::F64(rounded))
    }

    /// A value in a column of decimals.
    pub(super) fn decimal(&self, bound: &Value) -> Lands {
        let [single, double] = match self.keeping.float_digits {
            Some(digits) => digits.map(Some),
            None => [None, None],
        };
        let decimal = match bound {
            Value::I16(_) | Value::I32(_) | Value::I64(_) | Value::U64(_) => of_integer(bound),
            Value::Bool(b) => Some(Decimal::from(u8::from(*b))),
            Value::Decimal(decimal) => Some(*decimal),
            Value::F32(x) => of_float(f64::from(*x), single),
            Value::F64(x) => of_float(*x, double),
            _ => None,
        };
        let Some(decimal) = decimal else { return Lands::Lost };
        match rounded(decimal, self.scale()) {
            Some(stored) if *bound == Value::Decimal(stored) => Lands::Same,
            Some(stored) => Lands::As(Value::Decimal(stored)),
            None => Lands::Lost,
        }
    }
}

/// A float in a column of floats with a scale. The server adds the whole number and the rounded rest.
fn rounded_as_servers(x: f64, digits: usize) -> f64 {
    let (whole, unit) = (x.floor(), 10_f64.powi(i32::try_from(digits).unwrap_or_default()));
    whole + ((x - whole) * unit).round_ties_even() / unit
}

#[allow(clippy::cast_possible_truncation, reason = "it is what the column does")]
fn single(x: f64) -> f64 {
    f64::from(x as f32)
}

fn of_integer(bound: &Value) -> Option<Decimal> {
    Some(match bound {
        Value::I16(n) => (*n).into(),
        Value::I32(n) => (*n).into(),
        Value::I64(n) => (*n).into(),
        Value::U64(n) => (*n).into(),
        _ => return None,
    })
}

/// A float as a decimal with this many digits; None: with as many as tell it from its neighbours.
fn of_float(x: f64, digits: Option<usize>) -> Option<Decimal> {
    let text = match digits {
        Some(digits) => format!("{x:.*e}", digits - 1),
        None => format!("{x:e}"),
    };
    Decimal::from_scientific(&text).ok().filter(|decimal| x == 0.0 || !decimal.is_zero())
}

fn rounded(decimal: Decimal, scale: Option<i64>) -> Option<Decimal> {
    let Some(scale) = scale else { return Some(decimal) };
    match u32::try_from(scale) {
        Ok(scale) => Some(decimal.round_dp(scale)),
        Err(_) => {
            let unit = Decimal::from(10_i64.checked_pow(u32::try_from(-scale).ok()?)?);
            (decimal / unit).round().checked_mul(unit)
        }
    }
}
