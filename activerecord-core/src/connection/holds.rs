//! Refuses a value that its column would change, before it is sent. The table is described at the first write of each
//! model, and what its columns keep is remembered with the descriptions of the connection.
//!
//! A table that cannot be described is not checked: a view, a table that the login has no permission to see, a temporary
//! table of another transaction. The values that the database computes are not checked either.

use std::sync::Arc;

use super::advance::has_sequence;
use super::describe::{Descriptions, description_aside, read_aside};
use super::session::Session;
use crate::catalog::{Keeps, TableInfo, TableKind};
use crate::dialect::Sequences;
use crate::error::{Error, ErrorKind, Result};
use crate::schema::{ColumnDef, TableDef};
use crate::value::{Spelling, Value};

/// What the columns of a model's table keep. None: everything, and its key has no sequence; or the table is not checked.
pub(crate) type Held = Option<Arc<Holds>>;

/// What the writes of a model have to know of its table.
#[derive(Debug)]
pub(crate) struct Holds {
    /// The columns that do not keep every value of their fields, by their ordinals in the model.
    columns: Vec<(usize, Keeps)>,
    sequenced: Option<Sequenced>,
}

/// A key that the database takes from a sequence.
#[derive(Debug)]
pub(super) struct Sequenced {
    /// The ordinal of the column in the model.
    pub(super) ordinal: usize,
    pub(super) column: &'static str,
    pub(super) info: Arc<TableInfo>,
}

/// The values of rows that are written, row by row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cells<'c> {
    /// The ordinals of the columns in the model.
    pub(crate) columns: &'c [usize],
    pub(crate) values: &'c [Value],
    /// The index of the first row among the records of a bulk write.
    pub(crate) first: Option<usize>,
}

/// Returns what the columns of the model's table keep.
///
/// # Errors
/// Those of the connection.
#[inline]
pub(crate) async fn held(session: &Session, table: &'static TableDef) -> Result<Held> {
    match session.descriptions().held(table) {
        Some(held) => Ok(held),
        // Boxed, because hooks nest writes, and only the first write needs its space.
        None => Box::pin(learn(session, table)).await,
    }
}

/// Whether there is a column that does not keep every value.
#[inline]
pub(crate) fn is_strict(held: &Held) -> bool {
    held.as_ref().is_some_and(|holds| !holds.columns.is_empty())
}

/// Checks that the columns keep these values.
///
/// # Errors
/// `Conversion` with the column, and with the index of the record in a bulk write.
#[inline]
pub(crate) async fn check(held: &Held, session: &Session, table: &'static TableDef, cells: Cells<'_>) -> Result<()> {
    match held {
        Some(holds) if holds.lost(cells).is_some() => Box::pin(refuse(session, table, cells)).await,
        _ => Ok(()),
    }
}

impl Holds {
    fn of(info: &Arc<TableInfo>, table: &'static TableDef) -> Held {
        let keeps = |def: &ColumnDef| {
            let exact = info.column(def.name);
            let column =
                exact.or_else(|| info.columns.iter().find(|column| column.name.eq_ignore_ascii_case(def.name)))?;
            Keeps::of(info, column, Spelling { ty: def.ty, stored: info.dialect.spelling(def.ty, def.stored) })
        };
        let columns: Vec<_> =
            (0..).zip(table.columns).filter_map(|(ordinal, def)| Some((ordinal, keeps(def)?))).collect();
        let sequenced = Sequenced::of(info, table);
        (!columns.is_empty() || sequenced.is_some()).then(|| Arc::new(Self { columns, sequenced }))
    }

    pub(super) fn sequenced(&self) -> Option<&Sequenced> {
        self.sequenced.as_ref()
    }

    /// The ordinal of the key in the model, if the database takes it from a sequence.
    pub(crate) fn sequenced_key(&self) -> Option<usize> {
        self.sequenced().map(|key| key.ordinal)
    }

    /// The digits after the seconds that a column keeps.
    pub(crate) fn digits(&self, ordinal: usize) -> Option<u32> {
        self.columns.iter().find(|(known, _)| *known == ordinal).map(|(_, keeps)| keeps.digits())
    }

    /// The first value that its column would change: the number of its row, and the column.
    fn lost<'s>(&'s self, cells: Cells<'s>) -> Option<(usize, &'s Keeps, &'s Value)> {
        let place = |ordinal: usize| cells.columns.iter().position(|written| *written == ordinal);
        let checked = self.columns.iter().filter_map(|(ordinal, keeps)| {
            let place = place(*ordinal)?;
            let rows = cells.values.chunks(cells.columns.len()).map(|row| &row[place]).enumerate();
            rows.into_iter().find(|(_, value)| !keeps.keeps(value)).map(|(row, value)| (row, keeps, value))
        });
        checked.min_by_key(|(row, ..)| *row)
    }
}

impl Sequenced {
    /// None: the model has no key of one column, or it has no sequence.
    fn of(info: &Arc<TableInfo>, table: &'static TableDef) -> Option<Self> {
        let [ordinal] = *table.key else { return None };
        let column = table.columns[ordinal].name;
        let has_sequence = info.dialect.sequences != Sequences::None
            && info.column(column).is_some_and(|column| has_sequence(info, column));
        has_sequence.then(|| Self { ordinal, column, info: Arc::clone(info) })
    }
}

/// Describes the table, and keeps what its columns keep.
async fn learn(session: &Session, table: &'static TableDef) -> Result<Held> {
    let descriptions = session.descriptions();
    let generation = descriptions.generation();
    let info = seen(session, description_aside(session, table.name).await)?;
    Ok(keep(descriptions, generation, table, info.as_ref()))
}

fn keep(descriptions: &Descriptions, generation: u64, table: &'static TableDef, info: Option<&Arc<TableInfo>>) -> Held {
    let held = info.and_then(|info| Holds::of(info, table));
    descriptions.keep_held(generation, table, &held);
    held
}

/// Returns the description; None when there is none, or when it could be that of another table.
///
/// # Errors
/// Those that the write itself would have, too.
fn seen(session: &Session, described: Result<Option<Arc<TableInfo>>>) -> Result<Option<Arc<TableInfo>>> {
    let own = session.has_own_tables();
    let is_checked = |info: &Arc<TableInfo>| {
        matches!(info.kind, TableKind::Table | TableKind::Partitioned)
            && (own || !info.temporary)
            && (!own || info.dialect.keeping.describes_temporary)
    };
    match described {
        Ok(info) => Ok(info.filter(is_checked)),
        Err(error) if is_of_catalog(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether the database refused to describe a table. Other errors, such as a lost connection, are of the write, too.
fn is_of_catalog(error: &Error) -> bool {
    use ErrorKind::{Conversion, Database, Deadlock, InvalidStatement, PermissionDenied, Serialization, Unsupported};
    matches!(
        error.kind(),
        Conversion | Database | Deadlock | InvalidStatement | PermissionDenied | Serialization | Unsupported
    )
}

/// Returns the error of a value that its column would change. Another program can have changed the table since it was
/// described, so it is described again first.
#[cold]
async fn refuse(session: &Session, table: &'static TableDef, cells: Cells<'_>) -> Result<()> {
    let descriptions = session.descriptions();
    let generation = descriptions.generation();
    let info = seen(session, read_aside(session, table.name).await)?;
    let Some(fresh) = keep(descriptions, generation, table, info.as_ref()) else { return Ok(()) };
    let Some((row, keeps, value)) = fresh.lost(cells) else { return Ok(()) };
    let error = keeps.refusal(table.name, value).with_model(table.model).with_connection(session.endpoint().name());
    Err(match cells.first {
        Some(first) => error.with_record_index(first + row),
        None => error,
    })
}
