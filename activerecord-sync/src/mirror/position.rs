//! What a mirror has applied of each row of the source.

use std::cmp::Ordering;

use activerecord_core::{ActiveRecord as _, Model, Query, Result, Scalar as _, connection};
use activerecord_derive::ActiveRecord;
use activerecord_distributed::support::{OwnTable, insert};

use super::key::MARK;

/// The last event that was applied to a row of the source.
#[derive(ActiveRecord, Clone, Debug)]
#[activerecord(crate = activerecord_core)]
#[table = "ar_mirror"]
pub(super) struct Position {
    #[primary_key]
    mirror: String,
    /// The key in the source.
    #[primary_key]
    #[column = "row_key"]
    key: String,
    sequence: i64,
    /// As JSON: the key of the row of the target that this row has written. None: it has none, or an earlier version of this
    /// library wrote the position.
    target: Option<String>,
}

impl OwnTable for Position {}

/// A position before an event.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Former {
    /// When the event comes, compared with the stored one.
    pub(super) event: Arrival,
    /// The key of the row of the target.
    pub(super) target: Option<String>,
}

/// When an event of a row comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    /// It is the latest one.
    Latest,
    /// It was the latest one before.
    Repeated,
    /// A later one was applied before.
    Late,
}

impl Position {
    /// Stores an event as the last one of a row, in the current transaction. An event that is not later than the stored one
    /// changes nothing.
    pub(super) async fn advance(name: &str, mirror: &str, key: &str, sequence: i64) -> Result<Former> {
        let here = Self::using(name).filter(Self::MIRROR.eq(mirror) & Self::KEY.eq(key));
        match locked(name, here.clone())?.all().await?.pop() {
            Some(found) => {
                let event = match found.sequence.cmp(&sequence) {
                    Ordering::Less => Arrival::Latest,
                    Ordering::Equal => Arrival::Repeated,
                    Ordering::Greater => Arrival::Late,
                };
                if event == Arrival::Latest {
                    here.update((Self::SEQUENCE.set(sequence),)).await?;
                }
                Ok(Former { event, target: found.target })
            }
            // If two transactions insert at once, the second fails and is retried.
            None => {
                let (mirror, key) = (mirror.to_owned(), key.to_owned());
                insert(name, &mut Self { mirror, key, sequence, target: None }).await?;
                Ok(Former { event: Arrival::Latest, target: None })
            }
        }
    }

    /// Stores the key of the row of the target.
    pub(super) async fn set_target(name: &str, mirror: &str, key: &str, target: Option<String>) -> Result<()> {
        let here = Self::using(name).filter(Self::MIRROR.eq(mirror) & Self::KEY.eq(key));
        here.update((Self::TARGET.set(target),)).await.map(drop)
    }

    /// Creates the position of the table itself, so that it can be locked.
    pub(super) async fn create_floor(name: &str, mirror: &str) -> Result<()> {
        let floor = Self { mirror: mirror.to_owned(), key: floor(), sequence: 0, target: None };
        match insert(name, &mut floor.clone()).await {
            Err(error) if error.is_unique_violation() => Ok(()),
            inserted => inserted,
        }
    }

    /// The last TRUNCATE that was applied. It cannot change until the transaction ends.
    pub(super) async fn floor(name: &str, mirror: &str) -> Result<i64> {
        let here = Self::using(name).filter(Self::MIRROR.eq(mirror) & Self::KEY.eq(floor()));
        let here = if connection(name)?.capabilities().row_locks { here.for_share() } else { here };
        Ok(here.all().await?.pop().map_or(0, |floor| floor.sequence))
    }

    /// Stores a TRUNCATE, forgets all earlier events, and returns the targets of rows with later events. None: a later TRUNCATE
    /// was applied.
    pub(super) async fn truncate(name: &str, mirror: &str, sequence: i64) -> Result<Option<Vec<String>>> {
        let of_mirror = || Self::using(name).filter(Self::MIRROR.eq(mirror));
        let floor = of_mirror().filter(Self::KEY.eq(floor()) & Self::SEQUENCE.lt(sequence));
        if floor.update((Self::SEQUENCE.set(sequence),)).await? == 0 {
            return Ok(None);
        }
        of_mirror().filter(Self::SEQUENCE.lt(sequence)).delete().await?;
        let later = of_mirror().filter(Self::SEQUENCE.gt(sequence)).all().await?;
        Ok(Some(later.into_iter().filter_map(|position| position.target).collect()))
    }
}

/// The key of the position of the table itself.
fn floor() -> String {
    format!("{MARK}truncate")
}

/// A query whose rows no other transaction can change. Where the database has no locks, it has one writer.
pub(super) fn locked<M: Model>(name: &str, query: Query<M>) -> Result<Query<M>> {
    Ok(if connection(name)?.capabilities().row_locks { query.for_update() } else { query })
}
