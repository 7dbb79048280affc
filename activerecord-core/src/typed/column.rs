//! Columns as typed constants.

use std::fmt;
use std::marker::PhantomData;

use crate::schema::{ColumnDef, Named};
use crate::statement::{Arithmetic, ColumnExpr, Expr};
use crate::typed::{Assignment, Number, Operand};
use crate::value::{Limits, Stored};

/// The column of model `M` with values of type `T`. The derive generates one constant for each field: `User::EMAIL`.
///
/// The trait [`Scalar`](crate::Scalar) has the conditions, orders and aggregates. `+`, `-`, `*`, `/` and `%` return
/// expressions. [`set`](Self::set), [`add`](Self::add), [`sub`](Self::sub) and [`mul`](Self::mul) return assignments
/// for an update:
///
/// ```no_run
/// # use activerecord::prelude::*;
/// # #[derive(ActiveRecord)] struct User { id: i64, name: String, age: i32 }
/// # async fn example() -> Result<()> {
/// let minor = User::filter(User::AGE.lt(18)); // a condition
/// let next: Vec<i32> = minor.clone().select(User::AGE + 1).all().await?; // an expression
/// minor.update((User::NAME.set("x"), User::AGE.add(1))).await?; // assignments
/// # Ok(()) }
/// ```
///
/// Arithmetic runs in the database, with its rules for overflow. Division by zero is NULL. An update whose computed value
/// does not fit the field's type fails with `Conversion`, on every database.
pub struct Column<M, T> {
    table: &'static str,
    name: &'static str,
    limits: Limits,
    nullable: bool,
    stored: Stored,
    _of: PhantomData<fn() -> (M, T)>,
}

impl<M, T> Column<M, T> {
    pub(crate) const fn new(table: &'static str, name: &'static str, limits: Limits, nullable: bool) -> Self {
        Self { table, name, limits, nullable, stored: Stored::Default, _of: PhantomData }
    }

    /// Sets how the values are stored.
    #[doc(hidden)]
    #[must_use]
    pub const fn stored(mut self, stored: Stored) -> Self {
        self.stored = stored;
        self
    }

    /// Returns the definition of the column for this field.
    #[doc(hidden)]
    pub const fn def(self, field: &'static str, rust_type: &'static str) -> ColumnDef {
        let def = ColumnDef::new(field, self.table, self.name, self.limits.ty, self.nullable, rust_type);
        ColumnDef { limits: self.limits, stored: self.stored, ..def }
    }

    /// Returns the column's name in the database.
    ///
    /// ```
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord)] struct User { id: i64, name: String, age: i32 }
    /// assert_eq!(User::NAME.name(), "name");
    /// ```
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the same column of another table with the same columns.
    pub(crate) const fn of_table<N>(self, table: &'static str) -> Column<N, T> {
        Column {
            table,
            name: self.name,
            limits: self.limits,
            nullable: self.nullable,
            stored: self.stored,
            _of: PhantomData,
        }
    }

    pub(crate) fn expr(&self) -> Expr {
        Expr::Column(ColumnExpr {
            table: self.table.into(),
            outer: false,
            name: self.name.into(),
            ty: self.limits.ty,
            nullable: self.nullable,
            stored: self.stored,
        })
    }

    /// Sets the column to a value or an expression. Example: [`Column`].
    pub fn set<O: Operand<T>>(self, value: O) -> Assignment<O::Within<M>> {
        Assignment::new(self.name, self.limits, value.into_expr())
    }
}

impl<M, T: Number> Column<M, T> {
    /// Adds to the value in the row, in the database: concurrent updates are not lost. Example: [`Column`].
    ///
    /// This is not `std::ops::Add`: `column + value` is an expression.
    #[allow(clippy::should_implement_trait, reason = "an assignment, not an addition of columns")]
    pub fn add<O: Operand<T>>(self, value: O) -> Assignment<O::Within<M>> {
        self.arithmetic(Arithmetic::Add, value)
    }

    /// Subtracts from the value in the row, in the database. Example: [`Column`].
    #[allow(clippy::should_implement_trait, reason = "an assignment, not a subtraction of columns")]
    pub fn sub<O: Operand<T>>(self, value: O) -> Assignment<O::Within<M>> {
        self.arithmetic(Arithmetic::Subtract, value)
    }

    /// Multiplies the value in the row, in the database. Example: [`Column`].
    #[allow(clippy::should_implement_trait, reason = "an assignment, not a product of columns")]
    pub fn mul<O: Operand<T>>(self, value: O) -> Assignment<O::Within<M>> {
        self.arithmetic(Arithmetic::Multiply, value)
    }

    fn arithmetic<O: Operand<T>>(self, op: Arithmetic, value: O) -> Assignment<O::Within<M>> {
        let sum = Expr::Arithmetic(Box::new(self.expr()), op, Box::new(value.into_expr()));
        Assignment::new(self.name, self.limits, sum)
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
        f.debug_struct("Column")
            .field("table", &self.table)
            .field("name", &self.name)
            .field("ty", &self.limits.ty)
            .finish()
    }
}
