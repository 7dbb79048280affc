//! Writing: one statement, or a script of several.

use std::sync::Arc;

use activerecord_core::backend::Outcome;
use activerecord_core::sql::{Access, Sql};
use activerecord_core::{ErrorKind, Result, SQLITE};

use super::SqliteConnection;
use super::patience::Patience;
use super::session::{Attempt, Session, Written};
use super::transaction::Held;
use crate::cache::Slot;
use crate::dialect::Verb;
use crate::error;
use crate::file::Turn;
use crate::statement::{Cursor, Prepared, Step};

impl SqliteConnection {
    /// Waits for the turn to write, and runs a statement that writes.
    pub(super) async fn write(&mut self, sql: &Sql, mut slot: Slot) -> Result<Written> {
        self.session()?.check_write()?;
        let mut held = Held::take(self).await?;
        let written = loop {
            let keyed = held.0.with_keys(sql).await?;
            if let Some(keyed) = &keyed {
                slot = held.0.one(keyed).await?;
            }
            match held.0.write_in_turn(sql, slot).await {
                // Another process has inserted one of the keys meanwhile.
                Err(error) if keyed.is_some() && error.is_unique_violation() => {
                    if held.0.with_keys(sql).await? == keyed {
                        return Err(error);
                    }
                    slot = held.0.one(sql).await?;
                }
                written => break written?,
            }
        };
        held.checkpoint().await?;
        Ok(written)
    }

    async fn write_in_turn(&mut self, sql: &Sql, slot: Slot) -> Result<Written> {
        let (on_thread, generates) = (!self.session()?.writes_in_place(slot), generates_keys(sql));
        self.attempt(on_thread, move |session, in_place| session.write(slot, in_place, generates)).await
    }

    /// The INSERT with the keys that it must use. None when the keys that SQLite generates are good.
    async fn with_keys(&mut self, sql: &Sql) -> Result<Option<Sql>> {
        let Some(key) = sql.generated_key() else { return Ok(None) };
        let mut patience = Patience::new();
        loop {
            let session = self.session()?;
            match session.first_key(key) {
                Err(error) if error.kind() == ErrorKind::Busy => patience.wait_to_read(session).await?,
                first => return first?.map_or(Ok(None), |first| sql.with_keys(first, &SQLITE)),
            }
        }
    }

    /// Prepares a text that is known to be one statement.
    async fn one(&mut self, sql: &Sql) -> Result<Slot> {
        match self.prepare(sql).await? {
            Prepared::One(slot) => Ok(slot),
            Prepared::Script => Err(error::not_one_statement()),
        }
    }

    /// Writes on the calling task, if that needs no wait. None: it has written nothing, and the caller tries again.
    /// When a checkpoint is due, it returns the turn to write too.
    pub(super) fn write_at_once(&mut self, sql: &Sql, slot: Slot) -> Result<Option<(Written, Option<Turn>)>> {
        let session = self.session()?;
        if session.database.cursor(slot).profile().readonly || !session.writes_in_place(slot) {
            return Ok(None);
        }
        session.check_write()?;
        let Some(held) = Held::take_at_once(self)? else { return Ok(None) };
        let session = held.0.session()?;
        if session.has_floor(sql) {
            return Ok(None);
        }
        let Attempt::Done(written) = session.write(slot, true, generates_keys(sql))? else { return Ok(None) };
        let turn = if session.checkpoint_is_due() { session.turn.take() } else { None };
        Ok(Some((written, turn)))
    }

    /// Runs several statements as one: after an error none of them has an effect.
    pub(super) async fn run_script(&mut self, script: &Arc<str>) -> Result<Outcome> {
        self.session()?.check_write()?;
        let mut held = Held::take(self).await?;
        let mut patience = Patience::new();
        let outcome = loop {
            let text = Arc::clone(script);
            match held.0.on_thread(move |session| session.run_script(&text)).await?? {
                Attempt::Done(outcome) => break outcome,
                _ => patience.wait(held.0.session()?.busy_timeout).await?,
            }
        };
        held.checkpoint().await?;
        Ok(outcome)
    }
}

/// Whether a statement may generate keys. The text of the caller's own SQL does not say it.
fn generates_keys(sql: &Sql) -> bool {
    sql.generated_key().is_some() || sql.access() == Access::Unknown
}

impl Session {
    fn run_script(&mut self, script: &str) -> Result<Attempt<Outcome>> {
        let (begin, end, undo) = match self.transaction {
            None => ("BEGIN IMMEDIATE", "COMMIT", "ROLLBACK"),
            Some(_) => ("SAVEPOINT script", "RELEASE script", "ROLLBACK TO script"),
        };
        if let Attempt::Busy = self.run(begin)? {
            return Ok(Attempt::Busy);
        }
        self.database.collect_keys(self.transaction.is_some());
        let outcome = self.run_statements(script).and_then(|outcome| {
            let ended = self.run(end).map_err(error::at_commit)?;
            Ok(if let Attempt::Busy = ended { Attempt::Busy } else { Attempt::Done(outcome) })
        });
        if !matches!(outcome, Ok(Attempt::Done(_))) && !self.is_autocommit() {
            self.run(undo)?;
            if self.transaction.is_some() {
                self.run(end)?;
            }
        }
        outcome
    }

    fn run_statements(&mut self, script: &str) -> Result<Outcome> {
        let (mut outcome, mut number) = (Outcome::default(), 0);
        let run = |mut cursor: Cursor<'_>| {
            number += 1;
            if cursor.profile().verb == Verb::Transaction {
                return Err(error::transaction_control());
            }
            loop {
                match cursor.step() {
                    Step::Row => {}
                    Step::Done => break,
                    Step::Failed(code) => return Err(cursor.error(code)),
                }
            }
            if cursor.profile().changes_rows() {
                outcome.rows += cursor.changes();
            }
            Ok(())
        };
        match self.database.for_each(script, run) {
            Ok(()) => Ok(outcome),
            Err(error) => Err(error.context(format_args!("statement {number} of the script"))),
        }
    }
}
