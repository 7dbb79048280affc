//! Expressions of WHERE, SET, SELECT lists and ORDER BY.

use super::function::{Aggregate, Case, DatePart, Function, JsonKind, JsonStep, Window};
use super::{Name, Subquery};
use crate::schema::ColumnDef;
use crate::value::{Stored, Value, ValueType};

/// An expression. Its values are bound; they never become part of the SQL text.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Expr {
    /// A column of a table of the statement.
    Column(ColumnExpr),
    /// A bound value.
    Value(Value),
    /// In the conflict clause of an INSERT: the value of this column in the row to insert.
    Excluded(Name),
    /// A comparison.
    Compare(Box<Expr>, Compare, Box<Expr>),
    /// A comparison of rows by `<`, `<=`, `>` or `>=`: the first pair that differs decides.
    CompareRows(Vec<(Expr, Expr)>, Compare),
    /// Arithmetic.
    Arithmetic(Box<Expr>, Arithmetic, Box<Expr>),
    /// True when all expressions are true, and when the list is empty.
    And(Vec<Expr>),
    /// True when at least one expression is true; false when the list is empty.
    Or(Vec<Expr>),
    /// Negation.
    Not(Box<Expr>),
    /// `IS NULL`.
    IsNull(Box<Expr>),
    /// `BETWEEN`: both bounds are included.
    Between(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `IN`.
    In(Box<Expr>, Set),
    /// `LIKE`.
    Like(Box<Expr>, LikePattern),
    /// An aggregate. COUNT without an expression counts rows.
    Aggregate(Aggregate, Option<Box<Expr>>),
    /// The digest of these columns over all rows: a decimal that does not depend on the order of the rows or on the
    /// database. NULL without rows, and when a row has a value that does not fit its type.
    Digest(Vec<ColumnExpr>),
    /// `EXISTS`.
    Exists(Subquery),
    /// A query with one column and at most one row; NULL without a row.
    Subquery(Subquery),
    /// A function.
    Call(Function, Vec<Expr>),
    /// `CASE`.
    Case(Box<Case>),
    /// A part of a date, a time or an instant.
    DatePart(DatePart, Box<Expr>),
    /// The value at a path of a JSON value.
    Json(Box<Expr>, Vec<JsonStep>, JsonKind),
    /// Whether the first JSON value contains the second one, which is JSON as text.
    JsonContains(Box<Expr>, Box<Expr>),
    /// `OVER`: an aggregate or a window function, over a window.
    Over(Box<Expr>, Box<Window>),
    /// The caller's own SQL.
    Raw(RawSql),
}

/// A column of a table of the statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnExpr {
    /// The name or the alias of the table in the statement.
    pub table: Name,
    /// Whether the table belongs to an enclosing query.
    pub outer: bool,
    /// The name of the column.
    pub name: Name,
    /// The type of the values. Some dialects compare decimals with a collation.
    pub ty: ValueType,
    /// Whether the column can be NULL. If not, ORDER BY does not state where NULLs go, so that an index can serve it.
    pub nullable: bool,
    /// How the values are stored where the database has no type for them.
    pub stored: Stored,
}

/// A comparison operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
#[non_exhaustive]
pub enum Compare {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

/// An arithmetic operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
#[non_exhaustive]
pub enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    /// Division. Of integers it truncates towards zero. Division by zero is NULL.
    Divide,
    /// The remainder, with the sign of the dividend. By zero it is NULL.
    Remainder,
}

/// The right side of IN.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Set {
    /// Values of one type.
    Values(ValueType, Vec<Value>),
    /// A query with one column.
    Query(Subquery),
}

/// A pattern of LIKE: `%` matches any text, `_` matches one character, and `\` escapes the next character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LikePattern {
    /// The pattern.
    pub pattern: String,
    /// Whether the case of letters is ignored.
    pub ignore_case: bool,
}

/// The caller's own SQL. `?` binds the next value on every database, and `??` is a question mark. Quoted texts, quoted
/// names and comments stay as they are.
#[derive(Clone, Debug, PartialEq)]
pub struct RawSql {
    /// The SQL text.
    pub text: Name,
    /// The values for the placeholders.
    pub binds: Vec<Value>,
}

impl From<&'static ColumnDef> for Expr {
    fn from(def: &'static ColumnDef) -> Self {
        Self::column(def, def.table.into())
    }
}

impl Expr {
    /// A column of the table with this name or alias.
    pub(crate) fn column(def: &'static ColumnDef, table: Name) -> Self {
        let &ColumnDef { name, ty, nullable, stored, .. } = def;
        Self::Column(ColumnExpr { table, outer: false, name: name.into(), ty, nullable, stored })
    }

    /// Returns `self AND other`. An AND on the left side grows by one item.
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

    /// Returns `self OR other`. An OR on the left side grows by one item.
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

    /// Returns a comparison. Equality with NULL becomes IS NULL, because `= NULL` is never true.
    pub fn compare(self, op: Compare, other: Self) -> Self {
        match (op, &other) {
            (Compare::Eq, Self::Value(value)) if value.is_null() => Self::IsNull(Box::new(self)),
            (Compare::Ne, Self::Value(value)) if value.is_null() => Self::Not(Box::new(Self::IsNull(Box::new(self)))),
            _ => Self::Compare(Box::new(self), op, Box::new(other)),
        }
    }

    /// Returns the type of the expression. None for expressions whose type makes no difference to any dialect.
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

    /// Returns the type and the declared spelling of the column whose stored values are those of the expression. None
    /// for a bound value, a computed one, and the caller's own SQL.
    pub(crate) fn stored(&self) -> Option<(ValueType, Stored)> {
        match self {
            Self::Column(column) => Some((column.ty, column.stored)),
            Self::Over(inner, _) | Self::Aggregate(Aggregate::Min | Aggregate::Max, Some(inner)) => inner.stored(),
            Self::Call(
                Function::Coalesce | Function::Lag(_) | Function::Lead(_) | Function::FirstValue | Function::LastValue,
                arguments,
            ) => arguments.iter().find_map(Self::stored),
            Self::Case(case) => case.values().find_map(Self::stored),
            Self::Subquery(query) => query.select.items.first()?.expr.stored(),
            _ => None,
        }
    }

    /// Returns false only for a column that cannot be NULL.
    pub(crate) fn may_be_null(&self) -> bool {
        !matches!(self, Self::Column(column) if !column.nullable)
    }

    /// Returns true when the expression is or contains an aggregate without a window.
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
