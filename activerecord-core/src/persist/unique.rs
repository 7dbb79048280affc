//! Upserts where SQL cannot name the unique key that a conflict is about: the keys are looked up, and a conflict on another
//! one is an error as it is elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::connection::{Label, Session};
use crate::dialect::UnnamedConflicts;
use crate::error::{Error, ErrorKind, Result};
use crate::model::Model;
use crate::read::cell;
use crate::sql::{Access, Sql};
use crate::value::{Flow, RowRef, Value};

/// Refuses columns that are no unique key of the table.
pub(super) async fn check<M: Model>(session: &Session, keys: &[&'static str]) -> Result<()> {
    if session.dialect().unnamed_conflicts.is_none() {
        return Ok(());
    }
    let question = session.dialect().catalog.keys;
    let (endpoint, table) = (session.endpoint(), M::TABLE.name);
    let wanted: BTreeSet<String> = keys.iter().map(|key| (*key).to_owned()).collect();
    if endpoint.unique_keys(table).is_some_and(|known| known.contains(&wanted)) {
        return Ok(());
    }
    // Asked again when it is not among those known: an index may be new.
    let mut indexes: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut sink = |row: &dyn RowRef| -> Result<Flow> {
        indexes.entry(cell(row, 0)?).or_default().insert(cell(row, 1)?);
        Ok(Flow::More)
    };
    let sql = Sql::new(Arc::from(question), vec![Value::Text(table.into())], Access::Read);
    session.fetch(&sql, Label::new(M::TABLE.model, "upsert"), &mut sink).await?;
    let known: Vec<_> = indexes.into_values().collect();
    let is_known = known.contains(&wanted);
    endpoint.set_unique_keys(table, known.into());
    if is_known { Ok(()) } else { Err(no_key::<M>(session, keys)) }
}

#[cold]
fn no_key<M: Model>(session: &Session, keys: &[&'static str]) -> Error {
    let message = format!(
        "`{}` has no unique key of just these columns: {}. An upsert needs a PRIMARY KEY or a UNIQUE index of its columns",
        M::TABLE.name,
        keys.join(", ")
    );
    let error = Error::new(ErrorKind::InvalidStatement, message).with_model(M::TABLE.model);
    error.with_connection(session.endpoint().name())
}

/// The error of a statement whose rows are there by another unique key than it names.
pub(super) fn settle(error: Error, session: &Session) -> Error {
    match session.dialect().unnamed_conflicts {
        Some(UnnamedConflicts { code }) if error.code() == Some(code) => {
            let message = "a row is there already by another unique key than the one of the upsert";
            Error::new(ErrorKind::UniqueViolation, message).with_code(code).with_source(error)
        }
        _ => error,
    }
}
