//! The assignments of an update.

use std::fmt;
use std::marker::PhantomData;

use crate::statement::Expr;
use crate::typed::Only;
use crate::value::Limits;

/// A column of model `M` and its new value in an update: [`set`](crate::Column::set), [`add`](crate::Column::add),
/// [`sub`](crate::Column::sub) or [`mul`](crate::Column::mul) of a [`Column`](crate::Column).
#[must_use = "an assignment does nothing until an update takes it"]
pub struct Assignment<M> {
    column: &'static str,
    expr: Expr,
    _of: PhantomData<fn() -> M>,
}

impl<M> Assignment<M> {
    /// Assigns to a column whose type has these limits.
    pub(crate) fn new(column: &'static str, limits: Limits, expr: Expr) -> Self {
        Self { column, expr: expr.bounded().checked(limits), _of: PhantomData }
    }
}

impl<M> Clone for Assignment<M> {
    fn clone(&self) -> Self {
        Self { column: self.column, expr: self.expr.clone(), _of: PhantomData }
    }
}

impl<M> fmt::Debug for Assignment<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Assignment").field("column", &self.column).field("expr", &self.expr).finish()
    }
}

/// The assignments of an update: one, or an array, a `Vec` or a tuple of them.
#[diagnostic::on_unimplemented(
    message = "expected assignments to columns of `{M}`, found `{Self}`",
    label = "not an assignment",
    note = "write `{M}::COLUMN.set(value)`, or a tuple of such assignments"
)]
pub trait IntoAssignments<M> {
    /// Returns the columns and their new values.
    fn into_assignments(self) -> Vec<(&'static str, Expr)>;
}

impl<M, P: Only<M>> IntoAssignments<M> for Assignment<P> {
    fn into_assignments(self) -> Vec<(&'static str, Expr)> {
        vec![(self.column, self.expr)]
    }
}

impl<M, const N: usize> IntoAssignments<M> for [Assignment<M>; N] {
    fn into_assignments(self) -> Vec<(&'static str, Expr)> {
        self.into_iter().map(|assignment| (assignment.column, assignment.expr)).collect()
    }
}

impl<M> IntoAssignments<M> for Vec<Assignment<M>> {
    fn into_assignments(self) -> Vec<(&'static str, Expr)> {
        self.into_iter().map(|assignment| (assignment.column, assignment.expr)).collect()
    }
}

macro_rules! tuples {
    ($(($($assignment:ident)+))*) => {$(
        impl<M, $($assignment: IntoAssignments<M>),+> IntoAssignments<M> for ($($assignment,)+) {
            #[allow(non_snake_case, reason = "the macro names values like their types")]
            fn into_assignments(self) -> Vec<(&'static str, Expr)> {
                let ($($assignment,)+) = self;
                [$($assignment.into_assignments()),+].concat()
            }
        }
    )*};
}
tuples! { (A) (A B) (A B C) (A B C D) (A B C D E) (A B C D E F) (A B C D E F G) (A B C D E F G H) (A B C D E F G H I) (A B C D E F G H I J) (A B C D E F G H I J K) (A B C D E F G H I J K L) }
