//! Scripts: several statements in one text, run as a whole or not at all.

use activerecord_core::Result;
use activerecord_core::backend::Outcome;
use futures_util::TryStreamExt as _;
use sqlx::{AssertSqlSafe, Either, Executor as _};

use super::{PostgresConnection, check};
use crate::dialect::{Verb, statements};

/// The savepoint around a script inside a transaction.
const SAVEPOINT: &str = "activerecord_script";

impl PostgresConnection {
    /// Runs a script. An error undoes all of its statements. Outside a transaction PostgreSQL does so by itself.
    pub(super) async fn run_script(&mut self, script: &str) -> Result<Outcome> {
        let verbs: Vec<Verb> = statements(script).map(|statement| statement.verb).collect();
        verbs.iter().try_for_each(|verb| check(*verb))?;
        self.forget_stale().await?;
        if self.transaction.is_none() {
            return self.send_script(script, &verbs).await;
        }
        self.savepoint("SAVEPOINT", SAVEPOINT).await?;
        match self.send_script(script, &verbs).await {
            Ok(outcome) => self.savepoint("RELEASE SAVEPOINT", SAVEPOINT).await.map(|()| outcome),
            Err(error) => {
                // If this fails too, the transaction stays failed or the connection is lost.
                if self.roll_back_to(SAVEPOINT).await.is_ok() {
                    drop(self.savepoint("RELEASE SAVEPOINT", SAVEPOINT).await);
                }
                Err(error)
            }
        }
    }

    async fn send_script(&mut self, script: &str, verbs: &[Verb]) -> Result<Outcome> {
        self.unread = true;
        let (mut outcome, mut done) = (Outcome::default(), 0);
        let mut answers = self.driver.fetch_many(sqlx::raw_sql(AssertSqlSafe(script)));
        let ran = loop {
            match answers.try_next().await {
                Ok(Some(Either::Left(result))) => {
                    if verbs.get(done) == Some(&Verb::Change) {
                        outcome.rows += result.rows_affected();
                    }
                    done += 1;
                }
                Ok(Some(Either::Right(_))) => {}
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        drop(answers);
        self.answered(ran).map_err(|error| error.context(format_args!("statement {} of the script", done + 1)))?;
        Ok(outcome)
    }
}
