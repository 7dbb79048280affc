//! The tables that an expression names, as types, so that the compiler refuses a column of a table that the query does
//! not read.

use std::marker::PhantomData;

use super::{Left, Relation};

/// The scope of an expression that names no table. It fits every query.
#[derive(Clone, Copy, Debug)]
pub struct Anywhere;

/// The scope of an expression that names the tables of both.
#[derive(Clone, Copy, Debug)]
pub struct Both<A, B>(PhantomData<(A, B)>);

/// A source that reads all tables of `P`. The compiler infers `I`, their positions.
#[diagnostic::on_unimplemented(
    message = "the query does not read `{P}`",
    label = "`{Self}` does not read the table of this column",
    note = "join it first: `.join({P}::COLUMN.eq(..))`, with the joined model's column on the left",
    note = "in a subquery, write a column of the outer query as `outer({P}::COLUMN)`"
)]
pub trait Covers<P, I> {}

/// The position of the only relation.
#[derive(Debug)]
pub struct Here;

/// The position of a joined relation.
#[derive(Debug)]
pub struct At<const N: usize>;

/// The position of a left-joined relation.
#[derive(Debug)]
pub struct MaybeAt<const N: usize>;

impl<R: Relation> Covers<R, Here> for R {}
impl<S> Covers<Anywhere, Here> for S {}
impl<S, A, B, I, J> Covers<Both<A, B>, (I, J)> for S where S: Covers<A, I> + Covers<B, J> {}

macro_rules! covers {
    ($($place:ident<$at:literal> $of:ident $source:ty where ($($name:ident)+);)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($name),+> Covers<$of, $place<$at>> for $source {}
    )*};
}
covers! {
    At<0> A (A, B) where (A B);
    At<1> B (A, B) where (A B);
    MaybeAt<1> B (A, Left<B>) where (A B);
    At<0> A (A, B, C) where (A B C);
    At<1> B (A, B, C) where (A B C);
    At<2> C (A, B, C) where (A B C);
    MaybeAt<1> B (A, Left<B>, C) where (A B C);
    MaybeAt<2> C (A, B, Left<C>) where (A B C);
    At<0> A (A, B, C, D) where (A B C D);
    At<1> B (A, B, C, D) where (A B C D);
    At<2> C (A, B, C, D) where (A B C D);
    At<3> D (A, B, C, D) where (A B C D);
    MaybeAt<1> B (A, Left<B>, C, D) where (A B C D);
    MaybeAt<2> C (A, B, Left<C>, D) where (A B C D);
    MaybeAt<3> D (A, B, C, Left<D>) where (A B C D);
    At<0> A (A, B, C, D, E) where (A B C D E);
    At<1> B (A, B, C, D, E) where (A B C D E);
    At<2> C (A, B, C, D, E) where (A B C D E);
    At<3> D (A, B, C, D, E) where (A B C D E);
    At<4> E (A, B, C, D, E) where (A B C D E);
    MaybeAt<1> B (A, Left<B>, C, D, E) where (A B C D E);
    MaybeAt<2> C (A, B, Left<C>, D, E) where (A B C D E);
    MaybeAt<3> D (A, B, C, Left<D>, E) where (A B C D E);
    MaybeAt<4> E (A, B, C, D, Left<E>) where (A B C D E);
    At<0> A (A, B, C, D, E, F) where (A B C D E F);
    At<1> B (A, B, C, D, E, F) where (A B C D E F);
    At<2> C (A, B, C, D, E, F) where (A B C D E F);
    At<3> D (A, B, C, D, E, F) where (A B C D E F);
    At<4> E (A, B, C, D, E, F) where (A B C D E F);
    At<5> F (A, B, C, D, E, F) where (A B C D E F);
    MaybeAt<1> B (A, Left<B>, C, D, E, F) where (A B C D E F);
    MaybeAt<2> C (A, B, Left<C>, D, E, F) where (A B C D E F);
    MaybeAt<3> D (A, B, C, Left<D>, E, F) where (A B C D E F);
    MaybeAt<4> E (A, B, C, D, Left<E>, F) where (A B C D E F);
    MaybeAt<5> F (A, B, C, D, E, Left<F>) where (A B C D E F);
}

/// The scope of two conditions that are joined by `&` or `|`.
///
/// The operators join conditions on the same table. For conditions on different tables use
/// [`Predicate::and`](crate::Predicate::and), [`Predicate::or`](crate::Predicate::or) or two calls of `filter`:
/// operators in Rust cannot require that two types differ.
#[diagnostic::on_unimplemented(
    message = "an operator cannot combine conditions on `{Self}` and on `{P}`",
    note = "write `a.and(b)` or `a.or(b)`, or filter twice"
)]
pub trait Meet<P> {
    /// The scope of both.
    type Output;
}

impl<R: Relation> Meet<R> for R {
    type Output = R;
}

impl<R: Relation> Meet<Anywhere> for R {
    type Output = R;
}

impl<R: Relation, A, B> Meet<Both<A, B>> for R {
    type Output = Both<R, Both<A, B>>;
}

impl<P> Meet<P> for Anywhere {
    type Output = P;
}

impl<A, B, P> Meet<P> for Both<A, B> {
    type Output = Both<Self, P>;
}

/// The table that an expression names first. In the condition of a join it is the joined table.
#[diagnostic::on_unimplemented(
    message = "this condition does not name the table to join",
    note = "write `Joined::COLUMN.eq(Model::COLUMN)`, with the joined model's column on the left"
)]
pub trait Leading {
    /// The table.
    type Relation: Relation;
}

impl<R: Relation> Leading for R {
    type Relation = R;
}

impl<A: Leading, B> Leading for Both<A, B> {
    type Relation = A::Relation;
}

/// An expression that names no table except that of `M`.
#[diagnostic::on_unimplemented(
    message = "an update of `{M}` cannot use a column of `{Self}`",
    note = "use columns of `{M}`, or a query in `subquery(..)`"
)]
pub trait Only<M> {}

impl<M: Relation> Only<M> for M {}
impl<M> Only<M> for Anywhere {}
impl<M, A: Only<M>, B: Only<M>> Only<M> for Both<A, B> {}
