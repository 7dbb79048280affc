//! The payload of a captured change.

use std::sync::Arc;

use activerecord_core::{Error, Model, Result, Row, TableDef, Value, ValueType};
use serde::{Deserialize, Deserializer};
use serde_json::Map;

/// A change of a row of the model `M`: the payload of the messages and events of a [`Capture`](crate::Capture).
///
/// ```no_run
/// # use activerecord::prelude::*;
/// # use activerecord::outbox::Task;
/// # use activerecord::sync::Changed;
/// # #[derive(ActiveRecord, Debug)] struct User { id: i64, email: String }
/// # async fn example(shutdown: impl Future<Output = ()>) -> Result<()> {
/// Worker::new("primary")
///     .handle("users_changes", async |task: Task<Changed<User>>| {
///         match (&task.payload().before, &task.payload().after) {
///             (None, Some(user)) => println!("{} was inserted", user.email),
///             (Some(user), None) => println!("{} was deleted", user.email),
///             (before, after) => println!("{before:?} became {after:?}"),
///         }
///         Ok(())
///     })
///     .run_until(shutdown)
///     .await
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Changed<M> {
    /// The row before the change. None for an insert.
    pub before: Option<M>,
    /// The row after the change. None for a delete.
    pub after: Option<M>,
}

/// A row by the names of its columns.
pub(crate) type Image = Map<String, serde_json::Value>;

/// The payload, of any table.
#[derive(Deserialize)]
pub(crate) struct Images {
    pub(crate) before: Option<Image>,
    pub(crate) after: Option<Image>,
}

impl<'de, M: Model> Deserialize<'de> for Changed<M> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Images { before, after } = Images::deserialize(deserializer)?;
        let record = |image: Image| M::from_row(&row(M::TABLE, &image)?, 0);
        let read = |image: Option<Image>| image.map(record).transpose().map_err(serde::de::Error::custom);
        Ok(Self { before: read(before)?, after: read(after)? })
    }
}

/// The row of an image, with the columns of a table. Other columns of the image are ignored.
pub(crate) fn row(table: &TableDef, image: &Image) -> Result<Row> {
    let values = table.columns.iter().map(|def| {
        let Some(json) = image.get(def.name) else {
            return Err(Error::conversion(format!(
                "the captured row of `{}` has no column `{}`; install the capture of `{}` again to include the column",
                table.name, def.name, table.model
            )));
        };
        // In a column that cannot be NULL, null is JSON's null.
        if json.is_null() && def.ty == ValueType::Json && !def.nullable {
            return Ok(Value::Json("null".to_owned()));
        }
        def.value_from_json(json).map_err(|error| error.context(format_args!("column `{}`", def.name)))
    });
    let columns: Arc<[Box<str>]> = table.columns.iter().map(|def| def.name.into()).collect();
    Ok(Row::new(columns, values.collect::<Result<_>>()?))
}
