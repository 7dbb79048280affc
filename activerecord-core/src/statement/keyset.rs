//! Conditions for keyset paging: the rows after a place in an order.

use super::{Compare, Direction, Expr, MAX_DEPTH, OrderBy, Refusal};
use crate::value::Value;

/// The rows after a place. If a column can be NULL, or the directions differ, only the first column can use an index.
/// The condition is then `a >= x AND (a > x OR b < y)`, or `a > x OR a = x AND ..`.
pub(super) fn behind(order: &[OrderBy], values: &[Value]) -> Expr {
    let Some(((first, rest_of_order), (value, rest_of_values))) = order.split_first().zip(values.split_first()) else {
        return Expr::Or(Vec::new());
    };
    if let Some(row) = as_row(order, values, [Compare::Gt, Compare::Lt]) {
        return row;
    }
    // Each column nests the condition by two levels.
    if order.len() > MAX_DEPTH / 2 {
        return Expr::Refused(Refusal::TooDeep);
    }
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

/// The rows up to and including a place. No column of the order can be NULL.
pub(super) fn through(order: &[OrderBy], values: &[Value]) -> Expr {
    let row = as_row(order, values, [Compare::Le, Compare::Ge]);
    row.unwrap_or_else(|| Expr::Not(Box::new(behind(order, values))))
}

/// Compares the columns as one row. None when the directions differ, or a column or a value can be NULL.
fn as_row(order: &[OrderBy], values: &[Value], [ascending, descending]: [Compare; 2]) -> Option<Expr> {
    let direction = order.first()?.direction;
    let is_plain = |item: &OrderBy| item.direction == direction && !item.expr.may_be_null();
    if !order.iter().all(is_plain) || values.iter().any(Value::is_null) {
        return None;
    }
    let pairs = order.iter().zip(values).map(|(item, value)| (item.expr.clone(), Expr::Value(value.clone())));
    let op = if direction == Direction::Asc { ascending } else { descending };
    Some(Expr::CompareRows(pairs.collect(), op))
}

/// The rows whose column comes after this value in the order.
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
