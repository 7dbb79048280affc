//! What a text can be asked for.

use super::{Expression, Scalar};
use crate::statement::{Expr, Function, LikePattern};
use crate::typed::{Operand, Predicate, Text};

/// A column of text, or what is computed from texts: patterns, and other texts.
pub trait TextScalar: Scalar {
    /// Matches a pattern, heeding case: `%` is any text, `_` any one character, `\` takes their meaning away.
    ///
    /// On SQLite a text ends for a pattern at its first NUL character, and a pattern with one is refused.
    fn like(self, pattern: impl Into<String>) -> Predicate<Self::Scope>
    where
        Self::Type: Text,
    {
        matches(self, pattern.into(), false)
    }

    /// Matches a pattern, ignoring case: of ASCII letters on SQLite, of all letters elsewhere.
    fn ilike(self, pattern: impl Into<String>) -> Predicate<Self::Scope>
    where
        Self::Type: Text,
    {
        matches(self, pattern.into(), true)
    }

    /// Starts with this text, taken literally and heeding case.
    fn starts_with(self, text: impl AsRef<str>) -> Predicate<Self::Scope>
    where
        Self::Type: Text,
    {
        matches(self, format!("{}%", escape(text.as_ref())), false)
    }

    /// Ends with this text, taken literally and heeding case.
    fn ends_with(self, text: impl AsRef<str>) -> Predicate<Self::Scope>
    where
        Self::Type: Text,
    {
        matches(self, format!("%{}", escape(text.as_ref())), false)
    }

    /// Contains this text, taken literally and heeding case.
    fn contains(self, text: impl AsRef<str>) -> Predicate<Self::Scope>
    where
        Self::Type: Text,
    {
        matches(self, format!("%{}%", escape(text.as_ref())), false)
    }

    /// In small letters: of ASCII on SQLite, of all letters elsewhere.
    fn lower(self) -> Expression<Self::Scope, Self::Type>
    where
        Self::Type: Text,
    {
        call(Function::Lower, self)
    }

    /// In capital letters: of ASCII on SQLite, of all letters elsewhere.
    fn upper(self) -> Expression<Self::Scope, Self::Type>
    where
        Self::Type: Text,
    {
        call(Function::Upper, self)
    }

    /// The number of characters.
    fn length(self) -> Expression<Self::Scope, <Self::Type as Text>::Length>
    where
        Self::Type: Text,
    {
        call(Function::Length, self)
    }

    /// This text and another behind it; NULL when one is NULL.
    fn concat<O: Operand<Self::Type>>(self, other: O) -> Expression<O::Within<Self::Scope>, O::Result>
    where
        Self::Type: Text,
    {
        Expression::new(Expr::Call(Function::Concat, vec![self.into_tree(), other.into_expr()]))
    }
}

impl<S: Scalar> TextScalar for S {}

fn matches<S: Scalar>(text: S, pattern: String, ignore_case: bool) -> Predicate<S::Scope> {
    Predicate::new(Expr::Like(Box::new(text.into_tree()), LikePattern { pattern, ignore_case }))
}

/// Takes the meaning from the special characters of a pattern.
fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

fn call<S: Scalar, T>(function: Function, argument: S) -> Expression<S::Scope, T> {
    Expression::new(Expr::Call(function, vec![argument.into_tree()]))
}
