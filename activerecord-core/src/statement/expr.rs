//! Expressions of WHERE, SET, SELECT lists and ORDER BY.

use super::function::{Aggregate, Case, DatePart, Function, JsonKind, JsonStep, Window};
use super::types::unified;
use super::walk::{MAX_DEPTH, Part};
use super::{Name, Subquery};
use crate::schema::ColumnDef;
use crate::value::{Limits, Stored, Value, ValueType};

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
    /// Whether the row of these expressions, of which there are at least two, is one of these rows of values.
    InRows(Vec<Expr>, Vec<Vec<Value>>),
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
    /// An expression with a type that only the caller knows, such as that of raw SQL.
    Typed(Box<Expr>, ValueType),
    /// A computed value that is written into a column. The statement fails if the value is outside of these limits.
    Checked(Box<Expr>, Limits),
    /// Stands in place of an expression that cannot be rendered: building a query returns no errors.
    Refused(Refusal),
}

/// Why an expression cannot be rendered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// It is nested more than [`MAX_DEPTH`](super::MAX_DEPTH) levels: `Unsupported`.
    TooDeep,
    /// It concerns a relation with this name, which the query does not read: `InvalidStatement`.
    NotRead(&'static str),
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

    /// Returns `self AND other`. Conditions that are joined by AND already become one list.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let items = |expr| if let Self::And(all) = expr { Ok(all) } else { Err(expr) };
        Self::And(joined(items(self), items(other), Self::And))
    }

    /// Returns `self OR other`. Conditions that are joined by OR already become one list.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let items = |expr| if let Self::Or(any) = expr { Ok(any) } else { Err(expr) };
        Self::Or(joined(items(self), items(other), Self::Or))
    }

    /// Returns a comparison. Equality with NULL becomes IS NULL, because `= NULL` is never true.
    pub fn compare(self, op: Compare, other: Self) -> Self {
        match (op, &other) {
            (Compare::Eq, Self::Value(value)) if value.is_null() => Self::IsNull(Box::new(self)),
            (Compare::Ne, Self::Value(value)) if value.is_null() => Self::Not(Box::new(Self::IsNull(Box::new(self)))),
            _ => Self::Compare(Box::new(self), op, Box::new(other)),
        }
    }

    /// Returns the type of the expression's values. None: raw SQL without a type, or the value of an INSERT.
    pub fn ty(&self) -> Option<ValueType> {
        match self {
            Self::Column(column) => Some(column.ty),
            Self::Value(value) => Some(value.ty()),
            Self::Typed(_, ty) => Some(*ty),
            Self::Checked(inner, _) | Self::Over(inner, _) => inner.ty(),
            Self::Arithmetic(left, _, right) => unified([&**left, right]),
            Self::Aggregate(function, argument) => function.ty(argument.as_deref()),
            Self::Digest(_) => Some(ValueType::Decimal),
            Self::Subquery(query) => query.select.items.first()?.expr.ty(),
            Self::Call(function, arguments) => function.ty(arguments),
            Self::Case(case) => unified(case.values()),
            Self::DatePart(part, _) => Some(part.ty()),
            Self::Json(_, _, kind) => Some(kind.ty()),
            Self::Excluded(_) | Self::Raw(_) | Self::Refused(_) => None,
            Self::Compare(..)
            | Self::CompareRows(..)
            | Self::InRows(..)
            | Self::And(_)
            | Self::Or(_)
            | Self::Not(_)
            | Self::IsNull(_)
            | Self::Between(..)
            | Self::In(..)
            | Self::Like(..)
            | Self::Exists(_)
            | Self::JsonContains(..) => Some(ValueType::Bool),
        }
    }

    /// Returns the type and the declared spelling of the column whose stored values are those of the expression. None
    /// for a bound value, a computed one, and the caller's own SQL.
    pub(crate) fn stored(&self) -> Option<(ValueType, Stored)> {
        let mut found = None;
        self.any_source(&mut |source| {
            if let Self::Column(column) = source {
                found = Some((column.ty, column.stored));
            }
            found.is_some()
        });
        found
    }

    /// Returns the expression, or [`TooDeep`](Refusal::TooDeep) in place of an expression that is nested too deeply.
    /// Whatever nests expressions calls it, so that no walk over a tree can use up the stack.
    pub(crate) fn bounded(self) -> Self {
        if self.exceeds(MAX_DEPTH) { Self::Refused(Refusal::TooDeep) } else { self }
    }

    /// Returns false only for a column that cannot be NULL.
    pub(crate) fn may_be_null(&self) -> bool {
        !matches!(self, Self::Column(column) if !column.nullable)
    }

    /// Returns true when the expression consists of bound values only, so that it has the same value for every row.
    pub(crate) fn is_constant(&self) -> bool {
        !self.has_columns() && !self.any_child(&mut |part| part.any(&mut |part| matches!(part, Part::Query(_))))
    }

    /// Returns true when the expression itself names a column. A query inside it can name others.
    pub(crate) fn has_columns(&self) -> bool {
        match self {
            Self::Column(_)
            | Self::Excluded(_)
            | Self::Aggregate(..)
            | Self::Digest(_)
            | Self::Over(..)
            | Self::Raw(_) => true,
            other => other.any_child(&mut |part| matches!(part, Part::Expr(child) if child.has_columns())),
        }
    }

    /// Returns true when the expression is or contains an aggregate without a window. A subquery has its own aggregates.
    pub fn is_aggregate(&self) -> bool {
        match self {
            Self::Aggregate(..) | Self::Digest(_) => true,
            Self::Over(..) => false,
            other => other.any_child(&mut |part| matches!(part, Part::Expr(child) if child.is_aggregate())),
        }
    }
}

/// A list of this length is not joined with another list, because that would move all its items each time.
const LONG: usize = 512;

/// Joins two conditions, each of which is a list (Ok) or one condition (Err).
fn joined(first: Result<Vec<Expr>, Expr>, other: Result<Vec<Expr>, Expr>, list: fn(Vec<Expr>) -> Expr) -> Vec<Expr> {
    let item = |expr: Expr| if expr.exceeds(MAX_DEPTH - 1) { Expr::Refused(Refusal::TooDeep) } else { expr };
    match (first, other) {
        (Ok(mut all), Ok(more)) if more.len() < LONG => {
            all.extend(more);
            all
        }
        (Err(first), Ok(mut all)) if all.len() < LONG => {
            all.insert(0, item(first));
            all
        }
        (Ok(mut all), other) => {
            all.push(item(other.map_or_else(|other| other, list)));
            all
        }
        (Err(first), other) => vec![item(first), item(other.map_or_else(|other| other, list))],
    }
}
