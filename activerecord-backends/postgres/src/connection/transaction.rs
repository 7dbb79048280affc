//! Transactions, over the simple protocol. One is noted before its BEGIN is sent and until its end is confirmed.

use activerecord_core::Result;
use activerecord_core::backend::{Isolation, TransactionOptions};
use sqlx::{AssertSqlSafe, Executor as _};

use super::PostgresConnection;
use crate::error;

/// An open transaction.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Open {
    /// Whether a statement in it has failed since the last savepoint that was rolled back to. PostgreSQL answers the COMMIT of
    /// such a transaction with success, and rolls it back.
    pub(super) failed: bool,
}

impl PostgresConnection {
    pub(super) async fn begin(&mut self, options: TransactionOptions) -> Result<()> {
        if self.transaction.is_some() {
            return Err(error::transaction_open());
        }
        self.forget_stale().await?;
        self.transaction = Some(Open::default());
        let begun = self.send(&begin_text(options)).await;
        if begun.is_err() {
            self.transaction = None;
        }
        begun
    }

    pub(super) async fn commit(&mut self) -> Result<()> {
        self.ready_to_keep("committed").await?;
        // When nobody waits for the answer, nobody knows what became of it.
        self.broken = true;
        let sent = self.driver.execute(sqlx::raw_sql("COMMIT")).await;
        self.broken = false;
        let committed = self.answered(sent.map(drop));
        self.transaction = None;
        committed.map_err(error::at_commit)
    }

    /// Rolls back, unless there is nothing to roll back.
    pub(super) async fn roll_back(&mut self) -> Result<()> {
        self.ready_to_undo().await?;
        if self.transaction.is_none() {
            return Ok(());
        }
        self.send("ROLLBACK").await?;
        self.transaction = None;
        Ok(())
    }

    /// Sets or releases a savepoint.
    pub(super) async fn savepoint(&mut self, command: &str, name: &str) -> Result<()> {
        self.ready().await?;
        if self.transaction.is_none() {
            return Err(error::no_transaction());
        }
        self.send(&format!("{command} \"{}\"", name.replace('"', "\"\""))).await
    }

    pub(super) async fn roll_back_to(&mut self, name: &str) -> Result<()> {
        self.ready_to_undo().await?;
        self.savepoint("ROLLBACK TO SAVEPOINT", name).await?;
        self.transaction = Some(Open { failed: false });
        Ok(())
    }

    /// The work of a transaction in which a statement has failed cannot be kept: the server would roll it back, and say that
    /// all is well.
    pub(super) async fn ready_to_keep(&mut self, how: &str) -> Result<()> {
        self.ready().await?;
        match self.transaction {
            None => Err(error::no_transaction()),
            Some(Open { failed: true }) => Err(error::transaction(format!(
                "the transaction cannot be {how}: a statement in it has failed; roll it back"
            ))),
            Some(_) => Ok(()),
        }
    }

    /// An error in the answer of an earlier statement is undone with the rest.
    async fn ready_to_undo(&mut self) -> Result<()> {
        match self.ready().await {
            Err(error) if self.broken => Err(error),
            _ => Ok(()),
        }
    }

    pub(super) async fn send(&mut self, command: &str) -> Result<()> {
        self.under_way = true;
        let sent = self.driver.execute(sqlx::raw_sql(AssertSqlSafe(command))).await;
        self.answered(sent.map(drop))
    }
}

/// One statement: PostgreSQL has nothing to take for a transaction that writes.
fn begin_text(options: TransactionOptions) -> String {
    let isolation = match options.isolation {
        None => "",
        // The weakest level that PostgreSQL has.
        Some(Isolation::ReadUncommitted | Isolation::ReadCommitted) => " ISOLATION LEVEL READ COMMITTED",
        Some(Isolation::RepeatableRead) => " ISOLATION LEVEL REPEATABLE READ",
        // Also for a level that this backend does not know: a stronger level is allowed.
        Some(_) => " ISOLATION LEVEL SERIALIZABLE",
    };
    format!("BEGIN{isolation}{}", if options.read_only { " READ ONLY" } else { "" })
}
