//! Renders locking reads.

use super::writer::Writer;
use crate::dialect::{Dialect, Locks};
use crate::error::{Error, Result};
use crate::statement::{FromItem, JoinKind, Lock, LockStrength, LockWait, Name, Select};

/// The locking clause, the last one of a query.
pub(super) struct Clause {
    words: &'static str,
    /// The locked tables; empty: all tables.
    of: Vec<Name>,
    wait: &'static str,
}

impl Clause {
    pub(super) fn write(self, w: &mut Writer<'_>) -> Result<()> {
        w.push(self.words);
        if !self.of.is_empty() {
            w.push(" OF ");
            w.list(self.of, |w, table| {
                w.name(&table);
                Ok::<_, Error>(())
            })?;
        }
        w.push(self.wait);
        Ok(())
    }
}

/// Returns the clause that locks the rows of `query`.
///
/// # Errors
/// `Unsupported` when the database cannot lock rows, or the rows of the query are not rows of a table.
pub(super) fn clause(lock: Lock, query: &Select, dialect: &Dialect) -> Result<Clause> {
    let Some(locks) = dialect.locks else { return Err(no_locks(dialect)) };
    if !query.is_row_by_row() || !matches!(query.from, FromItem::Table(_)) {
        return Err(refused("a query with groups, aggregates, distinct rows or set operators cannot lock its rows"));
    }
    let wait = match lock.wait {
        LockWait::Wait => "",
        LockWait::SkipLocked => " SKIP LOCKED",
        LockWait::NoWait => " NOWAIT",
    };
    let words = match (lock.strength, locks) {
        (LockStrength::Update, _) => " FOR UPDATE",
        (LockStrength::Share, Locks::Standard) => " FOR SHARE",
        (LockStrength::Share, Locks::ShareMode) if wait.is_empty() => " LOCK IN SHARE MODE",
        (LockStrength::Share, Locks::ShareMode) => return Err(shared_wait()),
    };
    Ok(Clause { words, of: locked_tables(query, locks), wait })
}

/// The tables that can be locked: a database with the standard clause refuses to lock the table of a left join.
fn locked_tables(query: &Select, locks: Locks) -> Vec<Name> {
    let has_left = query.joins.iter().any(|join| join.kind == JoinKind::Left);
    let FromItem::Table(first) = &query.from else { return Vec::new() };
    if locks != Locks::Standard || !has_left {
        return Vec::new();
    }
    let inner = query.joins.iter().filter(|join| join.kind == JoinKind::Inner).map(|join| &join.table);
    // OF does not accept a schema.
    std::iter::once(first)
        .chain(inner)
        .filter_map(|table| table.label().rsplit('.').next())
        .map(|name| name.to_owned().into())
        .collect()
}

#[cold]
fn no_locks(dialect: &Dialect) -> Error {
    Error::unsupported(format!(
        "{} cannot lock rows; postgresql and mysql can. It has only one writing transaction at a time: read the rows inside one",
        dialect.name
    ))
}

#[cold]
fn shared_wait() -> Error {
    refused("mysql supports skip_locked and nowait only with for_update; postgresql also supports them with for_share")
}

#[cold]
pub(super) fn refused(why: &str) -> Error {
    Error::unsupported(why)
}
