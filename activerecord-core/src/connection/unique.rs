//! Upserts on a database whose conflict clause cannot name a unique key. The keys are read from the catalog, and a
//! conflict on another key is an error, as on the other databases.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::session::{Label, Session};
use crate::dialect::UnnamedConflicts;
use crate::error::{Error, ErrorKind, Result};
use crate::sql::{Access, Sql};
use crate::value::{Flow, FromValue, RowRef, Value};

/// Checks that the columns are a unique key of the table.
pub(crate) async fn check<K: AsRef<str>>(session: &Session, table: &str, keys: &[K], label: Label) -> Result<()> {
    if session.dialect().unnamed_conflicts.is_none() {
        return Ok(());
    }
    let question = session.dialect().catalog.keys;
    let endpoint = session.endpoint();
    let wanted: BTreeSet<String> = keys.iter().map(|key| key.as_ref().to_owned()).collect();
    if endpoint.unique_keys(table).is_some_and(|known| known.contains(&wanted)) {
        return Ok(());
    }
    // The key is unknown, but a new index can exist: read the keys again.
    let mut indexes: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut sink = |row: &dyn RowRef| -> Result<Flow> {
        indexes.entry(text(row, 0)?).or_default().insert(text(row, 1)?);
        Ok(Flow::More)
    };
    let sql = Sql::new(Arc::from(question), vec![Value::Text(table.into())], Access::Read);
    session.fetch(&sql, label, &mut sink).await?;
    let known: Vec<_> = indexes.into_values().collect();
    let is_known = known.contains(&wanted);
    endpoint.set_unique_keys(table, known.into());
    if is_known { Ok(()) } else { Err(no_key(session, table, keys, label)) }
}

fn text(row: &dyn RowRef, ordinal: usize) -> Result<String> {
    FromValue::from_value(row.value(ordinal)?)
}

#[cold]
fn no_key<K: AsRef<str>>(session: &Session, table: &str, keys: &[K], label: Label) -> Error {
    let message = format!(
        "`{table}` has no unique key with exactly these columns: {}. An upsert needs a PRIMARY KEY or a UNIQUE index on its columns",
        keys.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join(", ")
    );
    let error = Error::new(ErrorKind::InvalidStatement, message).with_connection(session.endpoint().name());
    match label.model {
        Some(model) => error.with_model(model),
        None => error,
    }
}

/// Translates the error of a conflict on another unique key to `UniqueViolation`.
pub(crate) fn settle(error: Error, session: &Session) -> Error {
    match session.dialect().unnamed_conflicts {
        Some(UnnamedConflicts { code }) if error.code() == Some(code) => {
            let message = "a row with the same values of another unique key exists already";
            Error::new(ErrorKind::UniqueViolation, message).with_code(code).with_source(error)
        }
        _ => error,
    }
}
