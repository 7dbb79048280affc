//! Locking reads.

use super::writer::Writer;
use crate::dialect::{Dialect, Locks};
use crate::error::{Error, Result};
use crate::statement::{JoinKind, Lock, LockStrength, LockWait, Name, Select, Source};

/// The clause of a locking read, which is the query's last.
pub(super) struct Clause {
    words: &'static str,
    /// The tables it is about; none are named when it is about all.
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

/// The clause that locks the rows of `query`.
///
/// # Errors
/// `Unsupported` when the database locks no rows or the query's rows are none of a table.
pub(super) fn clause(lock: Lock, query: &Select, dialect: &Dialect) -> Result<Clause> {
    let Some(locks) = dialect.locks else { return Err(no_locks(dialect)) };
    if !query.is_row_by_row() || !matches!(query.from, Source::Table(_)) {
        return Err(refused(
            "rows that are grouped, made distinct or put together from several queries cannot be locked",
        ));
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

/// A row that a left join did not find cannot be locked, and a database that would refuse it is told which can.
fn locked_tables(query: &Select, locks: Locks) -> Vec<Name> {
    let has_left = query.joins.iter().any(|join| join.kind == JoinKind::Left);
    let Source::Table(first) = &query.from else { return Vec::new() };
    if locks != Locks::Standard || !has_left {
        return Vec::new();
    }
    let inner = query.joins.iter().filter(|join| join.kind == JoinKind::Inner).map(|join| &join.table);
    // OF takes no schema.
    std::iter::once(first)
        .chain(inner)
        .filter_map(|table| table.label().rsplit('.').next())
        .map(|name| name.to_owned().into())
        .collect()
}

#[cold]
fn no_locks(dialect: &Dialect) -> Error {
    Error::unsupported(format!(
        "{} locks no rows; postgresql and mysql do. Here a transaction that writes is the only one: begin one and read in it",
        dialect.name
    ))
}

#[cold]
fn shared_wait() -> Error {
    refused("mysql knows skip_locked and nowait with for_update alone; postgresql takes them with for_share too")
}

#[cold]
pub(super) fn refused(why: &str) -> Error {
    Error::unsupported(why)
}
