//! Pages that begin where the one before ended.

use super::cursor::Cursor;
use super::{Query, key_order};
use crate::error::{Error, Result};
use crate::model::Model;
use crate::statement::{Direction, Expr, Nulls, OrderBy};

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
            query.select.order_by = order;
            if let Some(after) = after {
                query.select.after(&after.values_in(&name)?);
            }
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

/// The order as a cursor names it: `altitude desc, id asc`. Cursors are kept by clients, so the words must not change.
fn describe(order: &[OrderBy]) -> String {
    let item = |item: &OrderBy| match &item.expr {
        Expr::Column(column) => format!("{}{}{}", column.name, direction(item.direction), nulls(item.nulls)),
        _ => String::new(),
    };
    order.iter().map(item).collect::<Vec<_>>().join(", ")
}

fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Asc => " asc",
        Direction::Desc => " desc",
    }
}

fn nulls(nulls: Nulls) -> &'static str {
    match nulls {
        Nulls::Smallest => "",
        Nulls::First => " nulls first",
        Nulls::Last => " nulls last",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statement::ColumnExpr;
    use crate::value::ValueType;

    #[test]
    fn the_words_of_an_order_do_not_change() {
        let item = |name: &'static str, direction, nulls| {
            let (name, ty) = (name.into(), ValueType::I64);
            let column = ColumnExpr { table: "airports".into(), outer: false, name, ty, nullable: true };
            OrderBy { expr: Expr::Column(column), direction, nulls }
        };
        let order = [
            item("altitude", Direction::Desc, Nulls::Smallest),
            item("code", Direction::Asc, Nulls::First),
            item("city", Direction::Desc, Nulls::Last),
            item("id", Direction::Asc, Nulls::Smallest),
        ];
        assert_eq!(describe(&order), "altitude desc, code asc nulls first, city desc nulls last, id asc");
    }
}
