//! The types of expressions: what an aggregate, a function or a CASE returns, on every database.

use super::{Aggregate, DatePart, Expr, Function, JsonKind};
use crate::value::{Limits, ValueType};

/// Returns the type of a value that comes from one of these expressions, or is computed from all of them: the widest
/// numeric type, else the first type.
pub(crate) fn unified<'e>(expressions: impl IntoIterator<Item = &'e Expr>) -> Option<ValueType> {
    expressions.into_iter().filter_map(Expr::ty).reduce(|first, other| {
        let is_wider = breadth(first).zip(breadth(other)).is_some_and(|(first, other)| first < other);
        if is_wider { other } else { first }
    })
}

/// Returns the position of a numeric type among all, from the narrowest.
fn breadth(ty: ValueType) -> Option<usize> {
    use ValueType::{Decimal, F32, F64, I16, I32, I64, U64};
    [I16, I32, I64, U64, Decimal, F32, F64].iter().position(|known| *known == ty)
}

impl Aggregate {
    /// Returns the type of the result.
    pub(super) fn ty(self, argument: Option<&Expr>) -> Option<ValueType> {
        let argument = argument.and_then(Expr::ty);
        match self {
            Self::Count | Self::CountDistinct => Some(ValueType::I64),
            Self::Min | Self::Max => argument,
            Self::Sum => Some(match argument? {
                ValueType::F32 | ValueType::F64 => ValueType::F64,
                ValueType::Decimal => ValueType::Decimal,
                _ => ValueType::I64,
            }),
            Self::Avg => Some(if argument? == ValueType::Decimal { ValueType::Decimal } else { ValueType::F64 }),
        }
    }
}

impl Function {
    /// Returns the type of the result.
    pub(super) fn ty(self, arguments: &[Expr]) -> Option<ValueType> {
        match self {
            Self::Coalesce => unified(arguments),
            Self::Lag(_) | Self::Lead(_) | Self::FirstValue | Self::LastValue => arguments.first()?.ty(),
            Self::Lower | Self::Upper | Self::Concat => Some(ValueType::Text),
            Self::Length | Self::RowNumber | Self::Rank | Self::DenseRank | Self::Ntile(_) => Some(ValueType::I64),
        }
    }
}

impl DatePart {
    pub(super) fn ty(self) -> ValueType {
        if self == Self::Date { ValueType::Date } else { ValueType::I32 }
    }
}

impl JsonKind {
    pub(super) fn ty(self) -> ValueType {
        match self {
            Self::Text => ValueType::Text,
            Self::Integer => ValueType::I64,
            Self::Float => ValueType::F64,
            Self::Bool => ValueType::Bool,
        }
    }
}

impl Expr {
    /// Returns the expressions that the result is one of: itself, or the values of a CASE, a COALESCE or a window
    /// function.
    pub(crate) fn any_source(&self, test: &mut dyn FnMut(&Self) -> bool) -> bool {
        match self {
            Self::Case(case) => case.values().any(|value| value.any_source(test)),
            Self::Call(
                Function::Coalesce | Function::Lag(_) | Function::Lead(_) | Function::FirstValue | Function::LastValue,
                arguments,
            ) => arguments.iter().any(|argument| argument.any_source(test)),
            Self::Aggregate(Aggregate::Min | Aggregate::Max, Some(inner))
            | Self::Over(inner, _)
            | Self::Checked(inner, _) => inner.any_source(test),
            Self::Subquery(query) => query.select.items.first().is_some_and(|item| item.expr.any_source(test)),
            other => test(other),
        }
    }

    /// Returns true when the value can be outside of the range of the type: it is computed, and not only chosen among
    /// columns and values.
    pub(crate) fn is_computed(&self) -> bool {
        self.any_source(&mut |source| {
            !matches!(
                source,
                Self::Column(_)
                    | Self::Value(_)
                    | Self::Excluded(_)
                    | Self::DatePart(..)
                    | Self::Json(..)
                    | Self::Aggregate(Aggregate::Count | Aggregate::CountDistinct, _)
            )
        })
    }

    /// Returns the value for a column whose type has these limits. If it is computed, the statement checks it.
    pub(crate) fn checked(self, limits: Limits) -> Self {
        match limits.ty {
            ValueType::Bool
            | ValueType::I16
            | ValueType::I32
            | ValueType::I64
            | ValueType::U64
            | ValueType::F32
            | ValueType::F64
            | ValueType::Decimal
                if self.is_computed() =>
            {
                Self::Checked(Box::new(self), limits)
            }
            _ => self,
        }
    }
}
