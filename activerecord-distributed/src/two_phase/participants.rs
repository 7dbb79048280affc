//! The participants of a transaction, and the choice of its commit point.

use activerecord_core::{
    Branch, ConnectionHandle, Error, ErrorKind, ProtocolConnection as _, Result, Transaction, UnmetPrecondition,
    connection,
};

use super::commit::{Enlisted, OpenTransaction};
use super::record::{Mark, database_name, new_gid};
use crate::tables::install;

/// The checked participants of a transaction that has not begun.
#[derive(Debug)]
pub(super) struct Participants {
    /// In the order of the caller.
    connections: Vec<ConnectionHandle>,
    /// The index of the commit point.
    point: usize,
}

impl Participants {
    /// Checks whether these connections can take part, and chooses the commit point.
    ///
    /// # Errors
    /// `Unsupported` when one cannot; `Configuration` when one is named twice or not configured; `Transaction` when one
    /// has an open transaction, or the scope of all models is for none of them.
    pub(super) async fn enlist(names: &[String]) -> Result<Self> {
        let mut connections = Vec::with_capacity(names.len());
        for name in names {
            let handle = connection(name)?;
            check_name(names, &handle)?;
            handle.learn().await?;
            connections.push(handle);
        }
        let cannot_prepare = |handle: &ConnectionHandle| !handle.capabilities().prepared_transactions;
        ConnectionHandle::check_scope(&connections)?;
        let unable: Vec<_> =
            connections.iter().filter(|handle| cannot_prepare(handle)).map(ConnectionHandle::name).collect();
        if unable.len() > 1 {
            return Err(too_many(&unable));
        }
        let point = connections.iter().position(cannot_prepare).unwrap_or(0);
        if connections.len() > 1 {
            for handle in &connections {
                check_settings(handle, handle.name() == connections[point].name()).await?;
                install::<Mark>(handle).await?;
            }
        }
        Ok(Self { connections, point })
    }

    /// Begins a transaction on each participant.
    pub(super) async fn begin(self) -> Result<OpenTransaction> {
        let Some(point) = self.connections.get(self.point) else {
            return Err(Error::configuration("a transaction across databases needs at least one connection"));
        };
        let gid = if self.connections.len() > 1 { new_gid(&database_name(point).await?) } else { new_gid("alone") };
        let mut enlisted = Vec::with_capacity(self.connections.len());
        for (number, handle) in self.connections.into_iter().enumerate() {
            let branch = Branch::new(&*gid, format!("b{number}"))?;
            let begin = Transaction::begin(handle.name()).independent();
            let begin = if number == self.point { begin } else { begin.branch(&branch) };
            enlisted.push(Enlisted { transaction: begin.await?, handle, branch });
        }
        Ok(OpenTransaction::new(gid, self.point, enlisted))
    }
}

fn check_name(names: &[String], handle: &ConnectionHandle) -> Result<()> {
    let name = handle.name();
    if names.iter().filter(|other| *other == name).count() > 1 {
        return Err(Error::configuration(format!(
            "the connection `{name}` is named twice in one transaction across databases"
        )));
    }
    if handle.in_transaction() {
        return Err(Error::new(
            ErrorKind::Transaction,
            format!("a transaction is open on `{name}`: begin the transaction across databases outside of it"),
        ));
    }
    Ok(())
}

/// The commit point is exempt from the preconditions of PREPARE.
async fn check_settings(handle: &ConnectionHandle, is_commit_point: bool) -> Result<()> {
    let unmet = super::doctor::unmet(handle).await?;
    let unmet = unmet.iter().find(|unmet| !(is_commit_point && unmet.to_prepare));
    match unmet {
        None => Ok(()),
        Some(unmet) => Err(cannot(handle, unmet)),
    }
}

#[cold]
fn cannot(handle: &ConnectionHandle, unmet: &UnmetPrecondition) -> Error {
    let UnmetPrecondition { what, found, mend, .. } = unmet;
    let name = handle.name();
    Error::unsupported(format!(
        "`{name}` cannot take part in a transaction across databases: {what} is `{found}`; {mend}"
    ))
}

/// Checks the preconditions that only the session of the open transaction can answer.
pub(super) async fn check_session(handle: &ConnectionHandle) -> Result<()> {
    let unmet = handle.unmet_in_session().await?;
    unmet.first().map_or(Ok(()), |unmet| Err(cannot(handle, unmet)))
}

#[cold]
fn too_many(names: &[&str]) -> Error {
    let names = names.join("` and `");
    Error::unsupported(format!(
        "`{names}` do not support prepared transactions; at most one such database can take part in a transaction across \
         databases, as its commit point. Use a saga, or write to one of them and copy to the others with an outbox"
    ))
}
