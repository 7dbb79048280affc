//! The rows behind a place in an order.

use super::{Compare, Direction, Expr, OrderBy};
use crate::value::Value;

/// The rows behind a place: `a >= x AND (a > x OR b > y)`. Every database can use an index for the first part; a row value
/// (`(a, b) > (x, y)`) is a full scan on MySQL. A column that may be NULL takes the longer way, `a > x OR a = x AND ..`.
pub(super) fn behind(order: &[OrderBy], values: &[Value]) -> Expr {
    let Some(((first, rest_of_order), (value, rest_of_values))) = order.split_first().zip(values.split_first()) else {
        return Expr::Or(Vec::new());
    };
    let beyond = beyond(first, value);
    if rest_of_order.is_empty() {
        return beyond;
    }
    let rest = behind(rest_of_order, rest_of_values);
    let column = || first.expr.clone();
    if first.expr.may_be_null() {
        return beyond.or(column().compare(Compare::Eq, Expr::Value(value.clone())).and(rest));
    }
    let or_equal = if first.direction == Direction::Asc { Compare::Ge } else { Compare::Le };
    column().compare(or_equal, Expr::Value(value.clone())).and(beyond.or(rest))
}

/// The rows up to a place and at it, in an order by columns of which none may be NULL.
pub(super) fn through(order: &[OrderBy], values: &[Value]) -> Expr {
    let Some(((first, rest_of_order), (value, rest_of_values))) = order.split_first().zip(values.split_first()) else {
        return Expr::And(Vec::new());
    };
    let (before, up_to) = match first.direction {
        Direction::Asc => (Compare::Lt, Compare::Le),
        Direction::Desc => (Compare::Gt, Compare::Ge),
    };
    let compare = |op| first.expr.clone().compare(op, Expr::Value(value.clone()));
    if rest_of_order.is_empty() {
        return compare(up_to);
    }
    compare(up_to).and(compare(before).or(through(rest_of_order, rest_of_values)))
}

/// The rows whose column comes after this value.
fn beyond(item: &OrderBy, value: &Value) -> Expr {
    let column = || item.expr.clone();
    let is_null = || Expr::IsNull(Box::new(column()));
    let ascending = item.direction == Direction::Asc;
    match (value.is_null(), item.nulls_come_first()) {
        (true, true) => Expr::Not(Box::new(is_null())),
        (true, false) => Expr::Or(Vec::new()),
        (false, nulls_first) => {
            let op = if ascending { Compare::Gt } else { Compare::Lt };
            let greater = column().compare(op, Expr::Value(value.clone()));
            if item.expr.may_be_null() && !nulls_first { greater.or(is_null()) } else { greater }
        }
    }
}
