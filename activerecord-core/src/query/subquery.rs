//! A query as a part of another: a condition, a value, or a set.

use super::Query;
use crate::statement::{Expr, Set};
use crate::typed::{Anywhere, Expression, InSet, MaybeNull, Predicate, Source};
use crate::value::ValueType;

/// Whether a query finds a row. It runs as a part of the query around it, so one that names a connection of its own, or
/// whose model lives in another, is `Unsupported`.
pub fn exists<S: Source, R: Send + 'static>(query: Query<S, R>) -> Predicate<Anywhere> {
    Predicate::new(Expr::Exists(query.into_subquery()))
}

/// The one value that a query of one column finds; None when it finds none. It runs as a part of the query around it, as
/// [`exists`] does. The database refuses one that finds several, or takes any of them: ask for an aggregate, or limit it.
pub fn subquery<S: Source, T: MaybeNull + Send + 'static>(query: Query<S, T>) -> Expression<Anywhere, T::Option> {
    Expression::new(Expr::Subquery(query.into_subquery()))
}

impl<S: Source, T: Send + 'static> InSet<T> for Query<S, T> {
    fn into_set(self, _: ValueType) -> Set {
        Set::Query(self.into_subquery())
    }
}

/// A column that may be NULL, such as a foreign key, in a query of one that may not.
impl<S: Source, T: Send + 'static> InSet<Option<T>> for Query<S, T> {
    fn into_set(self, _: ValueType) -> Set {
        Set::Query(self.into_subquery())
    }
}
