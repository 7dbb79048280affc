//! Joins.

use super::Query;
use crate::statement::Join;
use crate::typed::{Covers, JoinWith, Leading, Left, Member, Predicate, Source, table_ref};

/// The source of a query after a join.
type Joined<S, J> = <S as JoinWith<J>>::Output;

/// The query after a join, whose rows are tuples.
type JoinedQuery<S, J> = Query<Joined<S, J>, <Joined<S, J> as Source>::Row>;

impl<S: Source> Query<S, S::Row> {
    /// Joins another model, and reads each row as a tuple with a record of each: rows without a partner are left out. In
    /// the condition **the joined model's column stands on the left**: it says which model that is.
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
    /// Both models have to be on one connection here: else awaiting it is `Unsupported`. The same model can be joined again
    /// under another name: see [`Alias`](crate::Alias).
    pub fn join<P, I>(self, on: Predicate<P>) -> JoinedQuery<S, P::Relation>
    where
        P: Leading,
        S: JoinWith<P::Relation>,
        Joined<S, P::Relation>: Covers<P, I>,
    {
        self.joined::<P::Relation, P>(on)
    }

    /// [`join`](Self::join) that keeps rows without a partner: there the record is None.
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
    /// A column of the joined model that is selected by itself is NULL there: select it as `Post::TITLE.optional()`.
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
