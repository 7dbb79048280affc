//! Several statements as one.

use activerecord_core::Result;
use activerecord_core::backend::Outcome;
use futures_util::TryStreamExt as _;
use sqlx::{AssertSqlSafe, Either, Executor as _};

use super::{PostgresConnection, check};
use crate::dialect::{Verb, statements};

/// Stands around a script inside a transaction.
const SAVEPOINT: &str = "activerecord_script";

impl PostgresConnection {
    /// Runs several statements: an error leaves nothing of any of them. Outside a transaction PostgreSQL sees to that.
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
                // Should this fail too, the transaction stays failed, or the connection lost.
                if self.roll_back_to(SAVEPOINT).await.is_ok() {
                    let released = self.savepoint("RELEASE SAVEPOINT", SAVEPOINT).await;
                    drop(released);
                }
                Err(error)
            }
        }
    }

    async fn send_script(&mut self, script: &str, verbs: &[Verb]) -> Result<Outcome> {
        self.under_way = true;
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
