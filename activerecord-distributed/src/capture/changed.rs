//! The payload of a captured change.

use std::sync::Arc;

use activerecord_core::{Error, Model, Result, Row, Table, Value, ValueType};
use serde::{Deserialize, Deserializer};
use serde_json::Map;

/// What has become of a row: the payload of the messages and events of a [`Capture`](crate::Capture).
///
/// ```no_run
/// # use activerecord::prelude::*;
/// # #[derive(ActiveRecord, Debug)] struct User { id: i64, email: String }
/// # async fn example(shutdown: impl Future<Output = ()>) -> Result<()> {
/// Worker::new("primary")
///     .handle("users_changes", async |task: Task<Changed<User>>| {
///         match (&task.payload().before, &task.payload().after) {
///             (None, Some(user)) => println!("{} has come", user.email),
///             (Some(user), None) => println!("{} has gone", user.email),
///             (before, after) => println!("{before:?} is {after:?}"),
///         }
///         Ok(())
///     })
///     .run_until(shutdown)
///     .await
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Changed<M> {
    /// The row as it was; None: it was inserted.
    pub before: Option<M>,
    /// The row as it is now; None: it was deleted.
    pub after: Option<M>,
}

/// A row by the names of its columns.
pub(crate) type Image = Map<String, serde_json::Value>;

/// The payload, for any table.
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

/// The row of an image, with the columns of a table. Columns that the table has not are passed over.
pub(crate) fn row(table: &Table, image: &Image) -> Result<Row> {
    let values = table.columns.iter().map(|def| {
        let Some(json) = image.get(def.name) else {
            return Err(Error::conversion(format!(
                "the image of a row of `{}` has no column `{}`; install the capture of `{}` again, so that it sees it",
                table.name, def.name, table.model
            )));
        };
        // A column that is never NULL holds JSON's null.
        if json.is_null() && def.ty == ValueType::Json && !def.nullable {
            return Ok(Value::Json("null".to_owned()));
        }
        Value::from_json(json, def.ty).map_err(|error| error.context(format_args!("column `{}`", def.name)))
    });
    let columns: Arc<[Box<str>]> = table.columns.iter().map(|def| def.name.into()).collect();
    Ok(Row::new(columns, values.collect::<Result<_>>()?))
}
