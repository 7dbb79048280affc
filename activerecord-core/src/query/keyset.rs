//! Keyset pagination: pages that start after the last row of the previous page.

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
    /// The position where the next page starts; `None` if this is the last page.
    pub next: Option<Cursor>,
}

impl<M: Model> Query<M> {
    /// Returns at most `size` rows after the cursor, or from the start, and the cursor of the next page. Every page has
    /// the same cost, and concurrent inserts and deletes do not move a row to another page. Neither holds for
    /// [`page`](Self::page).
    ///
    /// The key is appended to the query's order, so that the order is total. Other columns in the order may be NULL,
    /// and each may be ascending or descending. The pages are *not* one snapshot.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord)] struct User { id: i64, name: String, age: i32 }
    /// # async fn example() -> Result<()> {
    /// let mut cursor = None;
    /// loop {
    ///     let page = User::order_by(User::AGE.desc()).keyset(cursor.as_ref(), 50).await?;
    ///     println!("{} users", page.items.len());
    ///     cursor = page.next;
    ///     if cursor.is_none() {
    ///         break;
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `Unsupported` if the query has a limit, an offset or groups, or an order by anything but columns of its model;
    /// `Conversion` for a cursor of another order; other errors of [`Query`].
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

/// Appends the columns of the key that are not in the order yet.
fn complete<M: Model>(query: &Query<M>) -> Result<Vec<OrderBy>> {
    let mut order = query.select.order_by.clone();
    for item in key_order::<M>() {
        if order.iter().all(|known| known.expr != item.expr) {
            order.push(item);
        }
    }
    Ok(order)
}

/// Returns the ordinals of the columns in the order.
fn ordinals<M: Model>(order: &[OrderBy]) -> Result<Vec<usize>> {
    let ordinal = |item: &OrderBy| match &item.expr {
        Expr::Column(column) => M::TABLE.ordinal(&column.name),
        _ => None,
    };
    let found: Option<Vec<usize>> = order.iter().map(ordinal).collect();
    found.ok_or_else(|| {
        let message = "keyset(..) supports only an order by the model's own columns; page(..) supports every order";
        Error::unsupported(message).with_model(M::TABLE.model)
    })
}

/// Returns the order as a cursor stores it: `altitude desc, id asc`. Clients keep cursors, so the words must not
/// change.
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
    use crate::value::{Stored, ValueType};

    #[test]
    fn the_words_of_an_order_do_not_change() {
        let item = |name: &'static str, direction, nulls| {
            let (name, ty) = (name.into(), ValueType::I64);
            let stored = Stored::Default;
            let column = ColumnExpr { table: "airports".into(), outer: false, name, ty, nullable: true, stored };
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
