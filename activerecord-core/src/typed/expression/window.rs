//! Functions over windows.

use std::fmt;
use std::marker::PhantomData;

use super::{Expression, Scalar};
use crate::statement::{self, Expr, Frame, FrameEnd, Function};
use crate::typed::{Anywhere, Both, MaybeNull, Order};

/// The rows that a function looks at: all of the query, until they are parted.
pub fn window() -> Window<Anywhere> {
    Window { tree: statement::Window::default(), _of: PhantomData }
}

/// The number of the row in its window, from 1.
pub fn row_number() -> Expression<Anywhere, u64> {
    function(Function::RowNumber)
}

/// The number of the first row that is equal in the window's order, from 1: equal rows have one rank, and leave gaps.
pub fn rank() -> Expression<Anywhere, u64> {
    function(Function::Rank)
}

/// As [`rank`], without gaps.
pub fn dense_rank() -> Expression<Anywhere, u64> {
    function(Function::DenseRank)
}

/// The number of the row's part, when the window is cut into so many of nearly equal size.
pub fn ntile(parts: u32) -> Expression<Anywhere, u64> {
    function(Function::Ntile(parts.max(1)))
}

fn function<T>(function: Function) -> Expression<Anywhere, T> {
    Expression::new(Expr::Call(function, Vec::new()))
}

/// The rows that a function looks at: [`window`].
#[must_use = "a window does nothing until a function is computed over it"]
pub struct Window<M> {
    tree: statement::Window,
    _of: PhantomData<fn() -> M>,
}

impl<M> Window<M> {
    /// Only rows with the same value of this, and of those before it.
    pub fn partition_by<S: Scalar>(mut self, scalar: S) -> Window<Both<M, S::Scope>> {
        self.tree.partition_by.push(scalar.into_tree());
        Window { tree: self.tree, _of: PhantomData }
    }

    /// In this order; a second call adds a less significant one.
    pub fn order_by<N>(mut self, order: Order<N>) -> Window<Both<M, N>> {
        self.tree.order_by.push(order.into_item());
        Window { tree: self.tree, _of: PhantomData }
    }

    /// From so many rows before the row, or from the first (None), to so many after it, or to the last (None).
    ///
    /// Without this it is the standard's: with an order, up to the row and those equal to it; else all.
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
    /// An aggregate or a function of windows, computed over the rows of a window. Anything else is `InvalidStatement`.
    pub fn over<N>(self, window: Window<N>) -> Expression<Both<M, N>, T> {
        Expression::new(Expr::Over(Box::new(self.expr()), Box::new(window.tree)))
    }
}

/// Functions of windows: each is finished by [`over`](Expression::over).
pub trait WindowScalar: Scalar {
    /// The value so many rows before; NULL where there is none.
    fn lag(self, rows: u32) -> Expression<Self::Scope, <Self::Type as MaybeNull>::Option>
    where
        Self::Type: MaybeNull,
    {
        of(Function::Lag(rows), self)
    }

    /// The value so many rows after; NULL where there is none.
    fn lead(self, rows: u32) -> Expression<Self::Scope, <Self::Type as MaybeNull>::Option>
    where
        Self::Type: MaybeNull,
    {
        of(Function::Lead(rows), self)
    }

    /// The value of the window's first row.
    fn first_value(self) -> Expression<Self::Scope, Self::Type> {
        of(Function::FirstValue, self)
    }

    /// The value of the last row that the function looks at: say by [`rows`](Window::rows) that it is the window's last.
    fn last_value(self) -> Expression<Self::Scope, Self::Type> {
        of(Function::LastValue, self)
    }
}

impl<S: Scalar> WindowScalar for S {}

fn of<S: Scalar, T>(function: Function, argument: S) -> Expression<S::Scope, T> {
    Expression::new(Expr::Call(function, vec![argument.into_tree()]))
}
