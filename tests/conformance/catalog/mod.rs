//! What a database says of its tables.

mod cached;
mod created;
mod models;
mod qualified;

use activerecord::prelude::*;
use activerecord::statement::{Conflict, Expr, Insert, Statement};
use activerecord::{TableInfo, Value};

/// The description of a table that exists.
async fn described(connection_name: &str, table: &str) -> Result<TableInfo> {
    let described = connection(connection_name)?.describe(table).await?;
    described.ok_or_else(|| Error::invalid(format!("there is no {table}")))
}

/// An upsert of one seat by `key`.
fn upsert(table: &str, id: i64, code: &str, line: i32, key: &'static str) -> Statement {
    let update = ["id", "code", "line"].into_iter().filter(|column| *column != key && *column != "id");
    Statement::Insert(Insert {
        table: table.to_owned().into(),
        model: None,
        columns: vec!["id".into(), "code".into(), "line".into()],
        values: vec![Value::I64(id), Value::Text(code.into()), Value::I32(line)],
        forms: Vec::new(),
        conflict: Some(Conflict {
            keys: vec![key.into()],
            update: update.map(|column| (column.into(), Expr::Excluded(column.into()))).collect(),
        }),
        returning: Vec::new(),
    })
}
