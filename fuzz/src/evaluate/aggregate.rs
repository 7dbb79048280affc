//! Aggregates. They ignore NULLs, and are NULL without values, except the counts.

use std::cmp::Ordering;

use activerecord_core::statement::{Aggregate, Expr};
use activerecord_core::{Value, ValueType};
use rust_decimal::Decimal;

use super::number::{self, Number};
use super::scope::Env;
use super::{Answer, Refusal, conversion, expr, invalid, order};

/// Returns an aggregate of the rows of the current group.
pub(super) fn of_group(function: Aggregate, argument: Option<&Expr>, env: &Env<'_>) -> Answer<Value> {
    let rows = env.group.ok_or_else(|| invalid("an aggregate outside of a query with groups"))?;
    let of = |argument: &Expr| rows.iter().map(|row| expr::eval(argument, &alone(env, row))).collect();
    fold(function, rows.len(), argument.map(of).transpose()?, argument.and_then(Expr::ty))
}

/// Returns an aggregate of values, or of a number of rows. `ty` is the type of the values.
pub(super) fn fold(
    function: Aggregate,
    rows: usize,
    values: Option<Vec<Value>>,
    ty: Option<ValueType>,
) -> Answer<Value> {
    let Some(mut values) = values else { return count(rows) };
    values.retain(|value| !value.is_null());
    let ty = ty.ok_or(Refusal::NotCovered("an aggregate of values without a type"))?;
    match function {
        Aggregate::Count => count(values.len()),
        Aggregate::CountDistinct => {
            count(order::distinct(values.into_iter().map(|value| vec![value]).collect())?.len())
        }
        Aggregate::Min => extreme(&values, ty, Ordering::Less),
        Aggregate::Max => extreme(&values, ty, Ordering::Greater),
        Aggregate::Sum => sum(&values, ty),
        Aggregate::Avg => average(&values, ty),
        _ => Err(Refusal::NotCovered("an unknown aggregate")),
    }
}

fn alone<'e>(env: &Env<'e>, row: &'e [Value]) -> Env<'e> {
    Env { row, group: None, units: None, ..*env }
}

fn count(n: usize) -> Answer<Value> {
    i64::try_from(n).map(Value::I64).map_err(|_| conversion("too many rows"))
}

fn extreme(values: &[Value], ty: ValueType, wanted: Ordering) -> Answer<Value> {
    let mut best: Option<&Value> = None;
    for value in values {
        match best {
            Some(old) if order::compare(value, old)? != wanted => {}
            _ => best = Some(value),
        }
    }
    Ok(best.cloned().unwrap_or(Value::Null(ty)))
}

/// A sum of integers is a 64-bit integer, of floats a float, of decimals a decimal.
fn sum(values: &[Value], ty: ValueType) -> Answer<Value> {
    match ty {
        ValueType::Decimal if values.is_empty() => Ok(Value::Null(ty)),
        ValueType::Decimal => decimals(values).map(Value::Decimal),
        ValueType::F32 | ValueType::F64 if values.is_empty() => Ok(Value::Null(ValueType::F64)),
        ValueType::F32 | ValueType::F64 => floats(values).map(Value::F64),
        _ if values.is_empty() => Ok(Value::Null(ValueType::I64)),
        _ => integers(values).and_then(|sum| number::integer(sum, ValueType::I64)),
    }
}

/// An average of decimals is a decimal, and of other numbers a float.
fn average(values: &[Value], ty: ValueType) -> Answer<Value> {
    let n = values.len() as f64;
    match ty {
        ValueType::Decimal if values.is_empty() => Ok(Value::Null(ty)),
        ValueType::Decimal => match decimals(values) {
            Ok(sum) => decimal_average(sum, values.len()).map(Value::Decimal),
            Err(_) => Err(Refusal::NotCovered("an average of decimals whose sum has more than 28 digits")),
        },
        _ if values.is_empty() => Ok(Value::Null(ValueType::F64)),
        ValueType::F32 | ValueType::F64 => Ok(Value::F64(floats(values)? / n)),
        _ => Ok(Value::F64(total(values)? as f64 / n)),
    }
}

/// Returns the exact sum. SQLite refuses a sum that does not fit before its last row is added, so a sum that fits only in
/// some order of the rows is not covered.
fn integers(values: &[Value]) -> Answer<i128> {
    let sum = total(values)?;
    let (mut greatest, mut least) = (0_i128, 0_i128);
    for value in values {
        if let Number::Integer(n) = Number::of(value)? {
            (greatest, least) = (greatest + n.max(0), least + n.min(0));
        }
    }
    let fits = |n: i128| i64::try_from(n).is_ok();
    if fits(sum) && !(fits(greatest) && fits(least)) {
        return Err(Refusal::NotCovered("a sum that does not fit before its last row is added"));
    }
    Ok(sum)
}

fn total(values: &[Value]) -> Answer<i128> {
    values.iter().try_fold(0, |sum, value| match Number::of(value)? {
        Number::Integer(n) => Ok(sum + n),
        _ => Err(Refusal::NotCovered("a sum of values of several types")),
    })
}

/// Returns the exact sum. It is covered if it has room for its digits in every order of the rows, or in none.
fn decimals(values: &[Value]) -> Answer<Decimal> {
    let all = values.iter().map(|value| Number::of(value)?.decimal()).collect::<Answer<Vec<Decimal>>>()?;
    let total = |part: fn(&Decimal) -> Decimal| all.iter().map(part).try_fold(Decimal::ZERO, number::sum);
    let scale = all.iter().map(|decimal| decimal.normalize().scale()).max().unwrap_or_default();
    let has_one_sign =
        all.iter().all(|decimal| decimal.mantissa() >= 0) || all.iter().all(|decimal| decimal.mantissa() <= 0);
    match (total(Decimal::abs), total(Decimal::trunc)) {
        (Ok(most), _) if number::has_room(most, scale) => total(Decimal::clone),
        (_, Err(why)) if has_one_sign => Err(why),
        _ => Err(Refusal::NotCovered("a sum of decimals whose digits do not fit in some order of the rows")),
    }
}

/// Databases add floats in different orders. The sum is the same in every order if each float is a multiple of 2⁻²⁰, and
/// all together are less than 2³²: then no addition rounds.
fn floats(values: &[Value]) -> Answer<f64> {
    const UNIT: f64 = 1_048_576.0;
    const MOST: f64 = 4_294_967_296.0;
    let floats = values.iter().map(|value| Number::of(value)?.float()).collect::<Answer<Vec<f64>>>()?;
    let is_exact =
        floats.iter().all(|x| (x * UNIT).fract() == 0.0) && floats.iter().map(|x| x.abs()).sum::<f64>() < MOST;
    match is_exact {
        true => Ok(floats.iter().sum()),
        false => Err(Refusal::NotCovered("a sum of floats that depends on the order of the rows")),
    }
}

/// Rounds to 16 digits after the point, half away from zero, or to fewer, so that there are at most 28 in total.
fn decimal_average(sum: Decimal, n: usize) -> Answer<Decimal> {
    let too_large = || Refusal::NotCovered("an average of too many decimals");
    let n = i128::try_from(n).map_err(|_| too_large())?;
    let one = 10_i128.pow(sum.scale()).checked_mul(n).ok_or_else(too_large)?;
    let before_point = (sum.mantissa() / one).unsigned_abs().checked_ilog10().map_or(1, |digits| digits + 1);
    let places = 28_u32.saturating_sub(before_point).min(16);
    let scaled = match places.checked_sub(sum.scale()) {
        Some(more) => sum.mantissa().checked_mul(10_i128.pow(more)).map(|mantissa| (mantissa, n)),
        None => 10_i128.pow(sum.scale() - places).checked_mul(n).map(|divisor| (sum.mantissa(), divisor)),
    };
    let (mantissa, divisor) = scaled.ok_or_else(too_large)?;
    let (quotient, rest) = (mantissa / divisor, mantissa % divisor);
    let up = if rest.abs() * 2 >= divisor { mantissa.signum() } else { 0 };
    number::exactly(quotient + up, places)
}
