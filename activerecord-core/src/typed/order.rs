//! The order of a query's rows.

use std::fmt;
use std::marker::PhantomData;

use crate::statement::{Direction, Expr, Nulls, OrderBy};
use crate::typed::Covers;

/// One item of an order of rows: [`asc`](crate::Scalar::asc) or [`desc`](crate::Scalar::desc). By default NULL is
/// smaller than every value, on every database.
///
/// ```no_run
/// # use activerecord::prelude::*;
/// # #[derive(ActiveRecord)] struct User { id: i64, name: String, age: Option<i32> }
/// # async fn example() -> Result<()> {
/// let users = User::order_by((User::AGE.desc().nulls_last(), User::NAME.asc())).all().await?;
/// # Ok(()) }
/// ```
#[must_use = "an order does nothing until a query is ordered by it"]
pub struct Order<M> {
    item: OrderBy,
    _of: PhantomData<fn() -> M>,
}

impl<M> Order<M> {
    pub(crate) fn new(expr: Expr, direction: Direction) -> Self {
        Self { item: OrderBy { expr, direction, nulls: Nulls::default() }, _of: PhantomData }
    }

    pub(crate) fn into_item(self) -> OrderBy {
        self.item
    }

    /// Sorts NULL before all values, for both directions. Example: [`Order`].
    pub fn nulls_first(mut self) -> Self {
        self.item.nulls = Nulls::First;
        self
    }

    /// Sorts NULL after all values, for both directions. Example: [`Order`].
    pub fn nulls_last(mut self) -> Self {
        self.item.nulls = Nulls::Last;
        self
    }
}

impl<M> Clone for Order<M> {
    fn clone(&self) -> Self {
        Self { item: self.item.clone(), _of: PhantomData }
    }
}

impl<M> fmt::Debug for Order<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Order").field(&self.item).finish()
    }
}

/// The argument of `order_by`: one order, or an array, a `Vec` or a tuple of orders.
#[diagnostic::on_unimplemented(
    message = "expected an order for rows of `{S}`, found `{Self}`",
    note = "write `Model::COLUMN.asc()` or `.desc()` of a model that the query reads, or a tuple of them"
)]
pub trait IntoOrder<S, I> {
    /// Returns the items, the most significant first.
    fn into_order(self) -> Vec<OrderBy>;
}

#[diagnostic::do_not_recommend]
impl<S: Covers<M, I>, I, M> IntoOrder<S, I> for Order<M> {
    fn into_order(self) -> Vec<OrderBy> {
        vec![self.item]
    }
}

#[diagnostic::do_not_recommend]
impl<S: Covers<M, I>, I, M, const N: usize> IntoOrder<S, I> for [Order<M>; N] {
    fn into_order(self) -> Vec<OrderBy> {
        self.into_iter().map(|order| order.item).collect()
    }
}

#[diagnostic::do_not_recommend]
impl<S: Covers<M, I>, I, M> IntoOrder<S, I> for Vec<Order<M>> {
    fn into_order(self) -> Vec<OrderBy> {
        self.into_iter().map(|order| order.item).collect()
    }
}

macro_rules! tuples {
    ($(($($order:ident $index:ident),+))*) => {$(
        #[diagnostic::do_not_recommend]
        impl<S, $($order: IntoOrder<S, $index>, $index),+> IntoOrder<S, ($($index,)+)> for ($($order,)+) {
            #[allow(non_snake_case, reason = "the macro names values like their types")]
            fn into_order(self) -> Vec<OrderBy> {
                let ($($order,)+) = self;
                [$($order.into_order()),+].concat()
            }
        }
    )*};
}
tuples! {
    (A I)
    (A I, B J)
    (A I, B J, C K)
    (A I, B J, C K, D L)
    (A I, B J, C K, D L, E N)
    (A I, B J, C K, D L, E N, F O)
}
