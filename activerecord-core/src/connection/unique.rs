//! Upserts on a database whose conflict clause cannot name a unique key. The keys are read from the catalog, and a
//! conflict on another key is an error, as on the other databases.

use std::collections::BTreeSet;

use super::describe::{description, known, read};
use super::session::{Label, Session};
use crate::catalog::{IndexInfo, TableInfo};
use crate::dialect::UnnamedConflicts;
use crate::error::{Error, ErrorKind, Result};

/// Checks that the columns are a unique key of the table.
pub(crate) async fn check<K: AsRef<str>>(session: &Session, table: &str, keys: &[K], label: Label) -> Result<()> {
    if session.dialect().unnamed_conflicts.is_none() {
        return Ok(());
    }
    let is_fresh = known(session, table).is_none();
    let mut info = description(session, table).await?;
    if !is_fresh && !info.as_ref().is_some_and(|info| has_key(info, keys)) {
        // The key is unknown, but a new index can exist.
        info = read(session, table).await?;
    }
    match info {
        Some(info) if !has_key(&info, keys) => Err(no_key(session, table, keys, label)),
        // The database reports a missing table.
        _ => Ok(()),
    }
}

/// Returns true when exactly these columns are the primary key or another unique key.
fn has_key<K: AsRef<str>>(table: &TableInfo, keys: &[K]) -> bool {
    let wanted: BTreeSet<&str> = keys.iter().map(AsRef::as_ref).collect();
    let primary = table.primary_key.as_ref().and_then(IndexInfo::columns);
    let others = table.unique.iter().map(|key| key.columns.iter().map(String::as_str).collect());
    primary.into_iter().chain(others).any(|columns: Vec<&str>| columns.into_iter().collect::<BTreeSet<_>>() == wanted)
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
