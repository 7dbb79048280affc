//! Expressions: what stands in a WHERE, a SET, a SELECT list or an ORDER BY.

use std::sync::Arc;

use super::{Name, Select};
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
    Between(Box<Expr>, Value, Value),
    /// Whether the expression is in the set.
    In(Box<Expr>, Set),
    /// Whether the expression, a text, matches the pattern.
    Like(Box<Expr>, LikePattern),
    /// An aggregate of the rows; of COUNT, None counts rows.
    Aggregate(Aggregate, Option<Box<Expr>>),
    /// The caller's own SQL.
    Raw(RawSql),
}

/// A column of the statement's table, and what the renderer has to know of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnExpr {
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
}

/// What the rows are summed up to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Aggregate {
    Count,
    Sum,
    Avg,
    Min,
    Max,
}

/// The right side of an IN.
#[derive(Clone, Debug, PartialEq)]
pub enum Set {
    /// Values of one type.
    Values(ValueType, Vec<Value>),
    /// The one column of a query, and the connection that it names for itself, which no dialect can say.
    Query(Box<Select>, Option<Arc<str>>),
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
        Self::Column(ColumnExpr { name: def.name.into(), ty: def.ty, nullable: def.nullable })
    }
}

impl Expr {
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

    /// A comparison with a bound value. Equality with NULL is IS NULL: `= NULL` would be true of nothing.
    pub fn compare(self, op: Compare, value: Value) -> Self {
        match (op, value.is_null()) {
            (Compare::Eq, true) => Self::IsNull(Box::new(self)),
            (Compare::Ne, true) => Self::Not(Box::new(Self::IsNull(Box::new(self)))),
            _ => Self::Compare(Box::new(self), op, Box::new(Self::Value(value))),
        }
    }
}
