//! Branches of transactions across databases (XA). A branch is named when it begins. MariaDB binds it to its session until it
//! has ended; MySQL lets go of it when it is prepared.

use std::fmt;

use activerecord_core::backend::{Branch, PreparedBranch, TransactionOptions};
use activerecord_core::{Error, ErrorKind, Flow, FromValue, Result, RowRef};
use sqlx::{AssertSqlSafe, SqlSafeStr};

use super::transaction::State;
use super::{Line, Session};
use crate::error;

/// Says that the name is of this library's making.
const FORMAT: i64 = 16_722;

/// A branch's name as the servers take it: of plain characters, since it cannot be bound.
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

    /// Commits the open branch as the only one. Not by `XA COMMIT .. ONE PHASE`: with a binary log, MariaDB answers it before
    /// it is durable, and a crash leaves the branch prepared.
    pub(super) async fn commit_branch(&mut self, xid: &Xid) -> Result<()> {
        self.text(format!("XA END {xid}; XA PREPARE {xid}; XA COMMIT {xid}")).await?;
        self.branch = None;
        Ok(())
    }

    pub(super) async fn roll_branch_back(&mut self, xid: &Xid) -> Result<()> {
        // Refused when the server has rolled back on its own, as after a deadlock.
        match self.text(format!("XA END {xid}")).await {
            Err(error) if self.line != Line::AtRest => return Err(error),
            _ => {}
        }
        self.text(format!("XA ROLLBACK {xid}")).await?;
        self.branch = None;
        Ok(())
    }

    /// Prepares the open branch. An error leaves the session bound to it: it is closed, and that rolls back what is not
    /// prepared.
    pub(super) async fn prepare_branch(&mut self, branch: &Branch) -> Result<()> {
        self.transaction.check_open()?;
        let xid = Xid::of(branch);
        if self.branch.as_ref() != Some(&xid) {
            return Err(Error::new(ErrorKind::Transaction, "the open transaction was begun under another name"));
        }
        self.text(format!("XA END {xid}; XA PREPARE {xid}")).await
    }

    /// Ends a prepared branch: that of this session, or one that is bound to no other.
    pub(super) async fn end_prepared(&mut self, command: &str, branch: &Branch) -> Result<()> {
        let xid = Xid::of(branch);
        self.text(format!("XA {command} {xid}")).await?;
        if self.branch.as_ref() == Some(&xid) {
            (self.branch, self.transaction) = (None, State::None);
        }
        Ok(())
    }

    /// The prepared branches of the whole server.
    pub(super) async fn prepared_branches(&mut self) -> Result<Vec<PreparedBranch>> {
        let mut found = Vec::new();
        let mut sink = |row: &dyn RowRef| {
            found.push(read(row)?);
            Ok(Flow::More)
        };
        self.leave_rest()?;
        let end = self.send_for_rows("XA RECOVER".into_sql_str(), &mut sink).await;
        self.finish(end)?;
        Ok(found)
    }

    async fn text(&mut self, text: String) -> Result<()> {
        self.command(AssertSqlSafe(text).into_sql_str()).await
    }
}

/// A row of XA RECOVER: the format, the lengths of both parts in bytes, and the parts one behind the other.
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
