//! Aggregates and window functions.

use super::expr::{atom, comparand, is_decimal};
use super::function;
use super::select::order_by;
use super::writer::Writer;
use crate::dialect::DecimalMath;
use crate::error::{Error, ErrorKind, Result};
use crate::statement::{Aggregate, Expr, Frame, FrameEnd, Window};

/// Writes an aggregate, over the rows of the group or of a window.
pub(super) fn aggregate(
    w: &mut Writer<'_>,
    function: Aggregate,
    argument: Option<Box<Expr>>,
    over: Option<Window>,
) -> Result<()> {
    let Some(argument) = argument else {
        w.push("COUNT(*)");
        return over_window(w, over);
    };
    let is_decimal = is_decimal(&argument);
    if function == Aggregate::Avg && w.dialect.typed_averages {
        return typed_average(w, *argument, is_decimal, over);
    }
    match (w.dialect.decimal, function) {
        (DecimalMath::Functions { prefix, .. }, Aggregate::Sum) if is_decimal => w.push(prefix).push("_sum("),
        (DecimalMath::Functions { prefix, .. }, Aggregate::Avg) if is_decimal => w.push(prefix).push("_avg("),
        _ => w.push(name(function)),
    };
    // MIN and MAX compare, so a decimal needs its collation. The other functions ignore it.
    comparand(w, *argument)?;
    w.push(")");
    over_window(w, over)
}

fn name(function: Aggregate) -> &'static str {
    match function {
        Aggregate::Count => "COUNT(",
        Aggregate::CountDistinct => "COUNT(DISTINCT ",
        Aggregate::Sum => "SUM(",
        Aggregate::Avg => "AVG(",
        Aggregate::Min => "MIN(",
        Aggregate::Max => "MAX(",
    }
}

/// Writes an average with the result of the other databases: a float, or a decimal that fits `Decimal`.
fn typed_average(w: &mut Writer<'_>, argument: Expr, is_decimal: bool, over: Option<Window>) -> Result<()> {
    w.push(if is_decimal { "ROUND(AVG(" } else { "AVG(" });
    atom(w, argument)?;
    w.push(if is_decimal { ")" } else { " * 1e0)" });
    over_window(w, over)?;
    w.push(if is_decimal { ", 16)" } else { "" });
    Ok(())
}

/// Writes an aggregate or a window function, with its window.
pub(super) fn over(w: &mut Writer<'_>, node: Expr, window: Window) -> Result<()> {
    match node {
        Expr::Aggregate(function, argument) => aggregate(w, function, argument, Some(window)),
        Expr::Call(function, arguments) if function::needs_window(function) => {
            function::write(w, function, arguments)?;
            over_window(w, Some(window))
        }
        _ => Err(Error::new(
            ErrorKind::InvalidStatement,
            "only aggregates and window functions, such as row_number and lag, can have .over(window()..)",
        )),
    }
}

fn over_window(w: &mut Writer<'_>, window: Option<Window>) -> Result<()> {
    let Some(window) = window else { return Ok(()) };
    w.push(" OVER (");
    if !window.partition_by.is_empty() {
        w.push("PARTITION BY ");
        w.list(window.partition_by, comparand)?;
    }
    order_by(w, window.order_by, &[])?;
    if let Some(frame) = window.frame {
        rows(w, frame);
    }
    w.push(")");
    Ok(())
}

fn rows(w: &mut Writer<'_>, Frame { from, to }: Frame) {
    w.push(" ROWS BETWEEN ");
    end(w, from, "UNBOUNDED PRECEDING");
    w.push(" AND ");
    end(w, to, "UNBOUNDED FOLLOWING");
}

fn end(w: &mut Writer<'_>, end: FrameEnd, unbounded: &str) {
    match end {
        FrameEnd::Unbounded => w.push(unbounded),
        FrameEnd::Preceding(rows) => w.number(rows).push(" PRECEDING"),
        FrameEnd::Current => w.push("CURRENT ROW"),
        FrameEnd::Following(rows) => w.number(rows).push(" FOLLOWING"),
    };
}

#[cold]
pub(super) fn no_window() -> Error {
    Error::new(ErrorKind::InvalidStatement, "a window function has no window; add .over(window()..)")
}
