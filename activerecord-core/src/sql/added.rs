//! Renders what is added to a table that exists.

use super::writer::Writer;
use super::{Sql, define};
use crate::catalog::{ForeignKeyInfo, IndexInfo, TableInfo};
use crate::dialect::Dialect;
use crate::error::Result;

/// Returns the statements that add the indexes and the foreign keys of a description to its table, each with its name.
pub(crate) fn additions(info: &TableInfo, dialect: &Dialect) -> Result<Vec<(String, Sql)>> {
    let index = |index: &IndexInfo| {
        let name = index.name.clone().unwrap_or_default();
        Ok((format!("index `{name}`"), define::statement(dialect, |w| define::index(w, info, index, false))?))
    };
    let key = |key: &ForeignKeyInfo| {
        let name = key.name.clone().unwrap_or_else(|| key.columns.join("_"));
        let sql = define::statement(dialect, |w| {
            w.push("ALTER TABLE ").table(&info.name).push(" ADD ");
            define::foreign_key(w, info, key);
            Ok(())
        })?;
        Ok((format!("foreign key `{name}`"), sql))
    };
    info.indexes.iter().map(index).chain(info.foreign_keys.iter().map(key)).collect()
}

/// Returns the statements that add the columns of a description to the table.
pub(crate) fn add_columns(info: &TableInfo, dialect: &Dialect) -> Result<Vec<Sql>> {
    let add = |w: &mut Writer<'_>, column| {
        w.push("ALTER TABLE ").table(&info.name).push(" ADD COLUMN ");
        define::column(w, info, column)
    };
    info.columns.iter().map(|column| define::statement(dialect, |w| add(w, column))).collect()
}
