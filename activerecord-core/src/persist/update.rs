//! The UPDATE and the DELETE of one record, without hooks.

use super::columns::{Columns, Set};
use super::key::{guard, guard_values, version};
use super::stamps::{self, Now, Stamp, stamped};
use super::{column, columns_of, computed, detach, fill, in_one_transaction, of_model, read_back};
use crate::connection::holds::{Cells, Held, check, held, is_strict};
use crate::connection::{Label, Session};
use crate::error::Result;
use crate::model::Model;
use crate::sql::{Operation, cached, render};
use crate::statement::{Delete, Expr, FromItem, Lock, LockStrength, LockWait, Select, Statement, Update};
use crate::value::{Spelling, Value};

/// Updates the row with the record's key and version. Returns false if no row has them.
///
/// It writes every column except the key, those that the database computes, and `#[soft_delete]`: a record that does
/// not know of a deletion must not undo it.
pub(super) async fn update<M: Model>(record: &mut M, session: &Session) -> Result<bool> {
    let held = held(session, M::TABLE).await.map_err(of_model::<M>)?;
    let stamps = stamps::of_update(record, version(record), &Now::of(session.dialect(), &held))?;
    // An unset `created_at` was never read: it must not overwrite the value in the row.
    let created_at = M::TABLE.created_at.is_some_and(|ordinal| !record.value(ordinal).is_unset());
    let columns = written::<M>().filter(|&n| created_at || M::TABLE.created_at != Some(n));
    let set: Assigned = columns.map(|ordinal| (ordinal, stamped(record, &stamps, ordinal))).collect();
    if is_strict(&held) {
        set.check::<M>(&held, session).await?;
    }
    let is_stamp = |ordinal| stamps.iter().any(|(stamped, _)| *stamped == ordinal);
    write(record, session, Operation::Update { created_at }, "update", set, None, is_stamp)
        .await
        .map(|set| set.is_some())
}

/// Returns the columns that an update of a record writes.
pub(super) fn written<M: Model>() -> impl Iterator<Item = usize> {
    let table = M::TABLE;
    let kept = move |ordinal: usize| table.is_key(ordinal) || table.soft_delete == Some(ordinal);
    (0..table.columns.len()).filter(move |&ordinal| !kept(ordinal) && !table.columns[ordinal].is_generated())
}

/// Deletes or marks the row with the record's key and version. Returns false if no row has them.
pub(super) async fn delete<M: Model>(record: &mut M, session: &Session, operation: Operation) -> Result<bool> {
    if operation == Operation::SoftDelete {
        return soft_delete(record, session).await;
    }
    let binds: Vec<_> = guard_values(record).collect();
    let sql = cached::<M>(session.dialect(), Operation::Delete, || {
        Statement::Delete(Delete { table: M::TABLE.name.into(), filter: Some(guard::<M>(&binds)) })
    })?;
    let sql = sql.with_binds(binds).map_err(of_model::<M>)?.one_row();
    Ok(session.execute(&sql, Label::new(M::TABLE.model, "destroy")).await?.rows > 0)
}

async fn soft_delete<M: Model>(record: &mut M, session: &Session) -> Result<bool> {
    let held = held(session, M::TABLE).await.map_err(of_model::<M>)?;
    let now = Now::of(session.dialect(), &held);
    let mut stamps = stamps::of_update(record, version(record), &now)?;
    stamps.extend(stamps::of_soft_delete(M::TABLE, &now));
    let set: Assigned = stamps.into_iter().collect();
    set.check::<M>(&held, session).await?;
    write(record, session, Operation::SoftDelete, "destroy", set, None, |_| true).await.map(|set| set.is_some())
}

/// Updates some columns of the row. Sets the values that were written in the record. Returns the ordinals of the
/// written columns, or `None` if no row matches.
pub(super) async fn update_columns<M: Model>(
    record: &mut M,
    session: &Session,
    columns: Columns,
) -> Result<Option<Vec<usize>>> {
    let Columns { mut set, guard } = columns;
    let version = M::TABLE.version.and(guard.last().cloned());
    let held = held(session, M::TABLE).await.map_err(of_model::<M>)?;
    for (ordinal, stamp) in stamps::of_update(record, version, &Now::of(session.dialect(), &held))? {
        if set.iter().all(|(assigned, _)| *assigned != ordinal) {
            set.push((ordinal, Expr::Value(stamp)));
        }
    }
    set.sort_unstable_by_key(|(ordinal, _)| *ordinal);
    match plain(set) {
        Ok((operation, values)) => {
            if is_strict(&held) {
                values.check::<M>(&held, session).await?;
            }
            write(record, session, operation, "update", values, Some(guard), |_| true).await
        }
        // Boxed, because hooks nest writes, and most writes do not need its space.
        Err(set) => Box::pin(write_expressions(record, session, &held, set, guard)).await,
    }
}

/// Runs an UPDATE that also sets expressions, and reads their values. Returns as [`write`].
async fn write_expressions<M: Model>(
    record: &mut M,
    session: &Session,
    held: &Held,
    set: Set,
    guard: Vec<Value>,
) -> Result<Option<Vec<usize>>> {
    known(&set).check::<M>(held, session).await?;
    let ordinals: Vec<_> = set.iter().map(|(ordinal, _)| *ordinal).collect();
    let read: Vec<_> = ordinals.iter().copied().chain(generated::<M>()).collect();
    let Some(row) = update_and_read::<M>(session, set, guard, &read).await? else { return Ok(None) };
    session.written(fill(record, read, &row))?;
    Ok(Some(ordinals))
}

/// The columns that an UPDATE sets to values, by their ordinals.
#[derive(Default)]
struct Assigned {
    columns: Vec<usize>,
    values: Vec<Value>,
}

impl Assigned {
    /// Checks that the columns keep the values.
    async fn check<M: Model>(&self, held: &Held, session: &Session) -> Result<()> {
        check(held, session, M::TABLE, Cells { columns: &self.columns, values: &self.values, first: None }).await
    }
}

impl FromIterator<Stamp> for Assigned {
    fn from_iter<I: IntoIterator<Item = Stamp>>(set: I) -> Self {
        let (columns, values) = set.into_iter().unzip();
        Self { columns, values }
    }
}

/// Returns the values of an UPDATE that sets only values. Its text depends only on the columns.
fn plain(set: Set) -> Result<(Operation, Assigned), Set> {
    let is_plain = |(ordinal, expr): &(usize, Expr)| *ordinal < 64 && matches!(expr, Expr::Value(_));
    if !set.iter().all(is_plain) {
        return Err(set);
    }
    let columns = set.iter().fold(0, |columns, (ordinal, _)| columns | 1 << ordinal);
    let value = |(ordinal, expr)| if let Expr::Value(value) = expr { Some((ordinal, value)) } else { None };
    Ok((Operation::UpdateColumns { columns }, set.into_iter().filter_map(value).collect()))
}

/// Runs an UPDATE of plain values, then sets those that `is_fresh` selects in the record, and those that the database
/// computes. `guard_of` is the key and the version of the row; `None`: the record's. Returns the columns, or `None` if no
/// row matches.
async fn write<M: Model>(
    record: &mut M,
    session: &Session,
    operation: Operation,
    verb: &'static str,
    set: Assigned,
    guard_of: Option<Vec<Value>>,
    is_fresh: impl Fn(usize) -> bool,
) -> Result<Option<Vec<usize>>> {
    let computed: Vec<_> = generated::<M>().collect();
    if !computed.is_empty() {
        let guard = guard_of.unwrap_or_else(|| guard_values(record).collect());
        // Boxed, because hooks nest writes, and most writes do not need its space.
        return Box::pin(write_and_read(record, session, set, guard, computed, is_fresh)).await;
    }
    let Assigned { columns: ordinals, values: mut binds } = set;
    match guard_of {
        Some(values) => binds.extend(values),
        None => binds.extend(guard_values(record)),
    }
    let sql = cached::<M>(session.dialect(), operation, || {
        let (values, guard_of) = binds.split_at(ordinals.len());
        let set = ordinals.iter().zip(values).map(|(ordinal, value)| (*ordinal, Expr::Value(value.clone())));
        Statement::Update(statement::<M>(set.collect(), guard::<M>(guard_of)))
    })?;
    let sql = sql.with_binds(binds).map_err(of_model::<M>)?.one_row();
    if session.execute(&sql, Label::new(M::TABLE.model, verb)).await?.rows == 0 {
        return Ok(None);
    }
    let mut fresh = ordinals.iter().zip(sql.binds()).filter(|(ordinal, _)| is_fresh(**ordinal));
    fresh.try_for_each(|(ordinal, bound)| {
        let def = &M::TABLE.columns[*ordinal];
        let spelling = Spelling { ty: def.ty, stored: session.dialect().spelling(def.ty, def.stored) };
        record.set_value(*ordinal, spelling.read(bound.as_cell())?)
    })?;
    Ok(Some(ordinals))
}

/// The values in an UPDATE that also sets expressions.
fn known(set: &Set) -> Assigned {
    let value = |(ordinal, expr): &(usize, Expr)| match expr {
        Expr::Value(value) => Some((*ordinal, value.clone())),
        _ => None,
    };
    set.iter().filter_map(value).collect()
}

/// The columns that the database computes from the others.
fn generated<M: Model>() -> impl Iterator<Item = usize> {
    let columns = if M::TABLE.supplied { M::TABLE.columns } else { &[] };
    (0..columns.len()).filter(|&ordinal| columns[ordinal].is_generated())
}

async fn write_and_read<M: Model>(
    record: &mut M,
    session: &Session,
    set: Assigned,
    guard: Vec<Value>,
    mut read: Vec<usize>,
    is_fresh: impl Fn(usize) -> bool,
) -> Result<Option<Vec<usize>>> {
    let Assigned { columns, values } = set;
    read.extend(columns.iter().copied().filter(|&ordinal| is_fresh(ordinal)));
    let set = columns.iter().copied().zip(values.into_iter().map(Expr::Value)).collect();
    let Some(row) = update_and_read::<M>(session, set, guard, &read).await? else { return Ok(None) };
    session.written(fill(record, read, &row)).map(|()| Some(columns))
}

/// Runs an UPDATE and returns these columns of the row as they are after it; `None` if no row matches.
async fn update_and_read<M: Model>(
    session: &Session,
    set: Set,
    guard_values: Vec<Value>,
    read: &[usize],
) -> Result<Option<Vec<Value>>> {
    let label = Label::new(M::TABLE.model, "update");
    let computed: Vec<_> = computed::columns(&set).into_iter().map(|ordinal| M::TABLE.columns[ordinal].name).collect();
    let explained = |error| computed::explain(error, M::TABLE, &computed);
    if session.capabilities().await?.update_returning {
        let returning = columns_of::<M>(read.iter().copied());
        let update = Update { returning, ..statement::<M>(set, guard::<M>(&guard_values)) };
        let sql = render(Statement::Update(update), session.dialect()).map_err(of_model::<M>)?.one_row();
        return session.fetch_one(&sql, label, detach).await.map_err(explained);
    }
    // In one transaction, so that no other write comes between the UPDATE and the query.
    in_one_transaction(session, async |session| {
        let Some(set) = with_known_key::<M>(&session, set, &guard_values).await? else { return Ok(None) };
        let key = key_after::<M>(&set, &guard_values);
        let update = statement::<M>(set, guard::<M>(&guard_values));
        let sql = render(Statement::Update(update), session.dialect()).map_err(of_model::<M>)?.one_row();
        if session.execute(&sql, label).await.map_err(explained)?.rows == 0 {
            return Ok(None);
        }
        read_back::<M>(read, &key, &session).await
    })
    .await
}

/// Replaces the expressions of the key's columns by their values, because the row is read back by its new key. `None`
/// if no row matches.
async fn with_known_key<M: Model>(session: &Session, mut set: Set, guard_values: &[Value]) -> Result<Option<Set>> {
    let is_computed =
        |(ordinal, expr): &&mut (usize, Expr)| M::TABLE.is_key(*ordinal) && !matches!(expr, Expr::Value(_));
    let computed: Vec<_> = set.iter_mut().filter(is_computed).map(|(_, expr)| expr).collect();
    if computed.is_empty() {
        return Ok(Some(set));
    }
    let mut select = Select::from(FromItem::Table(M::TABLE.into()));
    select.items = computed.iter().map(|expr| (**expr).clone().into()).collect();
    select.filter = Some(guard::<M>(guard_values));
    select.lock = Some(Lock { strength: LockStrength::Update, wait: LockWait::Wait });
    let sql = render(Statement::Select(select), session.dialect())?.one_row();
    let row = session.fetch_one(&sql, Label::new(M::TABLE.model, "read the key"), detach).await?;
    let Some(row) = row else { return Ok(None) };
    computed.into_iter().zip(row).for_each(|(expr, value)| *expr = Expr::Value(value));
    Ok(Some(set))
}

/// Returns the key of the row after an UPDATE.
fn key_after<M: Model>(set: &[(usize, Expr)], before: &[Value]) -> Vec<Value> {
    let assigned = |ordinal| {
        set.iter().find_map(|(assigned, expr)| match expr {
            Expr::Value(value) if *assigned == ordinal => Some(value.clone()),
            _ => None,
        })
    };
    M::TABLE.key.iter().zip(before).map(|(&ordinal, old)| assigned(ordinal).unwrap_or_else(|| old.clone())).collect()
}

/// Returns an UPDATE. It sets the key to itself if `set` is empty, because SQL needs at least one column.
fn statement<M: Model>(mut set: Set, filter: Expr) -> Update {
    if set.is_empty() {
        set.extend(M::TABLE.key.first().map(|&ordinal| (ordinal, (&M::TABLE.columns[ordinal]).into())));
    }
    let set = set.into_iter().map(|(ordinal, expr)| (column::<M>(ordinal), expr)).collect();
    Update { table: M::TABLE.name.into(), model: Some(M::TABLE), set, filter: Some(filter), returning: Vec::new() }
}
