//! Moves the sequences of a table past the numbers in its rows.

use super::describe::read;
use super::handle::ConnectionHandle;
use super::scope::resolve_name;
use super::session::{Label, Session};
use crate::catalog::{ColumnInfo, SequenceInfo, TableInfo};
use crate::dialect::{Dialect, Sequences};
use crate::error::{Error, ErrorKind, Result};
use crate::sql::Sql;
use crate::sql::advance::{Numbered, numbers_of, sequence_of_default};
use crate::transaction::Transaction;
use crate::value::{RowRef, ValueType, cell};

const LABEL: Label = Label::raw("advance sequences");

impl ConnectionHandle {
    /// Moves each sequence that numbers a column of this table past the numbers in the column, so that the next generated
    /// number is free. Call it after rows were written with their numbers, as a copy does: a sequence of PostgreSQL, and
    /// one in a `DEFAULT NEXTVAL(..)` of MariaDB, does not follow them. SQLite, and `AUTO_INCREMENT` of MySQL and MariaDB,
    /// follow by themselves: there, and for a table without sequences, nothing happens.
    ///
    /// It finds the sequences of `serial` and identity columns, and those in a default that is nothing but the next number of
    /// a sequence. A sequence with a negative increment moves down. It keeps the step of its increment, and never moves
    /// back. Numbers that the sequence cannot generate do not count.
    ///
    /// Other sessions can insert meanwhile. On PostgreSQL, numbers that another session has already taken for itself stay
    /// with it (`CACHE` of the sequence, if it is more than 1). A rollback does not move a sequence back; in a transaction,
    /// another call for the same sequence waits until its end.
    ///
    /// ```no_run
    /// # async fn example() -> activerecord_core::Result<()> {
    /// let primary = activerecord_core::connection("primary")?;
    /// primary.execute("INSERT INTO users SELECT * FROM old_users", []).await?;
    /// primary.advance_sequences("users").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `InvalidStatement` when no table has this name; `PermissionDenied`, with the sequence and the GRANT, when the login
    /// cannot move a sequence that is behind; errors of the database, such as that the sequence has no number left.
    pub async fn advance_sequences(&self, table: &str) -> Result<()> {
        advance(&resolve_name(self.name())?, table).await
    }
}

/// Moves the sequences of a table: see [`ConnectionHandle::advance_sequences`].
pub(crate) async fn advance(session: &Session, table: &str) -> Result<()> {
    // Another program can have changed a sequence, so what is in memory does not count.
    let Some(info) = read(session, table).await? else { return Err(no_table(session, table)) };
    if session.dialect().sequences == Sequences::None || !info.columns.iter().any(|column| has_sequence(&info, column))
    {
        return Ok(());
    }
    // One connection, the primary one, and one transaction for its lock.
    let transaction = Transaction::around_write(session).await?;
    let inside = transaction.session();
    transaction
        .finish(async {
            for column in &info.columns {
                if let Some(sequence) = sequence_of(&info, column, &inside).await? {
                    let (dialect, column) = (info.dialect, &*column.name);
                    Place { of: Numbered { dialect, table, column, sequence }, session: &inside }.advance().await?;
                }
            }
            Ok(())
        })
        .await
}

/// Whether the database takes the numbers of a column from a sequence.
pub(crate) fn has_sequence(info: &TableInfo, column: &ColumnInfo) -> bool {
    column.ty.is_some_and(|ty| ty.is_integer() || ty == ValueType::Decimal)
        && (column.sequence.is_some()
            || column.default.as_ref().is_some_and(|default| sequence_of_default(default, info.dialect).is_some()))
}

/// The sequence of a column, with its numbers.
pub(super) async fn sequence_of(
    info: &TableInfo,
    column: &ColumnInfo,
    session: &Session,
) -> Result<Option<SequenceInfo>> {
    if !has_sequence(info, column) || column.sequence.is_some() {
        return Ok(column.sequence.clone().filter(|_| has_sequence(info, column)));
    }
    let named = column.default.as_ref().and_then(|default| sequence_of_default(default, info.dialect));
    let Some((schema, name)) = named else { return Ok(None) };
    let sequence = SequenceInfo::named(schema, name);
    let sql = numbers_of(&sequence, info.dialect);
    session
        .fetch_one(&sql, LABEL, |row| {
            let mut sequence = sequence.clone();
            (sequence.start, sequence.increment) = (cell(row, 0)?, cell(row, 1)?);
            (sequence.least, sequence.greatest) = (cell(row, 2)?, cell(row, 3)?);
            sequence.cache = cell(row, 4)?;
            sequence.cycle = cell::<i64>(row, 5)? != 0;
            Ok(sequence)
        })
        .await
        .map_err(|error| not_permitted(error, &sequence, info.dialect))
}

/// Adds the GRANT to the error of a sequence that is also a table.
#[cold]
fn not_permitted(error: Error, sequence: &SequenceInfo, dialect: &'static Dialect) -> Error {
    if error.kind() != ErrorKind::PermissionDenied {
        return error;
    }
    error.advice(format_args!(
        "run GRANT SELECT, INSERT ON {} TO the login of this connection",
        sequence.quoted(dialect)
    ))
}

/// A sequence in a session.
pub(super) struct Place<'s> {
    pub(super) of: Numbered<'s>,
    pub(super) session: &'s Session,
}

/// Where a sequence stands.
pub(super) struct State {
    /// The last number of the sequence. None: it has no number yet, or the login cannot see it.
    pub(super) at: Option<i64>,
    pub(super) movable: bool,
    login: String,
}

impl State {
    fn read(row: &dyn RowRef) -> Result<Self> {
        Ok(Self { at: cell(row, 0)?, movable: cell(row, 1)?, login: cell(row, 2)? })
    }
}

#[cold]
fn no_state() -> Error {
    Error::new(ErrorKind::Database, "the database returned no state of a sequence")
}

impl Place<'_> {
    async fn advance(&self) -> Result<()> {
        let (state, end) = self.state().await?;
        let Some(end) = end else { return Ok(()) };
        match self.of.dialect.sequences {
            Sequences::None => Ok(()),
            Sequences::OnlyForward(_) => self.move_forward(end, &state).await,
            Sequences::Setval if state.at.is_some_and(|at| self.reaches(at, end)) => Ok(()),
            Sequences::Setval if !state.movable => Err(self.not_movable(&state)),
            Sequences::Setval => self.draw_or_jump(end).await,
        }
    }

    /// Where it stands, and the last number in the column. None: no number that the sequence could generate.
    async fn state(&self) -> Result<(State, Option<i64>)> {
        let sql = self.of.state();
        let read = self.session.fetch_one(&sql, LABEL, |row| Ok((State::read(row)?, cell(row, 3)?)));
        read.await?.ok_or_else(no_state)
    }

    /// Where it stands.
    pub(super) async fn place(&self) -> Result<State> {
        self.session.fetch_one(&self.of.place(), LABEL, State::read).await?.ok_or_else(no_state)
    }

    /// Moves a sequence that never moves back by itself, in its step.
    pub(super) async fn move_forward(&self, end: i64, state: &State) -> Result<()> {
        let (Some(next), SequenceInfo { increment, cache, .. }) = (state.at, &self.of.sequence) else { return Ok(()) };
        let step = if *increment == 0 { 1 } else { i128::from(*increment) };
        // `next` is behind the numbers that the server has reserved, at most `cache`.
        let least = i128::from(next) - step * i128::from(*cache).max(1);
        if self.is_past(least, end) {
            return Ok(());
        }
        let past = (i128::from(end) - i128::from(next)) * step.signum();
        let number = i64::try_from(i128::from(end) - past.rem_euclid(step.abs()) * step.signum()).unwrap_or(end);
        let sql = self.of.move_to(number);
        // The answer is NULL if the sequence is past the number already.
        let moved = self.session.fetch_one(&sql, LABEL, |row| cell::<Option<i64>>(row, 0)).await;
        moved.map(drop).map_err(|error| not_permitted(error, &self.of.sequence, self.of.dialect))
    }

    /// Moves a sequence that `setval` could move back. Drawing numbers never does, so the last steps are drawn. `setval` runs
    /// only while the sequence is so far behind that no other session can reach the number during the statement: it holds
    /// the lock of a drawn number, against ALTER SEQUENCE, and that of this function, against itself.
    pub(super) async fn draw_or_jump(&self, end: i64) -> Result<()> {
        self.session.execute(&self.of.lock(), LABEL).await?;
        let mut at = self.drawn(&self.of.draw(1)).await?;
        while !self.reaches(at, end) {
            if let Some(limit) = self.limit(end)
                && self.session.fetch_one(&self.of.jump(end, limit), LABEL, |row| cell::<i64>(row, 0)).await?.is_some()
            {
                return Ok(());
            }
            at = self.drawn(&self.of.draw(self.steps(at, end))).await?;
        }
        Ok(())
    }

    pub(super) async fn drawn(&self, sql: &Sql) -> Result<i64> {
        let drawn = self.session.fetch_one(sql, LABEL, |row| cell::<i64>(row, 0)).await?;
        drawn.ok_or_else(|| Error::new(ErrorKind::Database, "the database returned no number of a sequence"))
    }

    /// Whether the number after `at` is past `end`.
    pub(super) fn reaches(&self, at: i64, end: i64) -> bool {
        self.is_past(i128::from(at) + i128::from(self.of.sequence.increment), end)
    }

    pub(super) fn is_past(&self, number: i128, end: i64) -> bool {
        if self.of.grows() { number > end.into() } else { number < end.into() }
    }

    /// The number before which `setval` is safe.
    pub(super) fn limit(&self, end: i64) -> Option<i64> {
        let SequenceInfo { increment, cache, .. } = self.of.sequence;
        let far = i128::from(DRAWN) * i128::from(cache.max(1)) * i128::from(increment);
        i64::try_from(i128::from(end) - far).ok()
    }

    /// How many numbers to draw. A session draws from the numbers that it has taken, so `at` can be far behind the sequence.
    pub(super) fn steps(&self, at: i64, end: i64) -> i64 {
        let SequenceInfo { increment, cache, .. } = self.of.sequence;
        let missing = (i128::from(end) - i128::from(at)) / i128::from(increment);
        i64::try_from(missing).unwrap_or(i64::MAX).clamp(1, DRAWN.saturating_add(cache))
    }

    #[cold]
    fn not_movable(&self, state: &State) -> Error {
        let Numbered { table, column, .. } = self.of;
        let message = format!(
            "the sequence {} of the column `{column}` of `{table}` is behind the numbers in the column, and the login `{}` has no \
             permission to move it; run GRANT USAGE, UPDATE ON SEQUENCE {} TO {}",
            self.of.name(),
            state.login,
            self.of.name(),
            self.of.dialect.quoted_part(&state.login)
        );
        Error::new(ErrorKind::PermissionDenied, message).with_connection(self.session.endpoint().name())
    }
}

/// How many numbers are drawn at once at most. Other sessions need more time to draw as many than one statement takes.
const DRAWN: i64 = 65_536;

#[cold]
fn no_table(session: &Session, table: &str) -> Error {
    Error::new(ErrorKind::InvalidStatement, format!("there is no table `{table}`"))
        .with_connection(session.endpoint().name())
}
