//! Aliases of models.

use super::Query;
use crate::model::Model;
use crate::typed::{Column, Relation};

/// An alias of a model's table, to join the table with itself. `#[derive(Alias)]` implements it.
///
/// ```no_run
/// # use activerecord::prelude::*;
/// # #[derive(ActiveRecord)] struct Employee { id: i64, manager_id: Option<i64> }
/// #[derive(Alias)]
/// #[alias(Employee)]
/// struct Manager;
///
/// # async fn example() -> Result<()> {
/// let pairs: Vec<(Employee, Option<Employee>)> = Employee::query()
///     .left_join(Manager::column(Employee::ID).eq(Employee::MANAGER_ID))
///     .all().await?;
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an alias of a model",
    note = "add #[derive(Alias)] and #[alias(Model)]"
)]
pub trait Alias: Relation<Record = <Self as Alias>::Model> {
    /// The model.
    type Model: Model;

    /// Returns a column of the model under this alias.
    fn column<T>(column: Column<Self::Model, T>) -> Column<Self, T> {
        column.of_table(Self::NAME)
    }

    /// Returns a query on the model's rows under this alias.
    fn query() -> Query<Self, Self::Model> {
        Query::new(<Self::Model as Model>::TABLE)
    }
}
