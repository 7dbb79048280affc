//! Columns as typed constants, and what can be said about them.

use std::fmt;
use std::marker::PhantomData;

use crate::assignment::Assignment;
use crate::operand::{InSet, Number, Operand, Text};
use crate::order::Order;
use crate::predicate::Predicate;
use crate::schema::ColumnDef;
use crate::statement::{Arithmetic, ColumnExpr, Compare, Direction, Expr, LikePattern};
use crate::value::ValueType;

/// The column of model `M` that holds values of type `T`: the derive makes one constant for each (`User::EMAIL`).
///
/// A method that takes a value takes a `T`, or for a column of `Option<T>` also a plain `T`; a `String` column takes
/// `&str`. Comparisons are SQL's: NULL is unequal to everything and different from nothing, so `NAME.ne("x")` leaves out
/// rows without a name. Only `eq(None)` and `ne(None)` ask about NULL itself.
pub struct Column<M, T> {
    name: &'static str,
    ty: ValueType,
    nullable: bool,
    _of: PhantomData<fn() -> (M, T)>,
}

impl<M, T> Column<M, T> {
    pub(crate) const fn new(name: &'static str, ty: ValueType, nullable: bool) -> Self {
        Self { name, ty, nullable, _of: PhantomData }
    }

    /// The column's definition, as the column of this field.
    #[doc(hidden)]
    pub const fn def(self, field: &'static str, rust_type: &'static str) -> ColumnDef {
        ColumnDef::new(field, self.name, self.ty, self.nullable, rust_type)
    }

    /// The column's name in the database.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn expr(&self) -> Expr {
        Expr::Column(ColumnExpr { name: self.name.into(), ty: self.ty, nullable: self.nullable })
    }

    fn compare(self, op: Compare, value: impl Operand<T>) -> Predicate<M> {
        Predicate::new(self.expr().compare(op, value.into_value()))
    }

    /// Equal. `eq(None)` is `IS NULL`.
    pub fn eq(self, value: impl Operand<T>) -> Predicate<M> {
        self.compare(Compare::Eq, value)
    }

    /// Not equal. `ne(None)` is `IS NOT NULL`.
    pub fn ne(self, value: impl Operand<T>) -> Predicate<M> {
        self.compare(Compare::Ne, value)
    }

    /// Less than.
    pub fn lt(self, value: impl Operand<T>) -> Predicate<M> {
        self.compare(Compare::Lt, value)
    }

    /// Less than or equal.
    pub fn le(self, value: impl Operand<T>) -> Predicate<M> {
        self.compare(Compare::Le, value)
    }

    /// Greater than.
    pub fn gt(self, value: impl Operand<T>) -> Predicate<M> {
        self.compare(Compare::Gt, value)
    }

    /// Greater than or equal.
    pub fn ge(self, value: impl Operand<T>) -> Predicate<M> {
        self.compare(Compare::Ge, value)
    }

    /// From `low` to `high`, both included.
    pub fn between(self, low: impl Operand<T>, high: impl Operand<T>) -> Predicate<M> {
        Predicate::new(Expr::Between(Box::new(self.expr()), low.into_value(), high.into_value()))
    }

    /// One of a set of values (an array, a `Vec` or a slice), or of the values that a query of one column finds. Nothing is
    /// in an empty set. The query runs as a part of this one: one that names a connection of its own is `Unsupported`.
    pub fn is_in(self, set: impl InSet<T>) -> Predicate<M> {
        Predicate::new(Expr::In(Box::new(self.expr()), set.into_set(self.ty)))
    }

    /// None of a set. Everything, NULL included, is not in an empty set.
    pub fn not_in(self, set: impl InSet<T>) -> Predicate<M> {
        !self.is_in(set)
    }

    /// NULL.
    pub fn is_null(self) -> Predicate<M> {
        Predicate::new(Expr::IsNull(Box::new(self.expr())))
    }

    /// Not NULL.
    pub fn is_not_null(self) -> Predicate<M> {
        !self.is_null()
    }

    /// Smallest first; NULL is smaller than everything, on every database alike.
    pub fn asc(self) -> Order<M> {
        Order::new(self.expr(), Direction::Asc)
    }

    /// Greatest first; NULL comes last, on every database alike.
    pub fn desc(self) -> Order<M> {
        Order::new(self.expr(), Direction::Desc)
    }

    /// Sets the column in an update.
    pub fn set(self, value: impl Operand<T>) -> Assignment<M> {
        Assignment::new(self.name, Expr::Value(value.into_value()))
    }
}

impl<M, T: Number> Column<M, T> {
    /// Adds to what the row holds, in the database: concurrent updates do not lose each other's.
    ///
    /// The name is SQL's; it has nothing to do with `std::ops::Add`.
    #[allow(clippy::should_implement_trait, reason = "an assignment, not an addition of columns")]
    pub fn add(self, value: impl Operand<T>) -> Assignment<M> {
        self.arithmetic(Arithmetic::Add, value)
    }

    /// Subtracts from what the row holds, in the database.
    #[allow(clippy::should_implement_trait, reason = "an assignment, not a subtraction of columns")]
    pub fn sub(self, value: impl Operand<T>) -> Assignment<M> {
        self.arithmetic(Arithmetic::Subtract, value)
    }

    /// Multiplies what the row holds, in the database.
    #[allow(clippy::should_implement_trait, reason = "an assignment, not a product of columns")]
    pub fn mul(self, value: impl Operand<T>) -> Assignment<M> {
        self.arithmetic(Arithmetic::Multiply, value)
    }

    fn arithmetic(self, op: Arithmetic, value: impl Operand<T>) -> Assignment<M> {
        let value = Box::new(Expr::Value(value.into_value()));
        Assignment::new(self.name, Expr::Arithmetic(Box::new(self.expr()), op, value))
    }
}

impl<M, T: Text> Column<M, T> {
    /// Matches a pattern, heeding case: `%` is any text, `_` any one character, `\` takes their meaning away.
    ///
    /// On SQLite a text ends for a pattern at its first NUL character, and a pattern with one is refused.
    pub fn like(self, pattern: impl Into<String>) -> Predicate<M> {
        self.matches(pattern.into(), false)
    }

    /// Matches a pattern, ignoring case: of ASCII letters on SQLite, of all letters elsewhere.
    pub fn ilike(self, pattern: impl Into<String>) -> Predicate<M> {
        self.matches(pattern.into(), true)
    }

    /// Starts with this text, taken literally and heeding case.
    pub fn starts_with(self, text: impl AsRef<str>) -> Predicate<M> {
        self.matches(format!("{}%", escape(text.as_ref())), false)
    }

    /// Ends with this text, taken literally and heeding case.
    pub fn ends_with(self, text: impl AsRef<str>) -> Predicate<M> {
        self.matches(format!("%{}", escape(text.as_ref())), false)
    }

    /// Contains this text, taken literally and heeding case.
    pub fn contains(self, text: impl AsRef<str>) -> Predicate<M> {
        self.matches(format!("%{}%", escape(text.as_ref())), false)
    }

    fn matches(self, pattern: String, ignore_case: bool) -> Predicate<M> {
        Predicate::new(Expr::Like(Box::new(self.expr()), LikePattern { pattern, ignore_case }))
    }
}

/// Takes the meaning from the special characters of a pattern.
fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

impl<M, T> Clone for Column<M, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M, T> Copy for Column<M, T> {}

impl<M, T> fmt::Debug for Column<M, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Column").field("name", &self.name).field("ty", &self.ty).finish()
    }
}
