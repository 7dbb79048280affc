//! Joins.

use super::Query;
use crate::statement::Join;
use crate::typed::{Covers, JoinWith, Leading, Left, Member, Predicate, Source, table_ref};

/// The source of a query after a join.
type Joined<S, J> = <S as JoinWith<J>>::Output;

/// The query after a join, whose rows are tuples.
type JoinedQuery<S, J> = Query<Joined<S, J>, <Joined<S, J> as Source>::Row>;

impl<S: Source> Query<S, S::Row> {
    /// Inner join: each row becomes a tuple with a record of each model. **The left side of the condition is a column
    /// of the joined model**: it determines which model is joined.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord)] struct User { id: i64 }
    /// # #[derive(ActiveRecord)] struct Post { id: i64, user_id: i64 }
    /// # async fn example() -> Result<()> {
    /// let posts: Vec<(User, Post)> = User::query().join(Post::USER_ID.eq(User::ID)).all().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Both models must use the same connection; otherwise the finisher returns `Unsupported`. A query reads up to six
    /// relations. To join a model twice, use an [`Alias`](crate::Alias).
    pub fn join<P, I>(self, on: Predicate<P>) -> JoinedQuery<S, P::Relation>
    where
        P: Leading,
        S: JoinWith<P::Relation>,
        Joined<S, P::Relation>: Covers<P, I>,
    {
        self.joined::<P::Relation, P>(on)
    }

    /// Left join: as [`join`](Self::join), but keeps rows without a match. Their joined record is `None`.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord)] struct User { id: i64 }
    /// # #[derive(ActiveRecord)] struct Post { id: i64, user_id: i64 }
    /// # async fn example() -> Result<()> {
    /// let posts: Vec<(User, Option<Post>)> = User::query().left_join(Post::USER_ID.eq(User::ID)).all().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// To select a single column of the joined model, use [`optional`](crate::Scalar::optional): it is NULL without a
    /// match.
    pub fn left_join<P, I>(self, on: Predicate<P>) -> JoinedQuery<S, Left<P::Relation>>
    where
        P: Leading,
        S: JoinWith<Left<P::Relation>>,
        Joined<S, Left<P::Relation>>: Covers<P, I>,
    {
        self.joined::<Left<P::Relation>, P>(on)
    }

    fn joined<J: Member, P>(mut self, on: Predicate<P>) -> JoinedQuery<S, J>
    where
        S: JoinWith<J>,
    {
        self.select.joins.push(Join { kind: J::KIND, table: table_ref::<J::Relation>(), on: on.into_expr() });
        self.of(<Joined<S, J> as Source>::read, <Joined<S, J> as Source>::FOUND)
    }
}
