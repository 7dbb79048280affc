//! Scripts: several statements in one text, run as a whole or not at all.

use std::sync::Arc;

use activerecord_core::Result;
use activerecord_core::backend::{Outcome, TransactionOptions};
use sqlx::{AssertSqlSafe, SqlSafeStr};

use super::Session;
use crate::dialect::{Verb, verbs};

const SAVEPOINT: &str = "activerecord_script";

impl Session {
    /// Runs a script. An error undoes all of its statements, unless one of them commits implicitly: then the statements before
    /// the error remain.
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
            // If this fails too, the session is not reusable.
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
        self.set_busy()?;
        let end = self.send(AssertSqlSafe(Arc::clone(script)).into_sql_str()).await;
        let number = end.answers + 1;
        match self.finish(end) {
            Ok(outcome) => Ok(Outcome::new(outcome.rows, None)),
            Err(error) => Err(error.context(format_args!("statement {number} of the script"))),
        }
    }
}
