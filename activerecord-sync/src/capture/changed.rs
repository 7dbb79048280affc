//! The payload of a captured change.

use std::collections::HashMap;
use std::sync::Arc;

use activerecord_core::{ColumnDef, Error, Model, Result, Row, TableDef, Value, ValueType};
use activerecord_distributed::support::json;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// A change of a row of the model `M`: the payload of the messages and events of a [`Capture`](crate::Capture).
///
/// Without both rows, the message has another kind than `insert`, `update` and `delete`: `truncate` for all rows of the table, or
/// `reread` for a row whose images could not be written. The key of the message is that of the row.
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

/// A row by the names of its columns. The values are JSON text, because a number of a JSON column can have more digits than a
/// number of this process.
pub(crate) type Image = HashMap<String, Box<RawValue>>;

/// The payload, of any table.
#[derive(Deserialize)]
pub(crate) struct Images {
    pub(crate) before: Option<Image>,
    pub(crate) after: Option<Image>,
    /// The columns of the key, if the images could not be written.
    #[serde(default)]
    pub(crate) key: Option<Image>,
}

impl<'de, M: Model> Deserialize<'de> for Changed<M> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Images { before, after, .. } = Images::deserialize(deserializer)?;
        let record = |image: Image| M::from_row(&row(M::TABLE, &image)?, 0);
        let read = |image: Option<Image>| image.map(record).transpose().map_err(serde::de::Error::custom);
        Ok(Self { before: read(before)?, after: read(after)? })
    }
}

/// Whether an image has all columns of a table. A column that was added after the installation is missing.
pub(crate) fn is_whole(table: &TableDef, image: &Image) -> bool {
    table.columns.iter().all(|def| image.contains_key(def.name))
}

/// The value of a column in an image.
pub(crate) fn value(table: &TableDef, def: &ColumnDef, image: &Image) -> Result<Value> {
    let Some(json) = image.get(def.name).map(|json| json.get()) else {
        return Err(Error::conversion(format!(
            "the captured row of `{}` has no column `{}`; install the capture of `{}` again to include the column",
            table.name, def.name, table.model
        )));
    };
    // In a column that cannot be NULL, null is JSON's null.
    if def.ty == ValueType::Json && (json != "null" || !def.nullable) {
        return Ok(Value::Json(json.to_owned()));
    }
    let json: serde_json::Value = json::read(json, || format!("column `{}` of a captured row", def.name))?;
    def.value_from_json(&json).map_err(|error| error.context(format_args!("column `{}`", def.name)))
}

/// The row of an image, with the columns of a table. Other columns of the image are ignored.
pub(crate) fn row(table: &TableDef, image: &Image) -> Result<Row> {
    let values = table.columns.iter().map(|def| value(table, def, image));
    let columns: Arc<[Box<str>]> = table.columns.iter().map(|def| def.name.into()).collect();
    Ok(Row::new(columns, values.collect::<Result<_>>()?))
}
