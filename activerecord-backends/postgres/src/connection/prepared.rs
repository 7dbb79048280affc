//! Two-phase commit. A prepared transaction belongs to no session. Its name cannot be bound as a value, so it has plain characters only.

use activerecord_core::backend::{Branch, PreparedBranch};
use activerecord_core::sql::{Access, Sql};
use activerecord_core::{Error, ErrorKind, Flow, Result, RowRef, Value};

use super::PostgresConnection;
use crate::error;

impl PostgresConnection {
    /// Prepares the open transaction. PostgreSQL rolls a failed transaction back and still reports success, so this checks
    /// afterwards that the branch exists.
    pub(super) async fn prepare_transaction(&mut self, branch: &Branch) -> Result<()> {
        self.ready_to_keep("prepared").await?;
        let prepared = self.send(&format!("PREPARE TRANSACTION '{branch}'")).await;
        if prepared.is_ok() || !self.broken {
            // Prepared or rolled back, the transaction no longer belongs to the session.
            self.transaction = None;
        }
        prepared?;
        let exists = self.prepared_branches().await?.iter().any(|prepared| prepared.branch.as_ref() == Some(branch));
        if exists { Ok(()) } else { Err(error::transaction("the transaction was rolled back instead of prepared")) }
    }

    /// Commits or rolls back a prepared branch.
    pub(super) async fn end_prepared(&mut self, command: &str, branch: &Branch) -> Result<()> {
        self.ready().await?;
        self.send(&format!("{command} PREPARED '{branch}'")).await
    }

    /// Lists the prepared branches of this database. The view contains those of all databases.
    pub(super) async fn prepared_branches(&mut self) -> Result<Vec<PreparedBranch>> {
        const ASK: &str =
            "SELECT gid, prepared FROM pg_prepared_xacts WHERE database = current_database() ORDER BY prepared, gid";
        let mut found = Vec::new();
        let mut sink = |row: &dyn RowRef| {
            let (name, prepared_at) = (row.value(0)?.to_owned(), row.value(1)?.to_owned());
            let (Value::Text(name), Value::Timestamp(prepared_at)) = (name, prepared_at) else {
                return Err(Error::new(ErrorKind::Corrupt, "pg_prepared_xacts has unexpected columns"));
            };
            let branch = name.parse::<Branch>().ok();
            found.push(PreparedBranch::new(name, branch, Some(prepared_at)));
            Ok(Flow::More)
        };
        self.run_for_rows(&Sql::new(ASK, Vec::new(), Access::Read), &mut sink).await?;
        Ok(found)
    }
}
