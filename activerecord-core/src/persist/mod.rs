//! Writes of one record.
//!
//! A write puts changed values (timestamps, the version) into the binds first, and into the record only after the
//! statement has succeeded.

mod columns;
pub(crate) mod computed;
mod equal;
mod generated;
mod hooked;
mod insert;
mod key;
mod missing;
mod refused;
pub(crate) mod stamps;
mod update;
mod upsert;

pub(crate) use generated::advance_sequences;
pub(crate) use upsert::{bulk_insert, upsert};

use crate::connection::{Label, Route, Session, resolve};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Model, found};
use crate::sql::{Operation, cached, render};
use crate::statement::{Expr, FromItem, Name, Select, SelectItem, Statement};
use crate::transaction::Transaction;
use crate::value::{RowRef, Value};
use columns::Columns;
use key::{key_filter, key_is_unset, key_values};

/// Inserts if the key is unset. Otherwise updates, and inserts if no row has the key.
pub(crate) async fn save<M: Model>(record: &mut M) -> Result<()> {
    let session = here::<M>()?;
    if key_is_unset(record) {
        return hooked::insert(record, &session).await;
    }
    hooked::save(record, &session).await
}

/// Inserts the record.
pub(crate) async fn insert<M: Model>(record: &mut M) -> Result<()> {
    hooked::insert(record, &here::<M>()?).await
}

/// Updates every column of the record's row.
pub(crate) async fn update<M: Model>(record: &mut M) -> Result<()> {
    require_key(record, "updated")?;
    hooked::update(record, &here::<M>()?).await
}

/// Updates some columns of the record's row, and reads them back. Without assignments it does nothing.
pub(crate) async fn update_columns<M: Model>(record: &mut M, set: Vec<(&'static str, Expr)>) -> Result<()> {
    require_key(record, "updated")?;
    if set.is_empty() {
        return Ok(());
    }
    let columns = Columns::of(record, set)?;
    hooked::update_columns(record, &here::<M>()?, columns).await
}

/// Removes the mark of a soft deletion from the record's row.
pub(crate) async fn restore<M: Model>(record: &mut M) -> Result<()> {
    require_key(record, "restored")?;
    let Some(ordinal) = M::TABLE.soft_delete else { return Err(no_soft_delete::<M>()) };
    let def = &M::TABLE.columns[ordinal];
    update_columns(record, vec![(def.name, Expr::Value(Value::Null(def.ty)))]).await
}

/// Deletes the record's row, or marks it as deleted if the model has `#[soft_delete]`.
pub(crate) async fn destroy<M: Model>(record: &mut M) -> Result<()> {
    require_key(record, "destroyed")?;
    let operation = if M::TABLE.soft_delete.is_some() { Operation::SoftDelete } else { Operation::Delete };
    hooked::destroy(record, &here::<M>()?, operation).await
}

/// Deletes the record's row, even if the model has `#[soft_delete]`.
pub(crate) async fn purge<M: Model>(record: &mut M) -> Result<()> {
    require_key(record, "purged")?;
    hooked::destroy(record, &here::<M>()?, Operation::Delete).await
}

/// Reads the record's row again. Fields that are not columns become their default.
pub(crate) async fn reload<M: Model>(record: &mut M) -> Result<()> {
    require_key(record, "reloaded")?;
    let session = here::<M>()?;
    let row = find_row::<M>(&session, Operation::Reload, key_values(record)).await?;
    let mut fresh = row.ok_or_else(|| not_found::<M>(&session))?;
    found(&mut fresh).await?;
    *record = fresh;
    Ok(())
}

/// Reads the row with a key.
pub(crate) async fn find<M: Model>(key: M::Key) -> Result<M> {
    let session = here::<M>()?;
    let row = find_row::<M>(&session, Operation::Find, M::key_values(&key)).await?;
    let mut record = row.ok_or_else(|| not_found::<M>(&session))?;
    found(&mut record).await?;
    Ok(record)
}

/// Returns the session for a write of a record. The scope decides, because a record does not remember its connection.
pub(crate) fn here<M: Model>() -> Result<Session> {
    resolve(&Route::default(), M::TABLE)
}

async fn find_row<M: Model>(session: &Session, operation: Operation, key: Vec<Value>) -> Result<Option<M>> {
    let sql = cached::<M>(session.dialect(), operation, || {
        let mut filter = key_filter::<M>(&key);
        if let (Operation::Find, Some(deleted_at)) = (operation, M::TABLE.soft_delete) {
            filter = filter.and(Expr::IsNull(Box::new((&M::TABLE.columns[deleted_at]).into())));
        }
        let mut select = Select::from(FromItem::Table(M::TABLE.into()));
        select.items = M::TABLE.columns.iter().map(|def| SelectItem::from(Expr::from(def))).collect();
        select.filter = Some(filter);
        Statement::Select(select)
    })?;
    let sql = sql.with_binds(key).map_err(of_model::<M>)?.one_row();
    let verb = if operation == Operation::Reload { "reload" } else { "find" };
    session.fetch_one(&sql, Label::new(M::TABLE.model, verb), |row: &dyn RowRef| M::from_row(row, 0)).await
}

fn require_key<M: Model>(record: &M, verb: &str) -> Result<()> {
    if !key_is_unset(record) {
        return Ok(());
    }
    let message = format!("a {} without a key cannot be {verb}; save it first", M::TABLE.model);
    Err(Error::new(ErrorKind::NotFound, message).with_model(M::TABLE.model))
}

#[cold]
fn not_found<M: Model>(session: &Session) -> Error {
    let columns: Vec<_> = M::TABLE.key_columns().map(|def| def.name).collect();
    let message = format!("no row of `{}` has this key ({})", M::TABLE.name, columns.join(", "));
    Error::new(ErrorKind::NotFound, message).with_model(M::TABLE.model).with_connection(session.endpoint().name())
}

#[cold]
fn no_soft_delete<M: Model>() -> Error {
    let message = format!("{} has no #[soft_delete] column, so no row can be restored", M::TABLE.model);
    Error::unsupported(message).with_model(M::TABLE.model)
}

/// Runs `work` in the session's transaction, or in one of its own.
async fn in_one_transaction<T>(session: &Session, work: impl AsyncFnOnce(Session) -> Result<T>) -> Result<T> {
    match session {
        Session::Transaction(_) => work(session.clone()).await,
        Session::Pool(_) => {
            let transaction = Transaction::around_write(session).await?;
            let work = work(transaction.session());
            transaction.finish(work).await
        }
    }
}

/// Reads columns of the row with this key.
async fn read_back<M: Model>(ordinals: &[usize], key: &[Value], session: &Session) -> Result<Option<Vec<Value>>> {
    let mut select = Select::from(FromItem::Table(M::TABLE.into()));
    select.items = ordinals.iter().map(|&ordinal| Expr::from(&M::TABLE.columns[ordinal]).into()).collect();
    select.filter = Some(key_filter::<M>(key));
    let sql = render(Statement::Select(select), session.dialect())?.one_row();
    session.fetch_one(&sql, Label::new(M::TABLE.model, "read back"), detach).await
}

/// Adds the model to the error of a value that its column cannot hold.
#[cold]
fn of_model<M: Model>(error: Error) -> Error {
    error.with_model(M::TABLE.model)
}

/// Copies the values of a row.
fn detach(row: &dyn RowRef) -> Result<Vec<Value>> {
    (0..row.len()).map(|ordinal| Ok(row.value(ordinal)?.to_owned())).collect()
}

/// Sets these columns of the record.
fn fill<M: Model>(record: &mut M, ordinals: impl IntoIterator<Item = usize>, values: &[Value]) -> Result<()> {
    ordinals.into_iter().zip(values).try_for_each(|(ordinal, value)| record.set_value(ordinal, value.as_cell()))
}

fn column<M: Model>(ordinal: usize) -> Name {
    M::TABLE.columns[ordinal].name.into()
}

fn columns_of<M: Model>(ordinals: impl Iterator<Item = usize>) -> Vec<Name> {
    ordinals.map(column::<M>).collect()
}
