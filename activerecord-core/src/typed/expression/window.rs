//! Window functions.

use std::fmt;
use std::marker::PhantomData;

use super::{Expression, Scalar};
use crate::statement::{self, Expr, Frame, FrameEnd, Function};
use crate::typed::{Anywhere, Both, MaybeNull, Order};

/// Returns the window with all rows of the query. [`partition_by`](Window::partition_by),
/// [`order_by`](Window::order_by) and [`rows`](Window::rows) restrict it.
///
/// ```no_run
/// # use activerecord::prelude::*;
/// # use activerecord::query::{rank, window};
/// # #[derive(ActiveRecord)] struct Flight { id: i64, carrier: String, delay: Option<i32> }
/// # async fn example() -> Result<()> {
/// let day = || window().partition_by(Flight::CARRIER).order_by(Flight::DELAY.desc());
/// let ranks: Vec<(i64, u64)> = Flight::select((Flight::ID, rank().over(day()))).all().await?;
/// let before: Vec<Option<i32>> = Flight::select(Flight::DELAY.lag(1).over(day())).all().await?;
/// let running: Vec<Option<i64>> = Flight::select(Flight::DELAY.sum().over(day().rows(None, Some(0)))).all().await?;
/// # Ok(()) }
/// ```
///
/// [`row_number`], [`dense_rank`], [`ntile`] and the methods of [`WindowScalar`] are used like `rank` and `lag`. Ranks, `ntile`,
/// `lag` and `lead` need a window with an order, and ignore [`rows`](Window::rows). Without an order they are `Unsupported`,
/// as are `count_distinct` over a window and a window that is partitioned by JSON.
pub fn window() -> Window<Anywhere> {
    Window { tree: statement::Window::default(), _of: PhantomData }
}

/// Returns the number of the row in its window, from 1. Example: [`window`].
pub fn row_number() -> Expression<Anywhere, u64> {
    function(Function::RowNumber)
}

/// Returns the rank of the row in its window, from 1. Rows that are equal in the window's order have the same rank, and
/// the next rank counts them all: 1, 1, 3. Example: [`window`].
pub fn rank() -> Expression<Anywhere, u64> {
    function(Function::Rank)
}

/// Returns the [`rank`] without gaps: 1, 1, 2.
pub fn dense_rank() -> Expression<Anywhere, u64> {
    function(Function::DenseRank)
}

/// Divides the window into this many parts (at least 1) of nearly equal size, and returns the number of the row's part,
/// from 1. Example: [`window`].
pub fn ntile(parts: u32) -> Expression<Anywhere, u64> {
    function(Function::Ntile(parts.max(1)))
}

fn function<T>(function: Function) -> Expression<Anywhere, T> {
    Expression::new(Expr::Call(function, Vec::new()))
}

/// The rows that a window function reads: [`window`].
#[must_use = "a window does nothing until a function is computed over it"]
pub struct Window<M> {
    tree: statement::Window,
    _of: PhantomData<fn() -> M>,
}

impl<M> Window<M> {
    /// Restricts the window to rows with the same value of `scalar`. A second call adds another value. Example:
    /// [`window`].
    pub fn partition_by<S: Scalar>(mut self, scalar: S) -> Window<Both<M, S::Scope>> {
        self.tree.partition_by.push(scalar.into_tree());
        Window { tree: self.tree, _of: PhantomData }
    }

    /// Sorts the rows of the window. A second call appends a less significant order. Example: [`window`].
    pub fn order_by<N>(mut self, order: Order<N>) -> Window<Both<M, N>> {
        self.tree.order_by.push(order.into_item());
        Window { tree: self.tree, _of: PhantomData }
    }

    /// Restricts the window to rows near the current one: from `before` rows before it (`None`: from the first) to
    /// `after` rows after it (`None`: to the last). Example: [`window`].
    ///
    /// Default, as in standard SQL: with an order, up to the current row and its equals; without one, all rows.
    pub fn rows(mut self, before: Option<u32>, after: Option<u32>) -> Self {
        let end = |rows: Option<u32>, some: fn(u32) -> FrameEnd| match rows {
            None => FrameEnd::Unbounded,
            Some(0) => FrameEnd::Current,
            Some(rows) => some(rows),
        };
        let (from, to) = (end(before, FrameEnd::Preceding), end(after, FrameEnd::Following));
        self.tree.frame = Some(Frame { from, to });
        self
    }
}

impl<M> fmt::Debug for Window<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Window").field(&self.tree).finish()
    }
}

impl<M, T> Expression<M, T> {
    /// Computes an aggregate or a window function over a window. For another expression the finisher returns
    /// `InvalidStatement`. Example: [`window`].
    pub fn over<N>(self, window: Window<N>) -> Expression<Both<M, N>, T> {
        Expression::new(Expr::Over(Box::new(self.expr()), Box::new(window.tree)))
    }
}

/// Window functions of a column or an expression. Each needs [`over`](Expression::over).
///
/// ```no_run
/// # use activerecord::prelude::*;
/// # use activerecord::query::window;
/// # #[derive(ActiveRecord)] struct Flight { id: i64, carrier: String, delay: Option<i32> }
/// # async fn example() -> Result<()> {
/// let order = || window().order_by(Flight::ID.asc());
/// let pairs: Vec<(Option<i32>, Option<i32>)> = Flight::select((
///     Flight::DELAY.lag(1).over(order()), // or lead
///     Flight::DELAY.last_value().over(order().rows(None, None)), // or first_value
/// ))
/// .all().await?;
/// # Ok(()) }
/// ```
pub trait WindowScalar: Scalar {
    /// Returns the value this many rows before; NULL if the row does not exist.
    fn lag(self, rows: u32) -> Expression<Self::Scope, <Self::Type as MaybeNull>::Option>
    where
        Self::Type: MaybeNull,
    {
        of(Function::Lag(rows), self)
    }

    /// Returns the value this many rows after; NULL if the row does not exist.
    fn lead(self, rows: u32) -> Expression<Self::Scope, <Self::Type as MaybeNull>::Option>
    where
        Self::Type: MaybeNull,
    {
        of(Function::Lead(rows), self)
    }

    /// Returns the value of the first row of the window.
    fn first_value(self) -> Expression<Self::Scope, Self::Type> {
        of(Function::FirstValue, self)
    }

    /// Returns the value of the last row of the window's frame. With an order, the default frame ends at the current
    /// row: use [`rows(None, None)`](Window::rows) for the last row of the whole window.
    fn last_value(self) -> Expression<Self::Scope, Self::Type> {
        of(Function::LastValue, self)
    }
}

impl<S: Scalar> WindowScalar for S {}

fn of<S: Scalar, T>(function: Function, argument: S) -> Expression<S::Scope, T> {
    Expression::new(Expr::Call(function, vec![argument.into_tree()]))
}
