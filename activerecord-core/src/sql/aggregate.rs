//! Aggregates and window functions.

use super::compare::{comparand, compared, is, partition, require_order};
use super::select::order_by;
use super::writer::Writer;
use super::{function, infer};
use crate::error::{Error, ErrorKind, Result};
use crate::statement::{Aggregate, Expr, Frame, FrameEnd, Function, Name, Part, Select, Window};
use crate::value::ValueType;

/// Writes an aggregate, over the rows of the group or of a window.
pub(super) fn aggregate(
    w: &mut Writer<'_>,
    function: Aggregate,
    argument: Option<Box<Expr>>,
    over: Option<Window>,
) -> Result<()> {
    let Some(mut argument) = argument else {
        w.push("COUNT(*)");
        return over_window(w, over);
    };
    if matches!(function, Aggregate::Min | Aggregate::Max) {
        require_order(w, &argument)?;
        *argument = infer::ordered(w, *argument);
    }
    let ty = argument.ty();
    let own = w.dialect.aggregates.iter().find(|(known, of, _)| *known == function && Some(*of) == ty);
    if let Some((_, _, spelling)) = own {
        return spelled(w, spelling, &argument, over.as_ref());
    }
    if function == Aggregate::CountDistinct && w.dialect.merges_derived && !varies(w, &argument) {
        w.push("LEAST(1, COUNT(");
        compared(w, *argument)?;
        w.push("))");
        return Ok(());
    }
    w.push(name(function));
    match (function, *argument) {
        (Aggregate::Sum | Aggregate::Avg, number) => infer::alone(w, number)?,
        (Aggregate::CountDistinct, argument) => compared(w, argument)?,
        (Aggregate::Min | Aggregate::Max, value) if infer::cast(w, &value).is_some() => infer::alone(w, value)?,
        // MIN and MAX compare, so a decimal needs its collation. COUNT ignores it.
        (_, argument) => comparand(w, argument)?,
    }
    w.push(")");
    over_window(w, over)
}

/// Returns true when an expression can have different values for different rows. MySQL counts a constant NULL as a value.
fn varies(w: &Writer<'_>, node: &Expr) -> bool {
    match node {
        Expr::Column(column) => w.scope.has(&column.table),
        Expr::Raw(_) | Expr::Digest(_) => true,
        other => other.any_child(&mut |part| match part {
            Part::Expr(child) => varies(w, child),
            Part::Query(inner) => varies_inside(w, inner),
        }),
    }
}

/// A column of a query inside belongs to the outer one if it says so, or if that query does not read its table.
fn varies_inside(w: &Writer<'_>, inner: &Select) -> bool {
    let is_hidden =
        |table: &Name| Part::Query(inner).any(&mut |part| matches!(part, Part::Query(query) if query.reads(table)));
    Part::Query(inner).any(&mut |part| match part {
        Part::Expr(Expr::Column(column)) => w.scope.has(&column.table) && (column.outer || !is_hidden(&column.table)),
        Part::Expr(part) => matches!(part, Expr::Raw(_) | Expr::Digest(_)),
        Part::Query(_) => false,
    })
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

/// Writes an aggregate that the database does not have as a function.
fn spelled(w: &mut Writer<'_>, spelling: &str, argument: &Expr, over: Option<&Window>) -> Result<()> {
    for (index, part) in spelling.split("{over}").enumerate() {
        if index > 0 {
            over_window(w, over.cloned())?;
        }
        w.fill(part, |w| comparand(w, argument.clone()))?;
    }
    Ok(())
}

/// Writes an aggregate or a window function, with its window.
///
/// # Errors
/// `Unsupported` for a count of distinct values, which most databases do not have over a window, and for a place without an
/// order.
pub(super) fn over(w: &mut Writer<'_>, node: Expr, mut window: Window) -> Result<()> {
    match node {
        Expr::Aggregate(Aggregate::CountDistinct, _) => Err(no_distinct_window()),
        Expr::Aggregate(function, argument) => aggregate(w, function, argument, Some(window)),
        Expr::Call(function, arguments) if function::needs_window(function) => {
            require_place(function, &mut window)?;
            function::write(w, function, arguments)?;
            over_window(w, Some(window))
        }
        _ => Err(Error::new(
            ErrorKind::InvalidStatement,
            "only aggregates and window functions, such as row_number and lag, can have .over(window()..)",
        )),
    }
}

/// The place of a row, and its neighbours, depend on an order and on no frame. MariaDB refuses them otherwise.
fn require_place(function: Function, window: &mut Window) -> Result<()> {
    let is_ordered = matches!(
        function,
        Function::Rank | Function::DenseRank | Function::Ntile(_) | Function::Lag(_) | Function::Lead(_)
    );
    if is_ordered && window.order_by.is_empty() {
        return Err(no_window_order());
    }
    if is_ordered || function == Function::RowNumber {
        window.frame = None;
    }
    Ok(())
}

#[cold]
fn no_window_order() -> Error {
    Error::unsupported("rank, dense_rank, ntile, lag and lead need a window with an order: window().order_by(..)")
}

#[cold]
fn no_distinct_window() -> Error {
    Error::unsupported(
        "a count of distinct values cannot have a window; count them in a grouped query or in a subquery",
    )
}

fn over_window(w: &mut Writer<'_>, window: Option<Window>) -> Result<()> {
    let Some(mut window) = window else { return Ok(()) };
    // MariaDB would also mix the rows of other windows.
    window.partition_by.retain(|value| !value.is_constant() || is(value, ValueType::Json));
    w.push(" OVER (");
    if !window.partition_by.is_empty() {
        w.push("PARTITION BY ");
        w.list(window.partition_by, partition)?;
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
