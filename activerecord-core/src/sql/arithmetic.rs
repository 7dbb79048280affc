//! Arithmetic. Division of integers truncates and that of floats does not, whatever types the operands have in the database.

use super::compare::is_decimal;
use super::expr::{atom, expr};
use super::infer::alone;
use super::writer::Writer;
use crate::dialect::DecimalMath;
use crate::error::{Error, Result};
use crate::statement::{Aggregate, Arithmetic, Expr, unified};
use crate::value::ValueType;

/// Writes `left op right`.
pub(super) fn arithmetic(w: &mut Writer<'_>, left: Expr, op: Arithmetic, right: Expr) -> Result<()> {
    let ty = unified([&left, &right]);
    let symbol = match op {
        Arithmetic::Add => " + ",
        Arithmetic::Subtract => " - ",
        Arithmetic::Multiply => " * ",
        Arithmetic::Divide | Arithmetic::Remainder if ty == Some(ValueType::Decimal) => return Err(no_division()),
        Arithmetic::Divide if matches!(ty, Some(ValueType::F32 | ValueType::F64)) => {
            return float_division(w, left, right);
        }
        Arithmetic::Divide if ty == Some(ValueType::U64) => return unsigned_division(w, left, right),
        Arithmetic::Divide => return by(w, left, w.dialect.division.operator, right),
        Arithmetic::Remainder => return by(w, left, " % ", right),
    };
    if let (DecimalMath::Functions { prefix, .. }, true) = (w.dialect.decimal, is_decimal(&left) || is_decimal(&right))
    {
        return decimal(w, prefix, left, op, right);
    }
    match is_typed(&left, Some(&right)) {
        true => single(w, left, ty)?,
        false => alone(w, left)?,
    }
    w.push(symbol);
    operand(w, right, None)
}

/// Writes an operand beside another one. A bound value that no column gives its type gets a cast.
fn operand(w: &mut Writer<'_>, node: Expr, other: Option<&Expr>) -> Result<()> {
    if is_typed(&node, other) { atom(w, node) } else { alone(w, node) }
}

/// Whether the database knows the type of an operand. `other` is the operand at its right side.
fn is_typed(node: &Expr, other: Option<&Expr>) -> bool {
    !matches!((node, other), (Expr::Value(_), Some(Expr::Value(_))))
        && !matches!(node, Expr::Value(value) if value.is_null())
}

/// Writes the left operand. Singles are computed as doubles, as the other databases do it.
fn single(w: &mut Writer<'_>, node: Expr, ty: Option<ValueType>) -> Result<()> {
    match w.dialect.cast(ValueType::F64).filter(|_| w.dialect.computes_singles && ty == Some(ValueType::F32)) {
        Some(cast) => one(w, cast, node),
        None => atom(w, node),
    }
}

fn decimal(w: &mut Writer<'_>, prefix: &str, left: Expr, op: Arithmetic, right: Expr) -> Result<()> {
    w.push(prefix).push(match op {
        Arithmetic::Subtract => "_sub(",
        Arithmetic::Multiply => "_mul(",
        _ => "_add(",
    });
    expr(w, left)?;
    w.push(", ");
    expr(w, right)?;
    w.push(")");
    Ok(())
}

/// Writes a division whose result is NULL for a divisor of zero.
fn by(w: &mut Writer<'_>, left: Expr, operator: &str, right: Expr) -> Result<()> {
    integer(w, left, Some(&right))?;
    w.push(operator);
    w.push("NULLIF(");
    integer(w, right, None)?;
    w.push(", 0)");
    Ok(())
}

/// Writes an operand of an integer division. The operator truncates only if the database takes both for integers.
fn integer(w: &mut Writer<'_>, node: Expr, other: Option<&Expr>) -> Result<()> {
    let cast = w.dialect.cast(ValueType::I64).filter(|_| !w.dialect.division.truncates && is_wide(w, &node));
    match cast {
        Some(cast) => one(w, cast, node),
        None => operand(w, node, other),
    }
}

/// Returns true when the database can take an integer for a decimal or a float: a sum, a column of a query that has one,
/// or raw SQL.
fn is_wide(w: &Writer<'_>, node: &Expr) -> bool {
    node.any_source(&mut |source| match source {
        Expr::Typed(..) | Expr::Raw(_) => true,
        Expr::Column(column) => w.is_derived(&column.table),
        Expr::Aggregate(Aggregate::Sum, Some(argument)) => {
            matches!(argument.ty(), Some(ValueType::I64 | ValueType::U64)) || is_wide(w, argument)
        }
        Expr::Arithmetic(left, _, right) => is_wide(w, left) || is_wide(w, right),
        _ => false,
    })
}

fn unsigned_division(w: &mut Writer<'_>, left: Expr, right: Expr) -> Result<()> {
    let Some(function) = w.dialect.division.unsigned else { return by(w, left, w.dialect.division.operator, right) };
    w.push(function).push("(");
    expr(w, left)?;
    w.push(", NULLIF(");
    expr(w, right)?;
    w.push(", 0))");
    Ok(())
}

/// Writes a division of floats. If the divisor is not a bound float, the database could take both for integers.
fn float_division(w: &mut Writer<'_>, left: Expr, right: Expr) -> Result<()> {
    let is_float = match &right {
        Expr::Value(value) if w.dialect.computes_singles => value.ty() == ValueType::F64,
        Expr::Value(value) => matches!(value.ty(), ValueType::F32 | ValueType::F64),
        _ => false,
    };
    match w.dialect.cast(ValueType::F64).filter(|_| !is_float) {
        Some(cast) => one(w, cast, left),
        None => operand(w, left, Some(&right)),
    }?;
    w.push(" / NULLIF(");
    // The integer beside it must not give a bound float its type.
    if matches!(right, Expr::Value(_)) { alone(w, right) } else { expr(w, right) }?;
    w.push(", 0)");
    Ok(())
}

/// Writes an expression in a spelling with one place for it.
fn one(w: &mut Writer<'_>, spelling: &str, node: Expr) -> Result<()> {
    let mut node = Some(node);
    w.fill(spelling, |w| node.take().map_or(Ok(()), |node| expr(w, node)))
}

#[cold]
fn no_division() -> Error {
    Error::unsupported("division of decimals is not supported: each database rounds to another number of digits")
}
