//! Columns as typed constants.

use std::fmt;
use std::marker::PhantomData;

use crate::schema::{ColumnDef, Named};
use crate::statement::{Arithmetic, ColumnExpr, Expr};
use crate::typed::{Assignment, Number, Operand};
use crate::value::ValueType;

/// The column of model `M` that holds values of type `T`: the derive makes one constant for each (`User::EMAIL`).
///
/// What can be said about it is in [`Scalar`](crate::Scalar), which the prelude brings. `+`, `-`, `*`, `/` and `%` compute
/// with it; [`set`](Self::set), [`add`](Self::add) and their like make an update of it.
pub struct Column<M, T> {
    table: &'static str,
    name: &'static str,
    ty: ValueType,
    nullable: bool,
    _of: PhantomData<fn() -> (M, T)>,
}

impl<M, T> Column<M, T> {
    pub(crate) const fn new(table: &'static str, name: &'static str, ty: ValueType, nullable: bool) -> Self {
        Self { table, name, ty, nullable, _of: PhantomData }
    }

    /// The column's definition, as the column of this field.
    #[doc(hidden)]
    pub const fn def(self, field: &'static str, rust_type: &'static str) -> ColumnDef {
        ColumnDef::new(field, self.table, self.name, self.ty, self.nullable, rust_type)
    }

    /// The column's name in the database.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The same column of a table that has the same columns.
    pub(crate) const fn of_table<N>(self, table: &'static str) -> Column<N, T> {
        Column::new(table, self.name, self.ty, self.nullable)
    }

    pub(crate) fn expr(&self) -> Expr {
        Expr::Column(ColumnExpr {
            table: self.table.into(),
            outer: false,
            name: self.name.into(),
            ty: self.ty,
            nullable: self.nullable,
        })
    }

    /// Sets the column in an update, to a value or to what is computed from the row.
    pub fn set<O: Operand<T>>(self, value: O) -> Assignment<O::Within<M>> {
        Assignment::new(self.name, value.into_expr())
    }
}

impl<M, T: Number> Column<M, T> {
    /// Adds to what the row holds, in the database: concurrent updates do not lose each other's.
    ///
    /// The name is SQL's; it has nothing to do with `std::ops::Add`.
    #[allow(clippy::should_implement_trait, reason = "an assignment, not an addition of columns")]
    pub fn add<O: Operand<T>>(self, value: O) -> Assignment<O::Within<M>> {
        self.arithmetic(Arithmetic::Add, value)
    }

    /// Subtracts from what the row holds, in the database.
    #[allow(clippy::should_implement_trait, reason = "an assignment, not a subtraction of columns")]
    pub fn sub<O: Operand<T>>(self, value: O) -> Assignment<O::Within<M>> {
        self.arithmetic(Arithmetic::Subtract, value)
    }

    /// Multiplies what the row holds, in the database.
    #[allow(clippy::should_implement_trait, reason = "an assignment, not a product of columns")]
    pub fn mul<O: Operand<T>>(self, value: O) -> Assignment<O::Within<M>> {
        self.arithmetic(Arithmetic::Multiply, value)
    }

    fn arithmetic<O: Operand<T>>(self, op: Arithmetic, value: O) -> Assignment<O::Within<M>> {
        Assignment::new(self.name, Expr::Arithmetic(Box::new(self.expr()), op, Box::new(value.into_expr())))
    }
}

impl<M, T> Named for Column<M, T> {
    fn name(&self) -> &'static str {
        self.name
    }
}

impl<M, T> Clone for Column<M, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M, T> Copy for Column<M, T> {}

impl<M, T> fmt::Debug for Column<M, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Column").field("table", &self.table).field("name", &self.name).field("ty", &self.ty).finish()
    }
}
