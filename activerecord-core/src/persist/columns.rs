//! The assignments of `update_columns`.

use super::key::guard_values;
use crate::error::{Error, Result};
use crate::model::Model;
use crate::sql::require_distinct;
use crate::statement::Expr;
use crate::value::Value;

/// The ordinals of columns, and their new values.
pub(super) type Set = Vec<(usize, Expr)>;

/// What `update_columns` sets, and in which row.
#[derive(Debug)]
pub(super) struct Columns {
    /// The assignments.
    pub(super) set: Set,
    /// The key and the version of the row before the update. The record may already have others.
    pub(super) guard: Vec<Value>,
}

impl Columns {
    /// # Errors
    /// `Unsupported` for a column that the model lacks or the database computes, a second assignment of a column, and a
    /// key that counts as not set.
    pub(super) fn of<M: Model>(record: &M, assignments: Vec<(&'static str, Expr)>) -> Result<Self> {
        require_distinct(&assignments).map_err(|error| error.with_model(M::TABLE.model))?;
        let mut set: Set = Vec::with_capacity(assignments.len() + 2);
        for (column, expr) in assignments {
            let ordinal = assignable::<M>(column, &expr)?;
            set.push((ordinal, expr));
        }
        Ok(Self { set, guard: guard_values(record).collect() })
    }

    /// Sets the assigned values in the record, so that its hooks see them. Expressions have no value yet.
    pub(super) fn show<M: Model>(&self, record: &mut M) -> Result<()> {
        self.set.iter().try_for_each(|(ordinal, expr)| match expr {
            Expr::Value(value) => record.set_value(*ordinal, value.as_cell()),
            _ => Ok(()),
        })
    }

    /// Takes the values that the hooks have made of the assigned ones.
    pub(super) fn take<M: Model>(mut self, record: &M) -> Self {
        for (ordinal, expr) in &mut self.set {
            if let Expr::Value(value) = expr {
                *value = record.value(*ordinal);
            }
        }
        self
    }
}

fn assignable<M: Model>(column: &'static str, expr: &Expr) -> Result<usize> {
    let table = M::TABLE;
    let ordinal = table.ordinal(column).ok_or_else(|| refused::<M>(column, "is not a column of the model"))?;
    if table.columns[ordinal].is_generated() {
        return Err(refused::<M>(column, "is computed by the database, so it cannot be set"));
    }
    let is_unset = matches!(expr, Expr::Value(value) if value.is_unset());
    if *table.key == [ordinal] && is_unset {
        return Err(refused::<M>(column, "is the key, and this value means that it is not set: use another value"));
    }
    Ok(ordinal)
}

#[cold]
fn refused<M: Model>(column: &str, why: &str) -> Error {
    Error::unsupported(format!("`{column}` {why}")).with_model(M::TABLE.model)
}
