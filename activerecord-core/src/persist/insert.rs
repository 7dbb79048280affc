//! The INSERT of one record, without hooks.

use super::generated;
use super::key::{Left, key_is_unset};
use super::stamps::{self, Now, apply, stamped};
use super::{column, columns_of, detach, fill, in_one_transaction, of_model, read_back};
use crate::connection::holds::{Cells, Held, check, held, is_strict};
use crate::connection::{Label, Session};
use crate::error::{Error, ErrorKind, Result};
use crate::model::Model;
use crate::sql::{Operation, Sql, cached_insert, render_insert};
use crate::statement::Insert;
use crate::value::{RowRef, Value, ValueType};

/// Inserts the row. Sets the values that the database supplies in the record.
pub(super) async fn insert<M: Model>(record: &mut M, session: &Session) -> Result<()> {
    match write(record, session).await {
        Ok(None) => Ok(()),
        Ok(held) => generated::follow_keys(std::slice::from_ref(record), &held, session).await,
        Err(error) if error.is_unique_violation() && key_is_unset(record) => {
            Err(Box::pin(generated::explained::<M>(error, session)).await)
        }
        Err(error) => Err(error),
    }
}

/// Returns what is known of the table if the record has brought its key along.
async fn write<M: Model>(record: &mut M, session: &Session) -> Result<Held> {
    let held = held(session, M::TABLE).await.map_err(of_model::<M>)?;
    let stamps = stamps::of_insert(record, &Now::of(session.dialect(), &held));
    let left = Left::of(record, &stamps);
    let binds: Vec<_> = left.written::<M>().map(|ordinal| stamped(record, &stamps, ordinal)).collect();
    if is_strict(&held) {
        let columns: Vec<_> = left.written::<M>().collect();
        check(&held, session, M::TABLE, Cells { columns: &columns, values: &binds, first: None }).await?;
    }
    let returning = left.key.is_some() && session.dialect().capabilities().insert_returning;
    if !left.supplied.is_empty() || !(returning || left.key.is_none_or(is_integer::<M>)) {
        // Boxed, because hooks nest writes, and most writes do not need its space.
        let supplied = Box::pin(insert_and_read::<M>(&left, binds, session)).await?;
        let set = fill(record, left.ordinals(), &supplied);
        return session.written(set.and_then(|()| apply(record, &stamps))).map(|()| brought::<M>(&left, held));
    }
    let sql = statement::<M>(&left, binds, returning, session)?;
    let label = Label::new(M::TABLE.model, "insert");
    let key = if returning {
        session.fetch_one(&sql, label, |row: &dyn RowRef| Ok(row.value(0)?.to_owned())).await?
    } else {
        session.execute(&sql, label).await?.last_insert_id.map(Value::I64)
    };
    let set = left.key.map_or(Ok(()), |ordinal| set_key(record, ordinal, key));
    session.written(set.and_then(|()| apply(record, &stamps))).map(|()| brought::<M>(&left, held))
}

fn brought<M: Model>(left: &Left, held: Held) -> Held {
    held.filter(|_| !M::TABLE.key.iter().any(|&ordinal| left.has(ordinal)))
}

/// Returns the INSERT. `returning`: it returns the columns that it leaves to the database.
fn statement<M: Model>(left: &Left, binds: Vec<Value>, returning: bool, session: &Session) -> Result<Sql> {
    let generated = left.key.map(column::<M>);
    let insert = |values| Insert {
        table: M::TABLE.name.into(),
        model: Some(M::TABLE),
        columns: columns_of::<M>(left.written::<M>()),
        values,
        forms: Vec::new(),
        conflict: None,
        returning: columns_of::<M>(left.ordinals().filter(|_| returning)),
    };
    let Some(bits) = left.bits() else {
        return Ok(render_insert(insert(binds), generated, session.dialect())?.one_row());
    };
    let operation = Operation::Insert { left: bits, returning };
    let sql = cached_insert::<M>(session.dialect(), operation, generated, || insert(binds.clone()))?;
    Ok(sql.with_binds(binds).map_err(of_model::<M>)?.one_row())
}

/// Inserts the row, and returns the values of all columns that the INSERT leaves to the database.
async fn insert_and_read<M: Model>(left: &Left, binds: Vec<Value>, session: &Session) -> Result<Vec<Value>> {
    let label = Label::new(M::TABLE.model, "insert");
    let row = if session.capabilities().await?.insert_returning {
        session.fetch_one(&statement::<M>(left, binds, true, session)?, label, detach).await?
    } else {
        let key = known_key::<M>(left, &binds)?;
        let sql = statement::<M>(left, binds, false, session)?;
        in_one_transaction(session, async |session| {
            let generated = session.execute(&sql, label).await?.last_insert_id.map(Value::I64);
            let key = key.into_iter().map(|part| part.or(generated.clone()).unwrap_or(Value::Null(ValueType::I64)));
            let supplied: Vec<_> = left.ordinals().collect();
            read_back::<M>(&supplied, &key.collect::<Vec<_>>(), &session).await
        })
        .await?
    };
    row.ok_or_else(no_values::<M>)
}

/// Returns the parts of the key. `None`: the one part that the database generates, and reports as the last insert id.
///
/// # Errors
/// `Unsupported` if the database supplies another part of the key.
fn known_key<M: Model>(left: &Left, binds: &[Value]) -> Result<Vec<Option<Value>>> {
    let mut supplied = M::TABLE.key.iter().copied().filter(|&ordinal| left.has(ordinal));
    if !supplied.next().is_none_or(is_integer::<M>) || supplied.next().is_some() {
        return Err(unreported::<M>());
    }
    let bind = |ordinal| (0..ordinal).filter(|&before| !left.has(before)).count();
    let part = |ordinal| (!left.has(ordinal)).then(|| binds[bind(ordinal)].clone());
    Ok(M::TABLE.key.iter().map(|&ordinal| part(ordinal)).collect())
}

fn is_integer<M: Model>(ordinal: usize) -> bool {
    M::TABLE.columns[ordinal].ty.is_integer()
}

#[cold]
fn unreported<M: Model>() -> Error {
    let message = "this database has no INSERT .. RETURNING, so it reports no generated key but one integer: set the key \
                   before the insert";
    Error::unsupported(message).with_model(M::TABLE.model)
}

#[cold]
fn no_values<M: Model>() -> Error {
    let message = "INSERT succeeded, but the database returned no row with the values that it supplied";
    Error::new(ErrorKind::Database, message).with_model(M::TABLE.model)
}

fn set_key<M: Model>(record: &mut M, ordinal: usize, key: Option<Value>) -> Result<()> {
    let Some(key) = key.filter(|key| !key.is_unset()) else {
        let def = &M::TABLE.columns[ordinal];
        let message = format!(
            "INSERT succeeded, but the database returned no generated key for `{}`; declare the column as a generated key",
            def.name
        );
        return Err(Error::new(ErrorKind::Database, message).with_model(M::TABLE.model));
    };
    record.set_value(ordinal, key.as_cell())
}
