//! Pages that begin where the one before ended.

use super::cursor::Cursor;
use super::{Query, key_order};
use crate::error::{Error, Result};
use crate::model::Model;
use crate::statement::{Compare, Direction, Expr, OrderBy};
use crate::value::Value;

/// One page of a query's rows: [`Query::keyset`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct KeysetPage<M> {
    /// The rows of this page.
    pub items: Vec<M>,
    /// Where the next page begins; None: this is the last.
    pub next: Option<Cursor>,
}

impl<M: Model> Query<M> {
    /// At most `size` rows after the place of a cursor, or from the beginning, and the cursor of the next page. However far
    /// it is, a page costs the same, and rows that are written meanwhile move no row to another page: neither is so for
    /// [`page`](Self::page).
    ///
    /// The query's order is completed by the key. Its other columns may be NULL, and in any direction.
    ///
    /// # Errors
    /// `Unsupported` on a query with a limit, an offset or groups, and on one that is ordered by anything but columns of
    /// its model; `Conversion` for a cursor of another order; and whatever the database reports.
    pub fn keyset(self, after: Option<&Cursor>, size: u64) -> impl Future<Output = Result<KeysetPage<M>>> + Send {
        let after = after.cloned();
        async move {
            self.refuse_shape("keyset")?;
            let size = size.max(1);
            let order = complete::<M>(&self)?;
            let ordinals = ordinals::<M>(&order)?;
            let name = describe(&order);
            let mut query = self.limit(size.saturating_add(1));
            if let Some(after) = after {
                query.select.and_filter(behind(&order, &after.values_in(&name)?));
            }
            query.select.order_by = order;
            let mut items = query.collect("keyset").await?;
            let is_last = items.len() as u64 <= size;
            items.truncate(usize::try_from(size).unwrap_or(usize::MAX));
            let next = match items.last().filter(|_| !is_last) {
                Some(last) => Some(Cursor::of(name, ordinals.iter().map(|&ordinal| last.value(ordinal)))?),
                None => None,
            };
            Ok(KeysetPage { items, next })
        }
    }
}

/// The query's order, with the columns of the key behind those that are in it already.
fn complete<M: Model>(query: &Query<M>) -> Result<Vec<OrderBy>> {
    let mut order = query.select.order_by.clone();
    for item in key_order::<M>() {
        if order.iter().all(|known| known.expr != item.expr) {
            order.push(item);
        }
    }
    Ok(order)
}

/// The ordinals of the columns that are ordered by.
fn ordinals<M: Model>(order: &[OrderBy]) -> Result<Vec<usize>> {
    let ordinal = |item: &OrderBy| match &item.expr {
        Expr::Column(column) => M::TABLE.ordinal(&column.name),
        _ => None,
    };
    let found: Option<Vec<usize>> = order.iter().map(ordinal).collect();
    found.ok_or_else(|| {
        let message = "a cursor is a place in an order of the model's own columns; page(..) takes every order";
        Error::unsupported(message).with_model(M::TABLE.model)
    })
}

fn describe(order: &[OrderBy]) -> String {
    let item = |item: &OrderBy| match &item.expr {
        Expr::Column(column) => format!("{} {:?} {:?}", column.name, item.direction, item.nulls),
        _ => String::new(),
    };
    order.iter().map(item).collect::<Vec<_>>().join(", ")
}

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
