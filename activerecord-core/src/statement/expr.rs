//! Expressions: what stands in a WHERE, a SET, a SELECT list or an ORDER BY.

use super::function::{Aggregate, Case, DatePart, Function, JsonKind, JsonStep, Window};
use super::{Name, Subquery};
use crate::schema::ColumnDef;
use crate::value::{Value, ValueType};

/// An expression. Every value in it is bound; none becomes text.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Expr {
    /// A column of the statement's table.
    Column(ColumnExpr),
    /// A bound value.
    Value(Value),
    /// The value that an INSERT wanted to write, inside its conflict clause.
    Excluded(Name),
    /// A comparison.
    Compare(Box<Expr>, Compare, Box<Expr>),
    /// A comparison of rows by `<`, `<=`, `>` or `>=`: the first pair that differs decides.
    CompareRows(Vec<(Expr, Expr)>, Compare),
    /// Arithmetic.
    Arithmetic(Box<Expr>, Arithmetic, Box<Expr>),
    /// True when all are; true when there are none.
    And(Vec<Expr>),
    /// True when one is; false when there are none.
    Or(Vec<Expr>),
    /// Negation.
    Not(Box<Expr>),
    /// Whether the expression is NULL.
    IsNull(Box<Expr>),
    /// Whether the expression is from the first bound to the second, both included.
    Between(Box<Expr>, Box<Expr>, Box<Expr>),
    /// Whether the expression is in the set.
    In(Box<Expr>, Set),
    /// Whether the expression, a text, matches the pattern.
    Like(Box<Expr>, LikePattern),
    /// An aggregate of the rows; of COUNT, None counts rows.
    Aggregate(Aggregate, Option<Box<Expr>>),
    /// The digest of these columns of all rows, a decimal that is the same for the same rows in any order and any database. NULL when there are none, or
    /// when one cannot be read.
    Digest(Vec<ColumnExpr>),
    /// Whether a query finds a row.
    Exists(Subquery),
    /// The one value that a query finds; NULL when it finds none.
    Subquery(Subquery),
    /// A function.
    Call(Function, Vec<Expr>),
    /// A value by conditions.
    Case(Box<Case>),
    /// A part of a date, a time or an instant.
    DatePart(DatePart, Box<Expr>),
    /// What is at a path of a JSON value.
    Json(Box<Expr>, Vec<JsonStep>, JsonKind),
    /// Whether a JSON value holds all of another, which is JSON as text.
    JsonContains(Box<Expr>, Box<Expr>),
    /// An aggregate or a function of windows, over the rows of one.
    Over(Box<Expr>, Box<Window>),
    /// The caller's own SQL.
    Raw(RawSql),
}

/// A column of one of the statement's tables, and what the renderer has to know of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnExpr {
    /// The table's name, as the statement knows it.
    pub table: Name,
    /// Whether the table is one of a query around this one.
    pub outer: bool,
    /// The column's name.
    pub name: Name,
    /// The type of its values: some dialects compare decimals in their own way.
    pub ty: ValueType,
    /// Whether it may be NULL: if not, an ORDER BY need not say where NULLs go, and an index can serve it.
    pub nullable: bool,
}

/// How two expressions are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Compare {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

/// How two expressions are computed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    /// Of integers it is cut off towards zero; by zero it is NULL.
    Divide,
    /// What division leaves over, with the sign of the dividend; by zero it is NULL.
    Remainder,
}

/// The right side of an IN.
#[derive(Clone, Debug, PartialEq)]
pub enum Set {
    /// Values of one type.
    Values(ValueType, Vec<Value>),
    /// The one column of a query.
    Query(Subquery),
}

/// A pattern of LIKE: `%` is any text, `_` any one character, and `\` takes the meaning from the character after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LikePattern {
    /// The pattern.
    pub pattern: String,
    /// Whether `a` and `A` are one letter.
    pub ignore_case: bool,
}

/// SQL in the caller's own words: `?` binds the next value on every database, `??` is a question mark. Quoted text,
/// quoted names and comments are left alone.
#[derive(Clone, Debug, PartialEq)]
pub struct RawSql {
    /// The text.
    pub text: Name,
    /// The values for its placeholders.
    pub binds: Vec<Value>,
}

impl From<&'static ColumnDef> for Expr {
    fn from(def: &'static ColumnDef) -> Self {
        Self::column(def, def.table.into())
    }
}

impl Expr {
    /// A column of the table that the statement knows by this name.
    pub(crate) fn column(def: &'static ColumnDef, table: Name) -> Self {
        Self::Column(ColumnExpr { table, outer: false, name: def.name.into(), ty: def.ty, nullable: def.nullable })
    }

    /// `self AND other`, flat.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match self {
            Self::And(mut all) => {
                all.push(other);
                Self::And(all)
            }
            first => Self::And(vec![first, other]),
        }
    }

    /// `self OR other`, flat.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match self {
            Self::Or(mut any) => {
                any.push(other);
                Self::Or(any)
            }
            first => Self::Or(vec![first, other]),
        }
    }

    /// A comparison. Equality with NULL is IS NULL: `= NULL` would be true of nothing.
    pub fn compare(self, op: Compare, other: Self) -> Self {
        match (op, &other) {
            (Compare::Eq, Self::Value(value)) if value.is_null() => Self::IsNull(Box::new(self)),
            (Compare::Ne, Self::Value(value)) if value.is_null() => Self::Not(Box::new(Self::IsNull(Box::new(self)))),
            _ => Self::Compare(Box::new(self), op, Box::new(other)),
        }
    }

    /// The type of its values, as far as dialects differ by it.
    pub fn ty(&self) -> Option<ValueType> {
        match self {
            Self::Column(column) => Some(column.ty),
            Self::Value(value) => Some(value.ty()),
            Self::Arithmetic(inner, ..) | Self::Over(inner, _) => inner.ty(),
            Self::Aggregate(Aggregate::Count | Aggregate::CountDistinct, _) => Some(ValueType::I64),
            Self::Aggregate(_, argument) => argument.as_ref().and_then(|argument| argument.ty()),
            Self::Call(
                Function::Coalesce | Function::Lag(_) | Function::Lead(_) | Function::FirstValue | Function::LastValue,
                arguments,
            ) => arguments.first().and_then(Self::ty),
            Self::Case(case) => case.arms.first().and_then(|(_, value)| value.ty()),
            Self::Subquery(query) => query.select.items.first().and_then(|item| item.expr.ty()),
            _ => None,
        }
    }

    /// Whether it may be NULL, as far as is known.
    pub(crate) fn may_be_null(&self) -> bool {
        !matches!(self, Self::Column(column) if !column.nullable)
    }

    /// Whether it sums rows up: an aggregate that no window has, in it or itself.
    pub fn is_aggregate(&self) -> bool {
        match self {
            Self::Aggregate(..) | Self::Digest(_) => true,
            Self::Compare(left, _, right) | Self::Arithmetic(left, _, right) => {
                left.is_aggregate() || right.is_aggregate()
            }
            Self::Not(inner) | Self::IsNull(inner) | Self::DatePart(_, inner) | Self::Like(inner, _) => {
                inner.is_aggregate()
            }
            Self::And(all) | Self::Or(all) | Self::Call(_, all) => all.iter().any(Self::is_aggregate),
            Self::Case(case) => {
                let arm = |(when, value): &(Self, Self)| when.is_aggregate() || value.is_aggregate();
                case.arms.iter().any(arm) || case.otherwise.as_ref().is_some_and(Self::is_aggregate)
            }
            _ => false,
        }
    }
}
