//! Writing many rows with one statement.

use super::{Query, together};
use crate::backend::BoxFuture;
use crate::connection::Session;
use crate::connection::holds::{Cells, Held, check, held};
use crate::error::{Error, Result};
use crate::model::Model;
use crate::persist::computed;
use crate::persist::stamps::{self, Now};
use crate::sql::render_with_models;
use crate::statement::{Delete, Expr, Name, Select, Statement, Update};
use crate::typed::IntoAssignments;

impl<M: Model, R: Send + 'static> Query<M, R> {
    /// Updates all rows of the query with one statement. Also sets `#[updated_at]` and increments `#[version]`. Returns
    /// the number of rows. **No record is loaded, and no hook runs.**
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord)] struct User { id: i64, name: String, age: i32 }
    /// # async fn example() -> Result<()> {
    /// let rows = User::filter(User::NAME.eq("Ada")).update((User::NAME.set("Ada L."), User::AGE.add(1))).await?;
    /// let removed = User::filter(User::AGE.lt(18)).delete().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// Each expression sees the row as it was before the update, so two columns can be swapped.
    ///
    /// # Errors
    /// `Unsupported` if the query has a limit, an offset, groups or a union, or no column is set; `InvalidStatement` if a
    /// column is set twice; `Conversion` if a computed value does not fit its field; a constraint violation; other errors
    /// of [`Query`].
    pub fn update(self, set: impl IntoAssignments<M>) -> BoxFuture<'static, Result<u64>> {
        let set = set.into_assignments();
        // Boxed, because a future that names the type of `set` repeats each error about it.
        Box::pin(async move {
            self.refuse_shape("update")?;
            let session = self.session()?;
            let held = held(&session, M::TABLE).await.map_err(|error| error.with_model(M::TABLE.model))?;
            let set = touched::<M>(set, &Now::of(session.dialect(), &held));
            if set.is_empty() {
                return Err(Error::unsupported("an update needs at least one column to set").with_model(M::TABLE.model));
            }
            check_literals::<M>(&held, &session, &set).await?;
            let computed = computed::columns(&set);
            let updated = self.write("update", |query| updated::<M>(set, query)).await;
            updated.map_err(|error| computed::explain(error, M::TABLE, &computed))
        })
    }

    /// Deletes all rows of the query with one statement. If the model has `#[soft_delete]`, marks them as deleted.
    /// Returns the number of rows. **No record is loaded, and no hook runs.** Example: [`update`](Self::update).
    ///
    /// # Errors
    /// `Unsupported` if the query has a limit, an offset, groups or a union; `ForeignKeyViolation` if another row
    /// refers to one of them; other errors of [`Query`].
    pub async fn delete(self) -> Result<u64> {
        if M::TABLE.soft_delete.is_none() {
            return self.remove("delete").await;
        }
        let session = self.session()?;
        let held = held(&session, M::TABLE).await.map_err(|error| error.with_model(M::TABLE.model))?;
        let now = Now::of(session.dialect(), &held);
        let Some((ordinal, deleted_at)) = stamps::of_soft_delete(M::TABLE, &now) else { return Ok(0) };
        self.refuse_shape("delete")?;
        let set = touched::<M>(vec![(M::TABLE.columns[ordinal].name, Expr::Value(deleted_at))], &now);
        check_literals::<M>(&held, &session, &set).await?;
        self.write("delete", |query| updated::<M>(set, query)).await
    }

    /// Deletes all rows of the query with one statement, even if the model has `#[soft_delete]`. Returns the number of
    /// rows.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord)] struct User { id: i64, #[soft_delete] deleted_at: Option<chrono::NaiveDateTime> }
    /// # async fn example() -> Result<()> {
    /// User::query().only_deleted().purge().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`delete`](Self::delete).
    pub async fn purge(self) -> Result<u64> {
        self.remove("purge").await
    }

    async fn remove(self, verb: &'static str) -> Result<u64> {
        self.refuse_shape(verb)?;
        self.write(verb, |query| Statement::Delete(Delete { table: M::TABLE.name.into(), filter: query.filter })).await
    }

    async fn write(self, operation: &'static str, statement: impl FnOnce(Select) -> Statement + Send) -> Result<u64> {
        let session = self.session()?;
        let (route, label) = (self.route.clone(), self.label(operation));
        let (sql, models) = render_with_models(statement(self.into_select()), session.dialect())
            .map_err(|error| error.with_model(M::TABLE.model))?;
        together(&route, M::TABLE, &session, &models)?;
        Ok(session.execute(&sql, label).await?.rows)
    }
}

fn updated<M: Model>(set: Vec<(Name, Expr)>, query: Select) -> Statement {
    let (table, model) = (M::TABLE.name.into(), Some(M::TABLE));
    Statement::Update(Update { table, model, set, filter: query.filter, returning: Vec::new() })
}

/// Checks that the columns keep the values that the update assigns. Expressions are computed by the database.
async fn check_literals<M: Model>(held: &Held, session: &Session, set: &[(Name, Expr)]) -> Result<()> {
    let value = |(column, expr): &(Name, Expr)| match expr {
        Expr::Value(value) => Some((M::TABLE.ordinal(column)?, value.clone())),
        _ => None,
    };
    let (columns, values): (Vec<_>, Vec<_>) = set.iter().filter_map(value).unzip();
    check(held, session, M::TABLE, Cells { columns: &columns, values: &values, first: None }).await
}

/// Adds the time and the next version, unless the caller sets them.
fn touched<M: Model>(set: Vec<(&'static str, Expr)>, now: &Now) -> Vec<(Name, Expr)> {
    let mut set: Vec<(Name, Expr)> = set.into_iter().map(|(column, expr)| (column.into(), expr)).collect();
    for (ordinal, expr) in stamps::of_rows(M::TABLE, now) {
        let name = M::TABLE.columns[ordinal].name;
        if set.iter().all(|(column, _)| column != name) {
            set.push((name.into(), expr));
        }
    }
    set
}
