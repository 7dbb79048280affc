//! What a write means that matched no row.

use super::key::{key_filter, key_values, version};
use super::not_found;
use crate::connection::{Label, Session};
use crate::error::{Error, ErrorKind, Result};
use crate::model::Model;
use crate::sql::render;
use crate::statement::{Expr, FromItem, Select, Statement};
use crate::value::{RowRef, Value, cell};

/// Returns the error of a write that matched no row: `NotFound`, or `Stale` if the row has another version.
pub(super) async fn no_row<M: Model>(key: &[Value], session: &Session) -> Error {
    if M::TABLE.version.is_none() {
        return not_found::<M>(session);
    }
    match exists::<M>(key, session).await {
        Ok(true) => stale::<M>(session),
        Ok(false) => not_found::<M>(session),
        Err(error) => error,
    }
}

/// Decides whether a save whose UPDATE matched no row may insert the record.
///
/// # Errors
/// `Stale` if a row has the key, but another version; those of [`require_unstored`].
pub(super) async fn require_new<M: Model>(record: &M, session: &Session) -> Result<()> {
    // Without a version the UPDATE matches every row with the key, so no row has it.
    if M::TABLE.version.is_some() && exists::<M>(&key_values(record), session).await? {
        return Err(stale::<M>(session));
    }
    require_unstored(record, session)
}

/// Decides whether a save may insert the record, whose key no row has. A version that is set says that the record was
/// stored before: somebody has deleted its row.
///
/// # Errors
/// `Stale` if the version is set.
pub(super) fn require_unstored<M: Model>(record: &M, session: &Session) -> Result<()> {
    match version(record) {
        Some(version) if !version.is_unset() => Err(gone::<M>(session)),
        _ => Ok(()),
    }
}

/// Returns true if a row has this key.
pub(super) async fn exists<M: Model>(key: &[Value], session: &Session) -> Result<bool> {
    let mut select = Select::from(FromItem::Table(M::TABLE.into()));
    select.items = vec![Expr::Value(Value::I32(1)).into()];
    select.filter = Some(key_filter::<M>(key));
    let sql = render(Statement::Select(select), session.dialect())?.one_row();
    let found =
        session.fetch_one(&sql, Label::new(M::TABLE.model, "exists"), |row: &dyn RowRef| cell::<i64>(row, 0)).await?;
    Ok(found.is_some())
}

#[cold]
fn stale<M: Model>(session: &Session) -> Error {
    let message = format!(
        "the row of this {} has another #[version]: the record was changed by another writer, or written in a \
         transaction that was rolled back: reload it and try again",
        M::TABLE.model
    );
    of_record::<M>(message, session)
}

#[cold]
fn gone<M: Model>(session: &Session) -> Error {
    let message = format!(
        "this {} was stored before (its #[version] is set), and no row has its key: the record was deleted by another \
         writer, or written in a transaction that was rolled back: insert it as a new row, or drop it",
        M::TABLE.model
    );
    of_record::<M>(message, session)
}

fn of_record<M: Model>(message: String, session: &Session) -> Error {
    Error::new(ErrorKind::Stale, message).with_model(M::TABLE.model).with_connection(session.endpoint().name())
}
