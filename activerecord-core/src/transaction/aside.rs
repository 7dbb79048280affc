//! A statement whose error does not end its transaction.

use super::level::Level;
use crate::backend::{Connection, Control};
use crate::error::Result;
use crate::sql::Sql;
use crate::value::Sink;

/// The name of the savepoint. Those of levels have numbers.
const SAVEPOINT: &str = "ar_aside";

impl Level {
    /// Runs a query in a savepoint of its own. It is one turn, so no other statement of the transaction comes between.
    pub(crate) async fn fetch_aside(&self, sql: &Sql, sink: &mut Sink<'_>) -> Result<()> {
        let mut turn = self.turn().await?;
        let connection = turn.connection();
        let set = connection.control(Control::Savepoint(SAVEPOINT)).await;
        if set.is_err() {
            return turn.settle(set);
        }
        let fetched = connection.fetch(sql, sink).await;
        let ended = match fetched {
            Ok(()) => connection.control(Control::Release(SAVEPOINT)).await,
            Err(_) => undo(connection, SAVEPOINT).await,
        };
        turn.settle(ended).and(fetched)
    }
}

/// Undoes the work since a savepoint, and releases it.
pub(super) async fn undo(connection: &mut dyn Connection, savepoint: &str) -> Result<()> {
    connection.control(Control::RollbackTo(savepoint)).await?;
    connection.control(Control::Release(savepoint)).await
}
