//! Transactions, over the simple protocol. A transaction counts as open from before its BEGIN is sent until its end is confirmed.

use activerecord_core::Result;
use activerecord_core::backend::{Isolation, TransactionOptions};
use sqlx::{AssertSqlSafe, Executor as _};

use super::PostgresConnection;
use crate::error;

/// An open transaction.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Open {
    /// Whether a statement failed since the last rollback to a savepoint. PostgreSQL rolls such a transaction back at COMMIT, and still
    /// reports success.
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
        // If this future is dropped before the answer, the outcome is unknown.
        self.broken = true;
        let sent = self.driver.execute(sqlx::raw_sql("COMMIT")).await;
        self.broken = false;
        let committed = self.answered(sent.map(drop));
        self.transaction = None;
        committed.map_err(error::at_commit)
    }

    /// Rolls back the open transaction, if there is one.
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

    /// Checks that the open transaction can be committed or prepared. The server would roll a failed one back and report success.
    pub(super) async fn ready_to_keep(&mut self, how: &str) -> Result<()> {
        self.ready().await?;
        match self.transaction {
            None => Err(error::no_transaction()),
            Some(Open { failed: true }) => Err(error::transaction(format!(
                "the transaction cannot be {how}: a statement in it failed; roll it back"
            ))),
            Some(_) => Ok(()),
        }
    }

    /// Reads the rest of an earlier answer. An error in it does not matter, because the rollback undoes the statement.
    async fn ready_to_undo(&mut self) -> Result<()> {
        match self.ready().await {
            Err(error) if self.broken => Err(error),
            _ => Ok(()),
        }
    }

    pub(super) async fn send(&mut self, command: &str) -> Result<()> {
        self.unread = true;
        let sent = self.driver.execute(sqlx::raw_sql(AssertSqlSafe(command))).await;
        self.answered(sent.map(drop))
    }
}

/// The text of BEGIN. PostgreSQL has no locks to take in advance for a transaction that writes.
fn begin_text(options: TransactionOptions) -> String {
    let isolation = match options.isolation {
        None => "",
        // PostgreSQL has no weaker level.
        Some(Isolation::ReadUncommitted | Isolation::ReadCommitted) => " ISOLATION LEVEL READ COMMITTED",
        Some(Isolation::RepeatableRead) => " ISOLATION LEVEL REPEATABLE READ",
        // Also for a level that this backend does not know: a stronger level is allowed.
        Some(_) => " ISOLATION LEVEL SERIALIZABLE",
    };
    format!("BEGIN{isolation}{}", if options.read_only { " READ ONLY" } else { "" })
}
