//! Typed expressions: columns and computations.

mod arithmetic;
mod case;
mod date;
mod json;
mod row;
mod scalar;
mod standalone;
mod text;
mod window;

pub use case::{Case, case};
pub use date::DateScalar;
pub use json::{FromJson, IntoJsonPath, JsonScalar};
pub use row::{RowValue, RowValueColumns, row};
pub use scalar::Scalar;
pub use standalone::{count_rows, literal, outer, raw};
pub use text::TextScalar;
pub use window::{Window, WindowScalar, dense_rank, ntile, rank, row_number, window};

use std::fmt;
use std::marker::PhantomData;

use crate::statement::Expr;

/// A computation of type `T` on columns of `M`, such as a sum, a part of a date, or a CASE. Like a column, it can be
/// compared, ordered by, grouped by and selected: see [`Scalar`].
///
/// ```no_run
/// # use activerecord::prelude::*;
/// # #[derive(ActiveRecord)] struct User { id: i64, name: String, age: i32 }
/// # async fn example() -> Result<()> {
/// let twice = User::AGE * 2 + 1;
/// let users = User::filter(twice.clone().gt(37)).order_by(twice.desc()).all().await?;
/// # Ok(()) }
/// ```
#[must_use = "an expression does nothing until a query uses it"]
pub struct Expression<M, T> {
    expr: Expr,
    _of: PhantomData<fn() -> (M, T)>,
}

impl<M, T> Expression<M, T> {
    pub(crate) fn new(expr: Expr) -> Self {
        Self { expr: expr.bounded(), _of: PhantomData }
    }

    pub(crate) fn expr(self) -> Expr {
        self.expr
    }
}

impl<M, T> Clone for Expression<M, T> {
    fn clone(&self) -> Self {
        Self { expr: self.expr.clone(), _of: PhantomData }
    }
}

impl<M, T> fmt::Debug for Expression<M, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Expression").field(&self.expr).finish()
    }
}
