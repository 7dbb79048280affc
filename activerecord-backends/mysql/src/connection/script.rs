//! Several statements as one.

use std::sync::Arc;

use activerecord_core::Result;
use activerecord_core::backend::{Outcome, TransactionOptions};
use sqlx::{AssertSqlSafe, SqlSafeStr};

use super::Session;
use crate::dialect::{Verb, verbs};

const SAVEPOINT: &str = "activerecord_script";

impl Session {
    /// Runs several statements as one: an error leaves nothing of any of them. Where one of them commits by itself, there is
    /// no such thing, and what ran before the error stands.
    pub(super) async fn run_script(&mut self, script: &Arc<str>) -> Result<Outcome> {
        if verbs(script).any(|verb| verb == Verb::Definition) {
            return self.run_statements(script).await;
        }
        let is_nested = self.transaction.is_open();
        if is_nested {
            self.savepoint("SAVEPOINT", SAVEPOINT).await?;
        } else {
            self.begin(TransactionOptions::default()).await?;
        }
        let outcome = self.run_statements(script).await;
        if outcome.is_err() {
            // Where this fails too, the session is not in order, and is not used again.
            drop(self.undo(is_nested).await);
        } else if is_nested {
            self.savepoint("RELEASE SAVEPOINT", SAVEPOINT).await?;
        } else {
            self.commit().await?;
        }
        outcome
    }

    async fn undo(&mut self, is_nested: bool) -> Result<()> {
        if is_nested {
            self.savepoint("ROLLBACK TO SAVEPOINT", SAVEPOINT).await?;
            self.savepoint("RELEASE SAVEPOINT", SAVEPOINT).await
        } else {
            self.roll_back().await
        }
    }

    async fn run_statements(&mut self, script: &Arc<str>) -> Result<Outcome> {
        self.leave_rest()?;
        let end = self.send(AssertSqlSafe(Arc::clone(script)).into_sql_str()).await;
        let number = end.answers + 1;
        match self.finish(end) {
            Ok(outcome) => Ok(Outcome::new(outcome.rows, None)),
            Err(error) => Err(error.context(format_args!("statement {number} of the script"))),
        }
    }
}
