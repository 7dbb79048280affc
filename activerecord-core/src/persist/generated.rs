//! Keys that the database generates from a sequence.

use super::here;
use crate::catalog::TableInfo;
use crate::connection::Session;
use crate::connection::advance::{advance, has_sequence};
use crate::connection::describe::{description, known};
use crate::connection::follow::follow;
use crate::connection::holds::Held;
use crate::dialect::Sequences;
use crate::error::{Error, Result};
use crate::model::Model;
use crate::value::{Value, ValueRef};

/// Moves the sequences of the model's table past the numbers in its rows.
pub(crate) async fn advance_sequences<M: Model>() -> Result<()> {
    advance(&here::<M>()?, M::TABLE.name).await.map_err(|error| error.with_model(M::TABLE.model))
}

/// Moves the sequence of the key past the keys that these records have brought along into their rows.
///
/// # Errors
/// As [`follow`].
pub(super) async fn follow_keys<M: Model>(records: &[M], held: &Held, session: &Session) -> Result<()> {
    let Some(ordinal) = held.as_ref().and_then(|holds| holds.sequenced_key()) else { return Ok(()) };
    let keys: Vec<_> = records.iter().filter_map(|record| number(&record.value(ordinal))).collect();
    follow(held, session, keys).await
}

/// The number of a key that is set.
fn number(key: &Value) -> Option<i64> {
    let number = match key.as_cell() {
        ValueRef::I64(number) => Some(number),
        ValueRef::U64(number) => i64::try_from(number).ok(),
        _ => None,
    };
    number.filter(|number| *number != 0)
}

/// Says in the error of a key that the database has generated, and that exists already, how to move its sequence.
#[cold]
pub(super) async fn explained<M: Model>(error: Error, session: &Session) -> Error {
    if session.dialect().sequences == Sequences::None || !is_of_sequence::<M>(&error, session).await {
        return error;
    }
    let model = M::TABLE.model;
    error.advice(format_args!(
        "the database has generated this key, so its sequence is behind the keys in the table, as after a copy of rows with \
         their keys: `{model}::advance_sequences()` moves it, and so does `activerecord sync`"
    ))
}

/// Whether the error is about the primary key, and the key comes from a sequence.
async fn is_of_sequence<M: Model>(error: &Error, session: &Session) -> bool {
    let info = match session {
        Session::Pool(_) => description(session, M::TABLE.name).await.ok().flatten(),
        // The error can have ended the transaction, so nothing can be read.
        Session::Transaction(_) => known(session, M::TABLE.name),
    };
    let Some(constraint) = error.constraint() else { return false };
    match info {
        Some(info) => is_primary(&info, constraint) && info.key.iter().any(|key| numbers(&info, key)),
        None => session.dialect().is_usual_key(M::TABLE.name, constraint),
    }
}

fn is_primary(info: &TableInfo, constraint: &str) -> bool {
    info.primary_key.as_ref().is_some_and(|key| key.name.as_deref() == Some(constraint))
}

fn numbers(info: &TableInfo, key: &str) -> bool {
    info.column(key).is_some_and(|column| has_sequence(info, column))
}
