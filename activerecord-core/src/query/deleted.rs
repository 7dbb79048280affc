//! Rows that `#[soft_delete]` marks as deleted: which of them a query reads.

use super::Query;
use crate::statement::{Expr, FromItem, Refusal, TableRef};
use crate::typed::{Relation, Source};

/// Deleted rows.
impl<S: Source, R: Send + 'static> Query<S, R> {
    /// Includes rows that `#[soft_delete]` marks as deleted, of all models that the query reads.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord)] struct User { id: i64, #[soft_delete] at: Option<chrono::DateTime<chrono::Utc>> }
    /// # async fn example() -> Result<()> {
    /// let all = User::query().with_deleted().count().await?;
    /// let deleted = User::query().only_deleted().all().await?;
    /// # Ok(()) }
    /// ```
    pub fn with_deleted(mut self) -> Self {
        self.deleted = Deleted::With;
        self
    }

    /// Includes rows of one model, or of one alias, that `#[soft_delete]` marks as deleted. Without it, an inner join drops a
    /// row whose joined row is deleted, and a left join reads `None` for the joined row.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord)] struct User { id: i64, #[soft_delete] at: Option<chrono::DateTime<chrono::Utc>> }
    /// # #[derive(ActiveRecord)] struct Post { id: i64, user_id: i64, #[soft_delete] at: Option<chrono::DateTime<chrono::Utc>> }
    /// # async fn example() -> Result<()> {
    /// // Posts that are not deleted, with their authors, also deleted ones.
    /// let posts = Post::query().join(User::ID.eq(Post::USER_ID)).with_deleted_of::<User>().all().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// If the query does not read the model, the finisher returns `InvalidStatement`.
    pub fn with_deleted_of<D: Relation>(mut self) -> Self {
        self.revealed.push(D::NAME);
        self
    }

    /// Reads only rows that `#[soft_delete]` marks as deleted. Of joined models it reads only rows that are not marked.
    /// Example: [`with_deleted`](Self::with_deleted).
    pub fn only_deleted(mut self) -> Self {
        self.deleted = Deleted::Only;
        self
    }

    /// Adds the conditions on deleted rows. They are added last, so that they are added once.
    pub(super) fn finished(mut self) -> Self {
        let deleted = std::mem::replace(&mut self.deleted, Deleted::With);
        let revealed = std::mem::take(&mut self.revealed);
        if let Some(name) = revealed.iter().find(|name| !self.select.reads(name)) {
            self.select.and_filter(Expr::Refused(Refusal::NotRead(name)));
        }
        if deleted == Deleted::With {
            return self;
        }
        let is_hidden = |table: &TableRef| revealed.iter().all(|revealed| table.label() != revealed);
        if let FromItem::Table(table) = &self.select.from
            && let Some(mark) = table.deleted_at()
            && (is_hidden(table) || deleted == Deleted::Only)
        {
            let is_null = Expr::IsNull(Box::new(mark));
            self.select.and_filter(if deleted == Deleted::Only { Expr::Not(Box::new(is_null)) } else { is_null });
        }
        for join in &mut self.select.joins {
            if let Some(mark) = join.table.deleted_at().filter(|_| is_hidden(&join.table)) {
                let on = std::mem::replace(&mut join.on, Expr::And(Vec::new()));
                join.on = on.and(Expr::IsNull(Box::new(mark)));
            }
        }
        self
    }
}

/// Which rows of models with `#[soft_delete]` a query sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deleted {
    Without,
    With,
    Only,
}
