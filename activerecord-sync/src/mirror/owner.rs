//! Which row of the source has written a row of the target.

use activerecord_core::{ActiveRecord as _, Query, Result, Scalar as _};
use activerecord_derive::ActiveRecord;
use activerecord_distributed::support::{OwnTable, insert};

use super::position::locked;

/// The row of the source that has a row of the target.
#[derive(ActiveRecord, Clone, Debug)]
#[activerecord(crate = activerecord_core)]
#[table = "ar_mirror_targets"]
pub(super) struct Owner {
    #[primary_key]
    mirror: String,
    /// The key in the target.
    #[primary_key]
    target_key: String,
    /// The key in the source. Empty: none, while a transaction removes the row.
    owner: String,
    /// The event by which the owner has written the row.
    sequence: i64,
}

impl OwnTable for Owner {}

/// The rows of the target that an event of one row of the source changes.
#[derive(Debug)]
pub(super) struct Ownership<'m> {
    pub(super) name: &'m str,
    pub(super) mirror: &'m str,
    /// The key in the source.
    pub(super) owner: &'m str,
    pub(super) sequence: i64,
}

impl Ownership<'_> {
    /// Makes the row of the source the owner of a row of the target, in the current transaction. Returns false if a later event
    /// of another row has written it.
    pub(super) async fn claim(&self, key: &str) -> Result<bool> {
        let Some(found) = self.locked(key).await? else {
            self.insert(key, self.owner).await?;
            return Ok(true);
        };
        if found.owner != self.owner && found.sequence > self.sequence {
            return Ok(false);
        }
        let (owner, sequence) = (self.owner.to_owned(), self.sequence);
        self.here(key).update((Owner::OWNER.set(owner), Owner::SEQUENCE.set(sequence))).await?;
        Ok(true)
    }

    /// Gives up a row of the target, in the current transaction. Returns false if another row of the source has it: then it must
    /// stay.
    pub(super) async fn release(&self, key: &str) -> Result<bool> {
        match self.locked(key).await? {
            Some(found) if found.owner != self.owner => return Ok(false),
            Some(_) => {}
            // A row that a copy has written has no owner. A transaction that claims it waits for this insert.
            None => self.insert(key, "").await?,
        }
        self.here(key).delete().await?;
        Ok(true)
    }

    async fn locked(&self, key: &str) -> Result<Option<Owner>> {
        Ok(locked(self.name, self.here(key))?.all().await?.pop())
    }

    /// If two transactions insert at once, the second fails and is retried.
    async fn insert(&self, key: &str, owner: &str) -> Result<()> {
        let (mirror, target_key) = (self.mirror.to_owned(), key.to_owned());
        insert(self.name, &mut Owner { mirror, target_key, owner: owner.to_owned(), sequence: self.sequence }).await
    }

    fn here(&self, key: &str) -> Query<Owner> {
        Owner::using(self.name).filter(Owner::MIRROR.eq(self.mirror) & Owner::TARGET_KEY.eq(key))
    }
}

impl Owner {
    /// Forgets the owners whose events are older than a TRUNCATE.
    pub(super) async fn truncate(name: &str, mirror: &str, sequence: i64) -> Result<()> {
        Self::using(name).filter(Self::MIRROR.eq(mirror) & Self::SEQUENCE.lt(sequence)).delete().await.map(drop)
    }
}
