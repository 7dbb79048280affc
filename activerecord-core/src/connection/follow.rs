//! Moves the sequence of a generated key past the keys that a write has brought along. Then the next generated key is free,
//! as on a database whose generated keys continue after the greatest one.

use super::advance::{Place, sequence_of};
use super::holds::{Held, Sequenced};
use super::session::Session;
use crate::catalog::SequenceInfo;
use crate::dialect::Sequences;
use crate::error::{Error, Result};
use crate::sql::advance::Numbered;
use crate::transaction::Transaction;

/// Moves the sequence of the key past these keys. A login without the right to move it leaves it as it is.
///
/// # Errors
/// In a transaction, those that end it. Outside one the rows are written, so an error is only logged.
pub(crate) async fn follow(held: &Held, session: &Session, keys: Vec<i64>) -> Result<()> {
    let Some(sequenced) = held.as_ref().and_then(|holds| holds.sequenced()).filter(|_| !keys.is_empty()) else {
        return Ok(());
    };
    // Boxed, because hooks nest writes, and few writes need its space.
    match Box::pin(follow_to(sequenced, session, keys)).await {
        Err(error) if matches!(session, Session::Pool(_)) => {
            not_moved(&error, session);
            Ok(())
        }
        moved => moved,
    }
}

async fn follow_to(sequenced: &Sequenced, session: &Session, keys: Vec<i64>) -> Result<()> {
    match sequenced.info.dialect.sequences {
        Sequences::None => Ok(()),
        Sequences::Setval => match place(sequenced, session, keys).await? {
            Some((place, end)) => place.follow(end).await,
            None => Ok(()),
        },
        // A sequence is a table, which the login may not be allowed to read.
        Sequences::OnlyForward(_) => {
            aside(session, async |session| match place(sequenced, session, keys).await? {
                Some((place, end)) => place.move_forward(end, &place.place().await?).await,
                None => Ok(()),
            })
            .await
        }
    }
}

/// The sequence of the key, and the last of the keys that it can generate.
async fn place<'s>(
    Sequenced { info, column, .. }: &'s Sequenced,
    session: &'s Session,
    keys: Vec<i64>,
) -> Result<Option<(Place<'s>, i64)>> {
    let Some(described) = info.column(column) else { return Ok(None) };
    let Some(sequence) = sequence_of(info, described, session).await?.filter(|sequence| !sequence.cycle) else {
        return Ok(None);
    };
    let of = Numbered { dialect: info.dialect, table: &info.name, column, sequence };
    Ok(of.last_of(keys.into_iter()).map(|end| (Place { of, session }, end)))
}

impl Place<'_> {
    async fn follow(&self, end: i64) -> Result<()> {
        let state = self.place().await?;
        let SequenceInfo { start, increment, .. } = self.of.sequence;
        let at = state.at.unwrap_or_else(|| start.saturating_sub(increment));
        if !state.movable || self.reaches(at, end) {
            return Ok(());
        }
        match self.limit(end) {
            // The lock of a jump must not stay until the end of the caller's transaction.
            Some(limit) if !self.is_past(at.into(), limit) => {
                aside(self.session, async |session| Place { of: self.of.clone(), session }.draw_or_jump(end).await)
                    .await
            }
            _ => self.draw_to(at, end).await,
        }
    }

    /// Draws the numbers up to `end`. It needs no lock.
    async fn draw_to(&self, mut at: i64, end: i64) -> Result<()> {
        while !self.reaches(at, end) {
            at = self.drawn(&self.of.draw(self.steps(at, end))).await?;
        }
        Ok(())
    }
}

/// Runs `work` in a savepoint, or in a transaction of its own, and rolls it back. That releases locks, and does not move a
/// sequence back. An error of `work` is only logged, because it concerns nothing else.
async fn aside(session: &Session, work: impl AsyncFnOnce(&Session) -> Result<()>) -> Result<()> {
    let transaction = Transaction::around_write(session).await?;
    let worked = work(&transaction.session()).await;
    transaction.rollback().await?;
    if let Err(error) = worked {
        not_moved(&error, session);
    }
    Ok(())
}

#[cold]
fn not_moved(error: &Error, session: &Session) {
    let connection = &**session.endpoint().name();
    tracing::warn!(target: "activerecord", connection, %error, "the sequence of a key was not moved past a key that was written");
}
