//! From the settings of a job to the plan of a copy.

use std::sync::Arc;

use activerecord_core::{
    ActiveRecord as _, ConnectionHandle, Error, Model, Result, Row, TableDef, ValueType, connection,
};

use super::SyncJob;
use crate::copy::{Copy, Map, Side};

impl<S: Model, T: Model> SyncJob<S, T> {
    pub(crate) fn copy(&self) -> Result<Copy> {
        let every: Vec<_> = (0..S::TABLE.columns.len()).collect();
        let source = Side::of(handle::<S>(self.source.as_deref())?, S::TABLE, &every, S::TABLE.key);
        let target = Side::of(handle::<T>(self.target.as_deref())?, T::TABLE, &self.written(), &self.key()?);
        let default_name = || format!("{}.{}>{}", source.connection.name(), S::TABLE.name, T::TABLE.name);
        Ok(Copy {
            job: self.name.clone().unwrap_or_else(default_name),
            map: self.mapping()?,
            is_plain: self.map.is_none() && source.columns.len() == target.columns.len(),
            by_digest: false,
            since: self.since.and_then(|name| ordinal(S::TABLE, name)),
            tombstones: self.tombstones.as_ref().map(|find| find(source.connection.clone(), self.written())),
            tables: None,
            limit: None,
            options: self.options.clone(),
            refused: Arc::default(),
            seen: Arc::default(),
            source,
            target,
        })
    }

    fn mapping(&self) -> Result<Map> {
        let ordinals = self.written();
        match self.map.clone() {
            Some(map) => Ok(by_closure(map, ordinals)),
            None if S::TABLE.id == T::TABLE.id => Ok(Arc::new(move |side: &Side, row: &Row| {
                let mut values = side.typed(row)?;
                let mut ordinal = 0..;
                values.retain(|_| ordinal.next().is_some_and(|ordinal| ordinals.contains(&ordinal)));
                Ok(values)
            })),
            None => Err(Error::configuration(format!(
                "a job from `{}` to `{}` needs a closure that maps a row; add .map(|row| ..)",
                S::TABLE.model,
                T::TABLE.model
            ))),
        }
    }

    /// The ordinals of the target's key.
    fn key(&self) -> Result<Vec<usize>> {
        let key: Vec<_> = match self.keys.is_empty() {
            true => T::TABLE.key.to_vec(),
            false => self.keys.iter().filter_map(|name| ordinal(T::TABLE, name)).collect(),
        };
        if key.is_empty() { Err(Error::configuration(format!("`{}` has no key", T::TABLE.model))) } else { Ok(key) }
    }

    /// The ordinals of the columns that are written: all but those that the database computes, and a numeric primary key that it
    /// generates.
    fn written(&self) -> Vec<usize> {
        let generated = match T::TABLE.key {
            [key] if !self.keys.is_empty() && !self.keys.contains(&T::TABLE.columns[*key].name) => Some(*key),
            _ => None,
        };
        let numbers = [ValueType::I16, ValueType::I32, ValueType::I64, ValueType::U64];
        let is_number = |ordinal: usize| numbers.contains(&T::TABLE.columns[ordinal].ty);
        let is_left = |ordinal: usize| Some(ordinal) == generated && is_number(ordinal);
        let columns = 0..T::TABLE.columns.len();
        columns.filter(|&ordinal| !is_left(ordinal) && !T::TABLE.columns[ordinal].is_generated()).collect()
    }
}

/// Maps a row by a closure, to the columns with these ordinals.
pub(super) fn by_closure<S: Model, T: Model>(map: Arc<dyn Fn(S) -> T + Send + Sync>, ordinals: Vec<usize>) -> Map {
    Arc::new(move |_: &Side, row: &Row| {
        let record = map(S::from_row(row, 0)?);
        Ok(ordinals.iter().map(|&ordinal| record.value(ordinal)).collect())
    })
}

pub(super) fn ordinal(table: &TableDef, name: &str) -> Option<usize> {
    table.columns.iter().position(|def| def.name == name)
}

/// The connection of this name, or the model's connection in this scope.
fn handle<M: Model>(name: Option<&str>) -> Result<ConnectionHandle> {
    name.map_or_else(M::connection, connection)
}
