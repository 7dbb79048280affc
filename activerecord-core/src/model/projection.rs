//! Structs with some of a model's columns.

use super::Model;
use crate::error::Result;
use crate::schema::ColumnDef;
use crate::value::RowRef;

/// A struct with some of a model's columns, for [`select_as`](crate::Query::select_as). `#[derive(Projection)]`
/// implements it. Each field has the name and the type of a field of the model.
///
/// ```no_run
/// # use activerecord::prelude::*;
/// # #[derive(ActiveRecord)] struct User { id: i64, name: String, age: i32 }
/// # async fn example() -> Result<()> {
/// #[derive(Projection)]
/// #[model(User)]
/// struct Name {
///     id: i64,
///     name: String,
/// }
///
/// let names: Vec<Name> = User::query().select_as().all().await?;
/// # Ok(()) }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a projection",
    label = "not a projection",
    note = "add #[derive(Projection)] and #[model(..)] to `{Self}`"
)]
pub trait Projection: Sized + Send + 'static {
    /// The model of the columns.
    type Model: Model;

    /// The columns, in the order of the struct's fields.
    const COLUMNS: &'static [ColumnDef];

    /// Reads the struct from a row with exactly these columns, in their order.
    ///
    /// # Errors
    /// `Conversion` if a value does not fit its field.
    fn from_row(row: &dyn RowRef) -> Result<Self>;
}
