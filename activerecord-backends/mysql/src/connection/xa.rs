//! Branches of two-phase commit (XA). A branch gets its name when it begins. MariaDB binds it to its session until the
//! session ends; MySQL only until it is prepared.

use std::fmt;

use activerecord_core::backend::{Branch, PreparedBranch, TransactionOptions};
use activerecord_core::{Error, ErrorKind, Flow, FromValue, Result, RowRef};
use sqlx::{AssertSqlSafe, SqlSafeStr};

use super::transaction::State;
use super::{Line, Session};
use crate::error;

/// The format ID of this library's names.
const FORMAT: i64 = 16_722;

/// A branch's name in SQL. It cannot be bound as a value, so it has plain characters only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Xid(String);

impl Xid {
    fn of(branch: &Branch) -> Self {
        Self(format!("'{}','{}',{FORMAT}", branch.gid(), branch.label()))
    }
}

impl fmt::Display for Xid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Session {
    pub(super) async fn begin_branch(&mut self, options: TransactionOptions, branch: &Branch) -> Result<()> {
        if self.transaction.is_open() {
            return Err(error::transaction_open());
        }
        let xid = Xid::of(branch);
        let start = format!("XA START {xid}");
        self.branch = Some(xid);
        self.begin_by(options, &start).await
    }

    /// Commits the open branch alone. It avoids `XA COMMIT .. ONE PHASE`: with a binary log MariaDB confirms that before it is
    /// durable, and a crash leaves the branch prepared.
    pub(super) async fn commit_branch(&mut self, xid: &Xid) -> Result<()> {
        self.send_command(format!("XA END {xid}; XA PREPARE {xid}; XA COMMIT {xid}")).await?;
        self.branch = None;
        Ok(())
    }

    pub(super) async fn roll_branch_back(&mut self, xid: &Xid) -> Result<()> {
        // The server refuses this if it has rolled back by itself, as after a deadlock.
        match self.send_command(format!("XA END {xid}")).await {
            Err(error) if self.line != Line::AtRest => return Err(error),
            _ => {}
        }
        self.send_command(format!("XA ROLLBACK {xid}")).await?;
        self.branch = None;
        Ok(())
    }

    /// Prepares the open branch. After an error the session stays bound to it and is closed, which rolls back a branch that is
    /// not prepared.
    pub(super) async fn prepare_branch(&mut self, branch: &Branch) -> Result<()> {
        self.transaction.check_open()?;
        let xid = Xid::of(branch);
        if self.branch.as_ref() != Some(&xid) {
            return Err(Error::new(ErrorKind::Transaction, "the open transaction was begun as another branch"));
        }
        self.send_command(format!("XA END {xid}; XA PREPARE {xid}")).await
    }

    /// Commits or rolls back a prepared branch: of this session, or of no session.
    pub(super) async fn end_prepared(&mut self, command: &str, branch: &Branch) -> Result<()> {
        let xid = Xid::of(branch);
        self.send_command(format!("XA {command} {xid}")).await?;
        if self.branch.as_ref() == Some(&xid) {
            (self.branch, self.transaction) = (None, State::None);
        }
        Ok(())
    }

    /// Lists the prepared branches of the whole server.
    pub(super) async fn prepared_branches(&mut self) -> Result<Vec<PreparedBranch>> {
        let mut found = Vec::new();
        let mut sink = |row: &dyn RowRef| {
            found.push(read(row)?);
            Ok(Flow::More)
        };
        self.set_busy()?;
        let end = self.send_for_rows("XA RECOVER".into_sql_str(), &mut sink).await;
        self.finish(end)?;
        Ok(found)
    }

    async fn send_command(&mut self, text: String) -> Result<()> {
        self.command(AssertSqlSafe(text).into_sql_str()).await
    }
}

/// Reads a row of XA RECOVER: format ID, the lengths of both parts in bytes, both parts concatenated.
fn read(row: &dyn RowRef) -> Result<PreparedBranch> {
    let number = |ordinal: usize| -> Result<i64> { i64::from_value(row.value(ordinal)?) };
    let (format, length) = (number(0)?, number(1)?);
    let data = match row.value(3)? {
        activerecord_core::ValueRef::Bytes(bytes) => bytes.to_vec(),
        value => String::from_value(value)?.into_bytes(),
    };
    let middle = usize::try_from(length).unwrap_or_default().min(data.len());
    let (gid, label) = data.split_at(middle);
    let (gid, label) = (String::from_utf8_lossy(gid), String::from_utf8_lossy(label));
    let branch = Branch::new(&*gid, &*label).ok().filter(|_| format == FORMAT);
    Ok(PreparedBranch::new(format!("{gid}:{label}"), branch, None))
}
