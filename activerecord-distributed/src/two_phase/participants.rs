//! The participants of a transaction, and the choice of its commit point.

use std::collections::BTreeMap;

use activerecord_core::{
    Branch, ConnectionHandle, Error, ErrorKind, ProtocolConnection as _, Result, Transaction, UnmetPrecondition,
    connection,
};

use super::commit::{Enlisted, OpenTransaction};
use super::record::Mark;
use super::store::{database_name, new_gid, recent_identity};
use crate::failpoint;
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
                // Known before a connection of any pool is held.
                recent_identity(handle).await?;
            }
        }
        Ok(Self { connections, point })
    }

    /// Begins a transaction on each participant, in the order of their names, not in that of the caller. A transaction
    /// holds a connection of each pool while it waits for the next one. If two transactions took them in different
    /// orders, each could wait for the other.
    pub(super) async fn begin(self) -> Result<OpenTransaction> {
        let Some(point) = self.connections.get(self.point) else {
            return Err(Error::configuration("a transaction across databases needs at least one connection"));
        };
        let is_alone = self.connections.len() == 1;
        let gid = new_gid(&if is_alone { "alone".to_owned() } else { database_name(point).await? });
        let mut ordered: Vec<_> = self.connections.into_iter().enumerate().collect();
        if !failpoint::is_broken("2pc.order") {
            ordered.sort_unstable_by(|(_, one), (_, other)| one.name().cmp(other.name()));
        }
        let mut begun = BTreeMap::new();
        for (number, handle) in ordered {
            let branch = Branch::new(&*gid, format!("b{number}"))?;
            let database = if is_alone { String::new() } else { recent_identity(&handle).await? };
            let begin = Transaction::begin(handle.name()).independent();
            let begin = if number == self.point { begin } else { begin.branch(&branch) };
            begun.insert(number, Enlisted { transaction: begin.await?, handle, database, branch });
        }
        Ok(OpenTransaction::new(gid, self.point, begun.into_values().collect()))
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

/// The commit point is exempt from the preconditions of PREPARE, and the others from those of the decision.
async fn check_settings(handle: &ConnectionHandle, is_commit_point: bool) -> Result<()> {
    let unmet = super::doctor::unmet(handle).await?;
    let is_exempt = |unmet: &&UnmetPrecondition| if is_commit_point { unmet.to_prepare } else { unmet.to_decide };
    let unmet = unmet.iter().find(|unmet| !is_exempt(unmet));
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
