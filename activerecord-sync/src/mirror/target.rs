//! Applies captured changes to the target.

use std::collections::{BTreeMap, HashSet};

use activerecord_core::statement::{Delete, Statement};
use activerecord_core::{Error, Result, Row, TableDef, Transaction, Value};
use activerecord_distributed::{Event, permanent};
use chrono::Utc;

use super::Lag;
use super::key;
use super::owner::{Owner, Ownership};
use super::position::{Arrival, Former, Position};
use crate::capture::{Image, Images, REREAD, TRUNCATE, is_whole, row, value};
use crate::copy::Copy;

/// The most rows of one DELETE.
const ROWS: usize = 500;

pub(super) struct Target {
    copy: Copy,
    table: &'static TableDef,
    /// Whether a TRUNCATE of the source removes the rows of the target.
    truncates: bool,
    /// Whether a row of the target can come from different rows of the source.
    has_owners: bool,
    lag: Lag,
}

/// A change of one row of the source.
struct Change {
    sequence: i64,
    /// The key in the source, as text.
    key: String,
    /// The row of the target before the change, if its images were captured.
    before: Option<Vec<Value>>,
    /// The row of the target after the change. None: the row is deleted.
    after: Option<Vec<Value>>,
}

impl Target {
    pub(super) async fn new(copy: Copy, table: &'static TableDef, truncates: bool, lag: Lag) -> Result<Self> {
        let truncates = truncates && copy.source.connection.capabilities().truncate_triggers;
        if truncates {
            Position::create_floor(copy.target.connection.name(), &copy.job).await?;
        }
        let has_owners = !(copy.is_plain && key::is_that_of(&copy.source, &copy.target));
        Ok(Self { copy, table, truncates, has_owners, lag })
    }

    pub(super) async fn apply(&self, event: Event<Images>) -> Result<()> {
        let (kind, time) = (event.kind().to_owned(), event.time());
        let Some(sequence) = event.sequence() else {
            let id = event.id();
            return Err(permanent(Error::invalid(format!(
                "the event {id} is not a captured change: it has no sequence"
            ))));
        };
        if kind == TRUNCATE {
            self.truncate(sequence).await?;
        } else {
            let change = self.change(&kind, sequence, event.into_payload()).await?;
            let name = self.copy.target.connection.name();
            Transaction::begin(name).independent().run(async || self.bring(&change).await).await?;
        }
        let lag = (Utc::now() - time).to_std().unwrap_or_default();
        self.lag.set(lag);
        metrics::gauge!("activerecord_mirror_lag_seconds", "mirror" => self.copy.job.clone()).set(lag.as_secs_f64());
        Ok(())
    }

    /// Maps the images. If they are missing, reads the row from the source: it is as new as the event, or newer.
    async fn change(&self, kind: &str, sequence: i64, images: Images) -> Result<Change> {
        let Images { before, after, key: captured } = images;
        let with_key = captured.as_ref().or(after.as_ref()).or(before.as_ref());
        let with_key = with_key.ok_or_else(|| permanent(Error::invalid("the event has no row and no key")))?;
        let source = self.source_key(with_key).map_err(permanent)?;
        let key = key::text(&key::of(&self.copy.source, &source)).map_err(permanent)?;
        if kind == REREAD || ![&before, &after].into_iter().flatten().all(|image| is_whole(self.table, image)) {
            let before = self.same_key(&source)?;
            let after = self.live(source).await?;
            return Ok(Change { sequence, key, before, after });
        }
        let mapped = |image: Option<Image>| image.map(|image| self.map(&row(self.table, &image)?)).transpose();
        Ok(Change {
            sequence,
            key,
            before: mapped(before).map_err(permanent)?,
            after: mapped(after).map_err(permanent)?,
        })
    }

    fn map(&self, row: &Row) -> Result<Vec<Value>> {
        (self.copy.map)(&self.copy.source, row)
    }

    /// A row of the source with only the key of an image.
    fn source_key(&self, image: &Image) -> Result<Vec<Value>> {
        let mut row: Vec<_> = self.copy.source.columns.iter().map(|column| Value::Null(column.ty)).collect();
        for &ordinal in self.table.key {
            row[ordinal] = value(self.table, &self.table.columns[ordinal], image)?;
        }
        Ok(row)
    }

    /// The row of the target for the row of the source as it is now. None: it is deleted.
    async fn live(&self, row: Vec<Value>) -> Result<Option<Vec<Value>>> {
        let source = &self.copy.source;
        let key = source.key_of(&row);
        let mut select = source.select();
        select.filter = Some(source.keys(&[row]));
        for row in source.connection.read(select).await? {
            // A collation can find other keys, too.
            if source.key_of(&source.typed(&row)?) == key {
                return self.map(&row).map(Some).map_err(permanent);
            }
        }
        Ok(None)
    }

    /// Applies a change, in the current transaction.
    async fn bring(&self, change: &Change) -> Result<()> {
        let (name, mirror) = (self.copy.target.connection.name(), &*self.copy.job);
        if self.truncates && Position::floor(name, mirror).await? >= change.sequence {
            return Ok(());
        }
        let former = Position::advance(name, mirror, &change.key, change.sequence).await?;
        match former.event {
            Arrival::Latest => {
                let kept = self.replace(change, &former).await?;
                Position::set_target(name, mirror, &change.key, kept).await
            }
            Arrival::Late if self.has_owners => self.clear(change, &former).await,
            Arrival::Late | Arrival::Repeated => Ok(()),
        }
    }

    /// Removes the row of the target that the row of the source had, and writes the one that it has now. Returns the key of that
    /// one.
    async fn replace(&self, change: &Change, former: &Former) -> Result<Option<String>> {
        let after = change.after.as_ref();
        let kept = after.map(|row| self.json(row)).transpose()?;
        let mut left = self.left(change.before.iter(), kept.as_ref())?;
        if let Some(former) = former.target.as_ref().filter(|former| kept.as_ref() != Some(*former)) {
            left.insert(former.clone(), key::row(&self.copy.target, former)?);
        }
        if left.is_empty() && after.is_none() {
            return Err(self.unknown());
        }
        let (gone, is_ours) = self.agree(change, left, after).await?;
        let writer = self.copy.writer(false);
        if !gone.is_empty() {
            writer.remove(&gone).await?;
        }
        match after.filter(|_| is_ours) {
            Some(row) => writer.put(row.clone()).await.map(|()| kept),
            None => Ok(None),
        }
    }

    /// Removes the rows of the target of an event that comes late. It was not applied, so a row from before it can still exist,
    /// which a copy has written.
    async fn clear(&self, change: &Change, former: &Former) -> Result<()> {
        let left = self.left(change.before.iter().chain(&change.after), former.target.as_ref())?;
        let (gone, _) = self.agree(change, left, None).await?;
        match gone.is_empty() {
            true => Ok(()),
            false => self.copy.writer(false).remove(&gone).await.map(drop),
        }
    }

    /// These rows of the target by their keys, without the one that is kept.
    fn left<'r>(
        &self,
        rows: impl Iterator<Item = &'r Vec<Value>>,
        kept: Option<&String>,
    ) -> Result<BTreeMap<String, Vec<Value>>> {
        let mut left = BTreeMap::new();
        for row in rows {
            left.insert(self.json(row)?, row.clone());
        }
        if let Some(kept) = kept {
            left.remove(kept);
        }
        Ok(left)
    }

    /// The key of a row of the target as JSON.
    fn json(&self, row: &[Value]) -> Result<String> {
        key::json(&key::of(&self.copy.target, row))
    }

    /// Of the rows that the row of the source leaves, those that have no other owner; and whether it may write its row. The
    /// owners are changed in the order of their keys, so that two changes do not wait for each other.
    async fn agree(
        &self,
        change: &Change,
        left: BTreeMap<String, Vec<Value>>,
        after: Option<&Vec<Value>>,
    ) -> Result<(Vec<Vec<Value>>, bool)> {
        if !self.has_owners {
            return Ok((left.into_values().collect(), true));
        }
        let target = &self.copy.target;
        let ownership = Ownership {
            name: target.connection.name(),
            mirror: &self.copy.job,
            owner: &change.key,
            sequence: change.sequence,
        };
        let text = |row: &Vec<Value>| key::text(&key::of(target, row));
        let mut steps = BTreeMap::new();
        for row in left.into_values() {
            steps.insert(text(&row)?, Some(row));
        }
        if let Some(after) = after {
            steps.insert(text(after)?, None);
        }
        let (mut gone, mut is_ours) = (Vec::new(), true);
        for (key, row) in steps {
            match row {
                Some(row) if ownership.release(&key).await? => gone.push(row),
                Some(_) => {}
                None => is_ours = ownership.claim(&key).await?,
            }
        }
        Ok((gone, is_ours))
    }

    /// The row of the target with the key of a row of the source, if that is its row.
    fn same_key(&self, source: &[Value]) -> Result<Option<Vec<Value>>> {
        let json = || key::json(&key::of(&self.copy.source, source));
        (!self.has_owners).then(|| key::row(&self.copy.target, &json()?)).transpose()
    }

    /// The error for a row that is gone, and whose row in the target is not known.
    #[cold]
    fn unknown(&self) -> Error {
        permanent(Error::invalid(format!(
            "a row of `{}` was deleted, but its row in {} is not known: its images could not be captured, and no event wrote it; \
             run the job `{}` with `delete_missing`",
            self.table.name,
            self.copy.target.place(),
            self.copy.job,
        )))
    }

    /// Removes all rows except those that were written since.
    async fn truncate(&self, sequence: i64) -> Result<()> {
        if !self.truncates {
            return Ok(());
        }
        let (name, mirror) = (self.copy.target.connection.name(), &*self.copy.job);
        Transaction::begin(name)
            .independent()
            .run(async || {
                let Some(later) = Position::truncate(name, mirror, sequence).await? else { return Ok(()) };
                Owner::truncate(name, mirror, sequence).await?;
                self.remove_but(&later).await
            })
            .await
    }

    /// Deletes all rows but those with these keys, in the current transaction.
    async fn remove_but(&self, kept: &[String]) -> Result<()> {
        let target = &self.copy.target;
        if kept.is_empty() {
            let all = Delete { table: target.table.clone(), filter: None };
            return target.connection.write(Statement::Delete(all)).await.map(drop);
        }
        let kept: Vec<_> = kept.iter().map(|json| key::row(target, json)).collect::<Result<_>>()?;
        let kept: HashSet<_> = kept.iter().map(|row| target.key_of(row)).collect();
        let keyed = target.keyed();
        let mut gone = keyed.read(keyed.select()).await?;
        gone.retain(|row| !kept.contains(&keyed.key_of(row)));
        for rows in gone.chunks(ROWS) {
            let delete = Delete { table: target.table.clone(), filter: Some(keyed.keys(rows)) };
            target.connection.write(Statement::Delete(delete)).await?;
        }
        Ok(())
    }
}
