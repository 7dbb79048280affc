//! The key and the version that identify a record's row.

use super::stamps::{Stamp, stamped};
use crate::model::Model;
use crate::schema::Origin;
use crate::statement::{Compare, Expr};
use crate::value::Value;

/// Returns true if the database has to generate the key, or a part of it: a single key that is 0, `None` or the nil
/// UUID, and a part with `#[column(default)]` that is not set. A composite key is a value like any other.
pub(super) fn key_is_unset<M: Model>(record: &M) -> bool {
    match *M::TABLE.key {
        [ordinal] if record.value(ordinal).is_unset() => true,
        ref key => M::TABLE.supplied && key.iter().any(|&ordinal| is_supplied(record, ordinal)),
    }
}

/// Returns true if an INSERT of the record leaves this column to the database: `#[column(generated)]`, or an unset
/// field with `#[column(default)]`.
pub(super) fn is_supplied<M: Model>(record: &M, ordinal: usize) -> bool {
    match M::TABLE.columns[ordinal].origin {
        Origin::Field => false,
        Origin::FieldOrDefault(unset) => record.value(ordinal) == unset(),
        Origin::Generated => true,
    }
}

pub(super) fn key_values<M: Model>(record: &M) -> Vec<Value> {
    M::TABLE.key.iter().map(|&ordinal| record.value(ordinal)).collect()
}

/// Returns the condition for the row with this key.
pub(super) fn key_filter<M: Model>(key: &[Value]) -> Expr {
    Expr::And(M::TABLE.key_columns().zip(key).map(|(def, value)| is(def.into(), value)).collect())
}

fn is(column: Expr, value: &Value) -> Expr {
    Expr::Compare(Box::new(column), Compare::Eq, Box::new(Expr::Value(value.clone())))
}

/// Returns the key of the record's row, and its version if the model has one: the binds of [`guard`].
pub(super) fn guard_values<M: Model>(record: &M) -> impl Iterator<Item = Value> {
    M::TABLE.key.iter().copied().chain(M::TABLE.version).map(|ordinal| record.value(ordinal))
}

/// Returns the record's version; `None` if the model has none.
pub(super) fn version<M: Model>(record: &M) -> Option<Value> {
    M::TABLE.version.map(|ordinal| record.value(ordinal))
}

/// Returns the condition for the row with this key and version.
pub(super) fn guard<M: Model>(values: &[Value]) -> Expr {
    let filter = key_filter::<M>(values);
    match (M::TABLE.version, values.last()) {
        (Some(ordinal), Some(version)) => filter.and(is((&M::TABLE.columns[ordinal]).into(), version)),
        _ => filter,
    }
}

/// The columns that an INSERT leaves to the database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Left {
    /// A single key that is not set.
    pub(super) key: Option<usize>,
    /// The other columns.
    pub(super) supplied: Vec<usize>,
}

impl Left {
    pub(super) fn of<M: Model>(record: &M, stamps: &[Stamp]) -> Self {
        let key = match *M::TABLE.key {
            [ordinal] if stamped(record, stamps, ordinal).is_unset() => Some(ordinal),
            _ => None,
        };
        if !M::TABLE.supplied {
            return Self { key, supplied: Vec::new() };
        }
        let others = (0..M::TABLE.columns.len()).filter(|&ordinal| key != Some(ordinal));
        Self { key, supplied: others.filter(|&ordinal| is_supplied(record, ordinal)).collect() }
    }

    /// Returns true if the INSERT leaves this column out.
    pub(super) fn has(&self, ordinal: usize) -> bool {
        self.key == Some(ordinal) || self.supplied.contains(&ordinal)
    }

    /// Returns the columns, the key first.
    pub(super) fn ordinals(&self) -> impl Iterator<Item = usize> {
        self.key.into_iter().chain(self.supplied.iter().copied())
    }

    /// Returns the columns that the INSERT writes, in the order of the table.
    pub(super) fn written<M: Model>(&self) -> impl Iterator<Item = usize> {
        (0..M::TABLE.columns.len()).filter(|&ordinal| !self.has(ordinal))
    }

    /// Returns a bit for each column; `None` if a column has no bit.
    pub(super) fn bits(&self) -> Option<u64> {
        self.ordinals().try_fold(0, |bits, ordinal| (ordinal < 64).then(|| bits | 1 << ordinal))
    }
}
