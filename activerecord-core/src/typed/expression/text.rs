//! Patterns and functions of texts.

use super::{Expression, Scalar};
use crate::statement::{Expr, Function, LikePattern};
use crate::typed::{Operand, Predicate, Text};

/// Patterns and functions of a text column or expression.
///
/// ```no_run
/// # use activerecord::prelude::*;
/// # #[derive(ActiveRecord)] struct User { id: i64, name: String, age: i32 }
/// # async fn example() -> Result<()> {
/// let a = User::filter(User::NAME.like("A%") | User::NAME.ilike("%ada%")).all().await?;
/// let b = User::filter(User::NAME.starts_with("100%")).all().await?; // ends_with, contains
/// let names: Vec<(String, i64)> = User::select((User::NAME.lower(), User::NAME.length())).all().await?; // upper
/// let greetings: Vec<String> = User::select(User::NAME.concat("!")).all().await?;
/// # Ok(()) }
/// ```
pub trait TextScalar: Scalar {
    /// Matches a pattern, case-sensitively. `%` matches any text, `_` matches one character, `\` escapes the next
    /// character.
    ///
    /// On SQLite a text ends at its first NUL character, and a pattern with a NUL character is `Unsupported`.
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

    /// Starts with this text. It is taken literally and case-sensitively.
    fn starts_with(self, text: impl AsRef<str>) -> Predicate<Self::Scope>
    where
        Self::Type: Text,
    {
        matches(self, format!("{}%", escape(text.as_ref())), false)
    }

    /// Ends with this text. It is taken literally and case-sensitively.
    fn ends_with(self, text: impl AsRef<str>) -> Predicate<Self::Scope>
    where
        Self::Type: Text,
    {
        matches(self, format!("%{}", escape(text.as_ref())), false)
    }

    /// Contains this text. It is taken literally and case-sensitively.
    fn contains(self, text: impl AsRef<str>) -> Predicate<Self::Scope>
    where
        Self::Type: Text,
    {
        matches(self, format!("%{}%", escape(text.as_ref())), false)
    }

    /// Returns the text in lower case: ASCII letters on SQLite, all letters elsewhere.
    fn lower(self) -> Expression<Self::Scope, Self::Type>
    where
        Self::Type: Text,
    {
        call(Function::Lower, self)
    }

    /// Returns the text in upper case: ASCII letters on SQLite, all letters elsewhere.
    fn upper(self) -> Expression<Self::Scope, Self::Type>
    where
        Self::Type: Text,
    {
        call(Function::Upper, self)
    }

    /// Returns the number of characters.
    fn length(self) -> Expression<Self::Scope, <Self::Type as Text>::Length>
    where
        Self::Type: Text,
    {
        call(Function::Length, self)
    }

    /// Returns this text followed by `other`; NULL if one of them is NULL.
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

/// Escapes the special characters of a pattern.
fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

fn call<S: Scalar, T>(function: Function, argument: S) -> Expression<S::Scope, T> {
    Expression::new(Expr::Call(function, vec![argument.into_tree()]))
}
