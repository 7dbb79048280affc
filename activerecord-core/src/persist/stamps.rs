//! The values that a write fills in: timestamps, a UUID key, and the next `#[version]`.

use chrono::{DateTime, SubsecRound, Utc};
use uuid::Uuid;

use crate::connection::holds::Held;
use crate::dialect::Dialect;
use crate::error::{Error, Result};
use crate::model::Model;
use crate::schema::{ColumnDef, Origin, TableDef};
use crate::statement::{Arithmetic, Expr};
use crate::value::{ToValue, Value, ValueType};

/// The ordinal of a column, and its value.
pub(super) type Stamp = (usize, Value);

/// The time of a write.
#[derive(Clone, Debug)]
pub(crate) struct Now {
    time: DateTime<Utc>,
    dialect: &'static Dialect,
    held: Held,
}

impl Now {
    /// The current time, for a table whose columns keep this.
    pub(crate) fn of(dialect: &'static Dialect, held: &Held) -> Self {
        Self { time: Utc::now(), dialect, held: held.clone() }
    }

    /// Returns the time as a value of the column's type, cut to the digits that the column keeps.
    fn value(&self, table: &TableDef, ordinal: usize) -> Value {
        let def = &table.columns[ordinal];
        let held = self.held.as_ref().and_then(|holds| holds.digits(ordinal)).unwrap_or(6);
        let digits = self.dialect.spelling(def.ty, def.stored).digits().min(held);
        // `to_value` rounds to microseconds.
        let time = if digits < 6 { self.time.trunc_subsecs(u16::try_from(digits).unwrap_or(6)) } else { self.time };
        match def.ty {
            ValueType::DateTime => time.naive_utc().to_value(),
            ValueType::Date => time.date_naive().to_value(),
            _ => time.to_value(),
        }
    }
}

/// Returns the stamps of an INSERT: the timestamps, and a UUID key if it is unset and the database does not supply it.
pub(super) fn of_insert<M: Model>(record: &M, now: &Now) -> Vec<Stamp> {
    let table = M::TABLE;
    let created_at = table.created_at.filter(|&ordinal| record.value(ordinal).is_unset());
    let times = created_at.into_iter().chain(table.updated_at);
    let mut stamps: Vec<_> = times.map(|ordinal| (ordinal, now.value(table, ordinal))).collect();
    if let [ordinal] = *table.key
        && table.columns[ordinal].ty == ValueType::Uuid
        && matches!(table.columns[ordinal].origin, Origin::Field)
        && record.value(ordinal).is_unset()
    {
        stamps.push((ordinal, Uuid::now_v7().to_value()));
    }
    stamps
}

/// Returns the stamps of an UPDATE of one record: the time, and the version after `version`, the row's.
///
/// # Errors
/// `Conversion` if the version has the maximum value of its type.
pub(super) fn of_update<M: Model>(record: &mut M, version: Option<Value>, now: &Now) -> Result<Vec<Stamp>> {
    let table = M::TABLE;
    let mut stamps = Vec::new();
    if let Some(ordinal) = table.updated_at {
        stamps.push((ordinal, now.value(table, ordinal)));
    }
    if let (Some(ordinal), Some(version)) = (table.version, version) {
        let next = next(&version).ok_or_else(|| version_overflow::<M>())?;
        // Only the field knows the maximum of its type. It is checked before the row is written.
        let now = record.value(ordinal);
        record.set_value(ordinal, next.as_cell()).map_err(|_| version_overflow::<M>())?;
        record.set_value(ordinal, now.as_cell())?;
        stamps.push((ordinal, next));
    }
    Ok(stamps)
}

/// Returns the stamps of an UPDATE of many rows: the time, and the next version of each row.
pub(crate) fn of_rows(table: &'static TableDef, now: &Now) -> impl Iterator<Item = (usize, Expr)> + use<> {
    let time = table.updated_at.map(|ordinal| (ordinal, Expr::Value(now.value(table, ordinal))));
    let version = table.version.map(|ordinal| (ordinal, next_version(&table.columns[ordinal])));
    time.into_iter().chain(version)
}

/// Returns the mark of a soft deletion; `None` if the model has no `#[soft_delete]`.
pub(crate) fn of_soft_delete(table: &TableDef, now: &Now) -> Option<Stamp> {
    table.soft_delete.map(|ordinal| (ordinal, now.value(table, ordinal)))
}

/// Returns the row's version plus one.
pub(super) fn next_version(def: &'static ColumnDef) -> Expr {
    let next = Expr::Arithmetic(Box::new(def.into()), Arithmetic::Add, Box::new(Expr::Value(Value::I32(1))));
    next.checked(def.limits)
}

/// Returns the stamp for `ordinal`, or else the record's value.
pub(super) fn stamped<M: Model>(record: &M, stamps: &[Stamp], ordinal: usize) -> Value {
    let stamp = stamps.iter().find(|(stamped, _)| *stamped == ordinal);
    stamp.map_or_else(|| record.value(ordinal), |(_, value)| value.clone())
}

/// Sets the stamps in the record, after the row is written.
pub(super) fn apply<M: Model>(record: &mut M, stamps: &[Stamp]) -> Result<()> {
    stamps.iter().try_for_each(|(ordinal, value)| record.set_value(*ordinal, value.as_cell()))
}

fn next(version: &Value) -> Option<Value> {
    match version {
        Value::I16(n) => n.checked_add(1).map(Value::I16),
        Value::I32(n) => n.checked_add(1).map(Value::I32),
        Value::I64(n) => n.checked_add(1).map(Value::I64),
        Value::U64(n) => n.checked_add(1).map(Value::U64),
        _ => None,
    }
}

#[cold]
fn version_overflow<M: Model>() -> Error {
    Error::conversion("the #[version] column has the maximum value of its type; use a larger type, such as i64")
        .with_model(M::TABLE.model)
}
