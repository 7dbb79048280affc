//! Transactions in two phases. A prepared one belongs to no session. Its name cannot be bound, and is of plain characters.

use activerecord_core::backend::{Branch, PreparedBranch};
use activerecord_core::sql::{Access, Sql};
use activerecord_core::{Error, ErrorKind, Flow, Result, RowRef, Value};

use super::PostgresConnection;
use crate::error;

impl PostgresConnection {
    /// Prepares the open transaction. The server answers a failed one with a rollback that looks like success, so the
    /// branch is looked for afterwards.
    pub(super) async fn prepare_transaction(&mut self, branch: &Branch) -> Result<()> {
        self.ready_to_keep("prepared").await?;
        let prepared = self.send(&format!("PREPARE TRANSACTION '{branch}'")).await;
        if prepared.is_ok() || !self.broken {
            // Prepared or rolled back, it has left the session.
            self.transaction = None;
        }
        prepared?;
        let is_there = self.prepared_branches().await?.iter().any(|prepared| prepared.branch.as_ref() == Some(branch));
        if is_there { Ok(()) } else { Err(error::transaction("the transaction was rolled back instead of prepared")) }
    }

    /// Ends a prepared branch.
    pub(super) async fn end_prepared(&mut self, command: &str, branch: &Branch) -> Result<()> {
        self.ready().await?;
        self.send(&format!("{command} PREPARED '{branch}'")).await
    }

    /// The prepared branches of this database; the view has those of all.
    pub(super) async fn prepared_branches(&mut self) -> Result<Vec<PreparedBranch>> {
        const ASK: &str =
            "SELECT gid, prepared FROM pg_prepared_xacts WHERE database = current_database() ORDER BY prepared, gid";
        let mut found = Vec::new();
        let mut sink = |row: &dyn RowRef| {
            let (name, prepared_at) = (row.value(0)?.to_owned(), row.value(1)?.to_owned());
            let (Value::Text(name), Value::Timestamp(prepared_at)) = (name, prepared_at) else {
                return Err(Error::new(ErrorKind::Corrupt, "pg_prepared_xacts has other columns than it should have"));
            };
            let branch = name.parse::<Branch>().ok();
            found.push(PreparedBranch::new(name, branch, Some(prepared_at)));
            Ok(Flow::More)
        };
        self.run_for_rows(&Sql::new(ASK, Vec::new(), Access::Read), &mut sink).await?;
        Ok(found)
    }
}
