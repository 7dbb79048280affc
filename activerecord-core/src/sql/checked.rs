//! Computed values that an UPDATE writes. A value that the field could not hold makes the statement fail, whatever the
//! column can hold.

use super::expr::{atom, expr};
use super::writer::Writer;
use crate::error::Result;
use crate::statement::Expr;
use crate::value::{Limits, ValueType};

/// The greatest double that is rounded to a finite `f32`.
const GREATEST_F32: &str = "3.4028235677973362e38";
const GREATEST_F64: &str = "1.7976931348623157e308";

/// Writes a value with a check of its limits.
pub(super) fn checked(w: &mut Writer<'_>, inner: Expr, limits: Limits) -> Result<()> {
    let checks = &w.dialect.range_checks;
    let is_whole = limits == Limits::of(limits.ty);
    if let Some((_, cast)) = checks.casts.iter().find(|(ty, _)| *ty == limits.ty && is_whole) {
        return w.fill(cast, |w| expr(w, inner.clone()));
    }
    if limits.ty == ValueType::Decimal {
        return match checks.decimal {
            Some(fits) => unless(w, &inner, |w| w.fill(fits, |w| atom(w, inner.clone()))),
            None => expr(w, inner),
        };
    }
    let (least, greatest) = bounds(limits, checks.function.is_some());
    match checks.function {
        Some(function) => {
            w.push(function).push("(");
            expr(w, inner)?;
            w.push(", ").push(&least).push(", ").push(&greatest).push(")");
            Ok(())
        }
        None => unless(w, &inner, |w| {
            atom(w, inner.clone())?;
            w.push(" BETWEEN ").push(&least).push(" AND ").push(&greatest);
            Ok(())
        }),
    }
}

/// Writes a CASE that fails unless the value meets a condition.
fn unless(w: &mut Writer<'_>, inner: &Expr, fits: impl FnOnce(&mut Writer<'_>) -> Result<()>) -> Result<()> {
    w.push("CASE WHEN ");
    fits(w)?;
    w.push(" THEN ");
    expr(w, inner.clone())?;
    w.push(" ELSE ");
    w.fill(w.dialect.range_checks.failure, |w| atom(w, inner.clone()))?;
    w.push(" END");
    Ok(())
}

/// Returns the limits as SQL. `signed`: the database has no integers above those of 64 bits with a sign.
fn bounds(limits: Limits, signed: bool) -> (String, String) {
    match limits.ty {
        ValueType::F32 => (format!("-{GREATEST_F32}"), GREATEST_F32.to_owned()),
        ValueType::F64 => (format!("-{GREATEST_F64}"), GREATEST_F64.to_owned()),
        _ => {
            let greatest = if signed { limits.greatest.min(i64::MAX.unsigned_abs()) } else { limits.greatest };
            (limits.least.to_string(), greatest.to_string())
        }
    }
}
