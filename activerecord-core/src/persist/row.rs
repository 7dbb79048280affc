//! The statements of one record, without hooks.

use super::stamps::{self, Now, Stamp, apply, stamped};
use super::{computed, not_found};
use crate::connection::{Label, Session};
use crate::error::{Error, ErrorKind, Result};
use crate::model::Model;
use crate::sql::{Operation, Sql, cached, render, require_distinct};
use crate::statement::{Compare, Delete, Expr, FromItem, Insert, Name, Select, Statement, Update};
use crate::value::{RowRef, Spelling, Value, cell};

/// Returns true if the key is 0, `None` or the nil UUID. A composite key is unset if all of its parts are.
pub(super) fn key_is_unset<M: Model>(record: &M) -> bool {
    M::TABLE.key.iter().all(|&ordinal| record.value(ordinal).is_unset())
}

pub(super) fn key_values<M: Model>(record: &M) -> Vec<Value> {
    M::TABLE.key.iter().map(|&ordinal| record.value(ordinal)).collect()
}

/// Adds the model to the error of a value that its column cannot hold.
#[cold]
pub(super) fn of_model<M: Model>(error: Error) -> Error {
    error.with_model(M::TABLE.model)
}

/// Returns the condition for the row with this key.
pub(super) fn key_filter<M: Model>(key: &[Value]) -> Expr {
    let equal = |(def, value): (&'static _, &Value)| {
        Expr::Compare(Box::new(Expr::from(def)), Compare::Eq, Box::new(Expr::Value(value.clone())))
    };
    Expr::And(M::TABLE.key_columns().zip(key).map(equal).collect())
}

/// Returns the key's ordinal if the database generates the key.
pub(super) fn generated_key<M: Model>(record: &M, stamps: &[Stamp]) -> Option<usize> {
    match *M::TABLE.key {
        [ordinal] if stamped(record, stamps, ordinal).is_unset() => Some(ordinal),
        _ => None,
    }
}

/// Inserts the row.
pub(super) async fn insert<M: Model>(record: &mut M, session: &Session) -> Result<()> {
    let stamps = stamps::of_insert(record, Now::of(session.dialect()));
    let generated = generated_key(record, &stamps);
    let columns = (0..M::TABLE.columns.len()).filter(|ordinal| Some(*ordinal) != generated);
    let binds: Vec<_> = columns.clone().map(|ordinal| stamped(record, &stamps, ordinal)).collect();
    let returning = generated.is_some() && session.dialect().capabilities().insert_returning;
    let operation = Operation::Insert { with_key: generated.is_none(), returning };
    let sql = cached::<M>(session.dialect(), operation, || {
        let key = generated.filter(|_| returning).map(|ordinal| name::<M>(ordinal));
        Statement::Insert(Insert {
            table: M::TABLE.name.into(),
            model: Some(M::TABLE),
            columns: columns.map(name::<M>).collect(),
            values: binds.clone(),
            conflict: None,
            returning: key.into_iter().collect(),
        })
    })?;
    let sql = sql.with_binds(binds).map_err(of_model::<M>)?.one_row();
    let label = Label::new(M::TABLE.model, "insert");
    let key = if returning {
        session.fetch_one(&sql, label, |row: &dyn RowRef| Ok(row.value(0)?.to_owned())).await?
    } else {
        session.execute(&sql, label).await?.last_insert_id.map(Value::I64)
    };
    let set = generated.map_or(Ok(()), |ordinal| set_key(record, ordinal, key));
    session.written(set.and_then(|()| apply(record, &stamps)))
}

fn set_key<M: Model>(record: &mut M, ordinal: usize, key: Option<Value>) -> Result<()> {
    let Some(key) = key.filter(|key| !key.is_null()) else {
        let def = &M::TABLE.columns[ordinal];
        let message = format!(
            "INSERT succeeded, but the database returned no generated key for `{}`; declare the column as a generated key",
            def.name
        );
        return Err(Error::new(ErrorKind::Database, message).with_model(M::TABLE.model));
    };
    record.set_value(ordinal, key.as_cell())
}

fn name<M: Model>(ordinal: usize) -> Name {
    M::TABLE.columns[ordinal].name.into()
}

/// Updates every column of the row with the record's key and version. Returns false if no row has them.
pub(super) async fn update<M: Model>(record: &mut M, session: &Session) -> Result<bool> {
    let table = M::TABLE;
    let stamps = stamps::of_update(record, Now::of(session.dialect()))?;
    // An unset `created_at` was never read: it must not overwrite the value in the row.
    let created_at = table.created_at.is_some_and(|ordinal| !record.value(ordinal).is_unset());
    let columns = (0..table.columns.len()).filter(|&n| !table.is_key(n) && (created_at || table.created_at != Some(n)));
    let set = columns.map(|ordinal| (ordinal, stamped(record, &stamps, ordinal))).collect();
    let is_stamp = |ordinal| stamps.iter().any(|(stamped, _)| *stamped == ordinal);
    write(record, session, Operation::Update { created_at }, "update", set, is_stamp).await
}

/// Marks the row with the record's key and version as deleted. Returns false if no row has them.
async fn soft_delete<M: Model>(record: &mut M, session: &Session) -> Result<bool> {
    let now = Now::of(session.dialect());
    let mut stamps = stamps::of_update(record, now)?;
    stamps.extend(stamps::of_soft_delete(M::TABLE, now));
    write(record, session, Operation::SoftDelete, "destroy", stamps, |_| true).await
}

/// Deletes or marks the row with the record's key and version. Returns false if no row has them.
pub(super) async fn delete<M: Model>(record: &mut M, session: &Session, operation: Operation) -> Result<bool> {
    if operation == Operation::SoftDelete {
        return soft_delete(record, session).await;
    }
    let sql = cached::<M>(session.dialect(), Operation::Delete, || {
        Statement::Delete(Delete { table: M::TABLE.name.into(), filter: Some(guard(record)) })
    })?;
    let sql = sql.with_binds(guard_values(record).collect()).map_err(of_model::<M>)?.one_row();
    Ok(session.execute(&sql, Label::new(M::TABLE.model, "destroy")).await?.rows > 0)
}

/// Returns the condition for the row with the record's key and version.
fn guard<M: Model>(record: &M) -> Expr {
    let filter = key_filter::<M>(&key_values(record));
    let Some(ordinal) = M::TABLE.version else { return filter };
    let (column, version) = (Expr::from(&M::TABLE.columns[ordinal]), Expr::Value(record.value(ordinal)));
    filter.and(Expr::Compare(Box::new(column), Compare::Eq, Box::new(version)))
}

/// The binds of [`guard`].
fn guard_values<M: Model>(record: &M) -> impl Iterator<Item = Value> {
    M::TABLE.key.iter().copied().chain(M::TABLE.version).map(|ordinal| record.value(ordinal))
}

/// Runs a cached UPDATE of plain values, then sets those that `is_fresh` selects in the record. Returns false if no row
/// matches.
async fn write<M: Model>(
    record: &mut M,
    session: &Session,
    operation: Operation,
    verb: &'static str,
    set: Vec<Stamp>,
    is_fresh: impl Fn(usize) -> bool,
) -> Result<bool> {
    let (ordinals, mut binds): (Vec<usize>, Vec<Value>) = set.into_iter().unzip();
    let sql = cached::<M>(session.dialect(), operation, || {
        let set = ordinals.iter().zip(&binds).map(|(ordinal, value)| (*ordinal, Expr::Value(value.clone()))).collect();
        Statement::Update(statement::<M>(or_key::<M>(set), guard(record)))
    })?;
    binds.extend(guard_values(record));
    let sql = sql.with_binds(binds).map_err(of_model::<M>)?.one_row();
    if session.execute(&sql, Label::new(M::TABLE.model, verb)).await?.rows == 0 {
        return Ok(false);
    }
    let mut fresh = ordinals.iter().zip(sql.binds()).filter(|(ordinal, _)| is_fresh(**ordinal));
    fresh.try_for_each(|(ordinal, bound)| {
        let def = &M::TABLE.columns[*ordinal];
        let spelling = Spelling { ty: def.ty, stored: session.dialect().spelling(def.ty, def.stored) };
        record.set_value(*ordinal, spelling.read(bound.as_cell())?)
    })?;
    Ok(true)
}

/// Sets the key to itself if the UPDATE sets no column, because SQL needs at least one.
fn or_key<M: Model>(mut set: Vec<(usize, Expr)>) -> Vec<(usize, Expr)> {
    if set.is_empty() {
        set.extend(M::TABLE.key.first().map(|&ordinal| (ordinal, (&M::TABLE.columns[ordinal]).into())));
    }
    set
}

fn statement<M: Model>(set: Vec<(usize, Expr)>, filter: Expr) -> Update {
    let set = set.into_iter().map(|(ordinal, expr)| (name::<M>(ordinal), expr)).collect();
    Update { table: M::TABLE.name.into(), model: Some(M::TABLE), set, filter: Some(filter), returning: Vec::new() }
}

/// Updates some columns of the row with the record's key and version, and sets the values that the database computes in
/// the record. Returns the ordinals of the written columns, or `None` if no row matches.
pub(super) async fn update_columns<M: Model>(
    record: &mut M,
    session: &Session,
    assignments: Vec<(&'static str, Expr)>,
) -> Result<Option<Vec<usize>>> {
    require_distinct(&assignments).map_err(|error| error.with_model(M::TABLE.model))?;
    let computed = computed::columns(&assignments);
    let explained = |error| computed::explain(error, M::TABLE, &computed);
    let mut set: Vec<(usize, Expr)> = stamps::of_update(record, Now::of(session.dialect()))?
        .into_iter()
        .map(|(n, value)| (n, Expr::Value(value)))
        .collect();
    for (column, expr) in assignments {
        let ordinal = M::TABLE.ordinal(column).ok_or_else(|| unknown_column::<M>(column))?;
        set.retain(|(other, _)| *other != ordinal);
        set.push((ordinal, expr));
    }
    set.sort_unstable_by_key(|(ordinal, _)| *ordinal);
    let set = match plain(set) {
        Ok((operation, values)) => {
            let ordinals = values.iter().map(|(ordinal, _)| *ordinal).collect();
            let written = write(record, session, operation, "update", values, |_| true).await?;
            return Ok(written.then_some(ordinals));
        }
        Err(set) => or_key::<M>(set),
    };
    let ordinals: Vec<_> = set.iter().map(|(ordinal, _)| *ordinal).collect();
    let mut update = statement::<M>(set, guard(record));
    if session.capabilities().await?.update_returning {
        update.returning = ordinals.iter().map(|&ordinal| name::<M>(ordinal)).collect();
        let sql = rendered::<M>(update, session)?;
        let fresh = session.fetch_one(&sql, Label::new(M::TABLE.model, "update"), detach).await.map_err(explained)?;
        return session.written(refresh(record, ordinals, fresh));
    }
    let sql = rendered::<M>(update, session)?;
    if session.execute(&sql, Label::new(M::TABLE.model, "update")).await.map_err(explained)?.rows == 0 {
        return Ok(None);
    }
    let mut select = Select::from(FromItem::Table(M::TABLE.into()));
    select.items = ordinals.iter().map(|&ordinal| Expr::from(&M::TABLE.columns[ordinal]).into()).collect();
    select.filter = Some(key_filter::<M>(&key_values(record)));
    let sql = render(Statement::Select(select), session.dialect())?.one_row();
    let fresh = session.fetch_one(&sql, Label::new(M::TABLE.model, "read back"), detach).await?;
    session.written(refresh(record, ordinals, fresh))
}

fn rendered<M: Model>(update: Update, session: &Session) -> Result<Sql> {
    let sql = render(Statement::Update(update), session.dialect()).map_err(|error| error.with_model(M::TABLE.model))?;
    Ok(sql.one_row())
}

/// The assignments of an UPDATE, by the ordinals of the columns.
type Set = Vec<(usize, Expr)>;

/// Returns the values of an UPDATE that sets only values. Its text depends only on the columns, and nothing must be
/// read back.
fn plain(set: Set) -> Result<(Operation, Vec<Stamp>), Set> {
    let is_plain = |(ordinal, expr): &(usize, Expr)| *ordinal < 64 && matches!(expr, Expr::Value(_));
    if set.is_empty() || !set.iter().all(is_plain) {
        return Err(set);
    }
    let columns = set.iter().fold(0, |columns, (ordinal, _)| columns | 1 << ordinal);
    let value = |(ordinal, expr)| if let Expr::Value(value) = expr { Some((ordinal, value)) } else { None };
    Ok((Operation::UpdateColumns { columns }, set.into_iter().filter_map(value).collect()))
}

fn detach(row: &dyn RowRef) -> Result<Vec<Value>> {
    (0..row.len()).map(|ordinal| Ok(row.value(ordinal)?.to_owned())).collect()
}

fn refresh<M: Model>(record: &mut M, ordinals: Vec<usize>, fresh: Option<Vec<Value>>) -> Result<Option<Vec<usize>>> {
    let Some(fresh) = fresh else { return Ok(None) };
    for (ordinal, value) in ordinals.iter().zip(&fresh) {
        record.set_value(*ordinal, value.as_cell())?;
    }
    Ok(Some(ordinals))
}

#[cold]
fn unknown_column<M: Model>(column: &str) -> Error {
    Error::unsupported(format!("`{column}` is not a column of {}", M::TABLE.model)).with_model(M::TABLE.model)
}

/// Returns the error of a write that matched no row: `NotFound`, or `Stale` if the row has another version.
pub(super) async fn no_row<M: Model>(record: &M, session: &Session) -> Error {
    if M::TABLE.version.is_none() {
        return not_found::<M>(session);
    }
    match exists(record, session).await {
        Ok(true) => stale::<M>(session),
        Ok(false) => not_found::<M>(session),
        Err(error) => error,
    }
}

/// Refuses the INSERT of a save whose UPDATE matched no row if the row exists with another version.
///
/// # Errors
/// `Stale` if a row has the record's key.
pub(super) async fn require_absent<M: Model>(record: &M, session: &Session) -> Result<()> {
    // Without a version the UPDATE matches every row with the key, so no row has it.
    if M::TABLE.version.is_some() && exists(record, session).await? { Err(stale::<M>(session)) } else { Ok(()) }
}

/// Returns true if a row has the record's key.
pub(super) async fn exists<M: Model>(record: &M, session: &Session) -> Result<bool> {
    let mut select = Select::from(FromItem::Table(M::TABLE.into()));
    select.items = vec![Expr::Value(Value::I32(1)).into()];
    select.filter = Some(key_filter::<M>(&key_values(record)));
    let sql = render(Statement::Select(select), session.dialect())?.one_row();
    let found =
        session.fetch_one(&sql, Label::new(M::TABLE.model, "exists"), |row: &dyn RowRef| cell::<i64>(row, 0)).await?;
    Ok(found.is_some())
}

#[cold]
fn stale<M: Model>(session: &Session) -> Error {
    let message = format!(
        "the row of this {} was changed after it was read (its #[version] differs); reload it and try again",
        M::TABLE.model
    );
    Error::new(ErrorKind::Stale, message).with_model(M::TABLE.model).with_connection(session.endpoint().name())
}
