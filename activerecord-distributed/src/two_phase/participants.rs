//! Who takes part, and which one decides.

use activerecord_core::{
    Branch, ConnectionHandle, Error, ErrorKind, ProtocolConnection as _, Result, Transaction, UnmetPrecondition,
    connection,
};

use super::commit::{Open, Part};
use super::record::{Mark, new_gid, store_name};
use crate::store::install;

/// The participants of a transaction, before it begins.
#[derive(Debug)]
pub(super) struct Participants {
    /// In the order in which they were named.
    connections: Vec<ConnectionHandle>,
    /// The index of the one that decides.
    point: usize,
}

impl Participants {
    /// Looks whether these can take part.
    ///
    /// # Errors
    /// `Unsupported` when not, and why; `Configuration` when one is named twice or there is none of the name.
    pub(super) async fn enlist(names: &[String]) -> Result<Self> {
        let mut connections = Vec::with_capacity(names.len());
        for name in names {
            let handle = connection(name)?;
            check_name(names, &handle)?;
            handle.learn().await?;
            connections.push(handle);
        }
        let prepares_not = |handle: &ConnectionHandle| !handle.capabilities().prepared_transactions;
        let unable: Vec<_> =
            connections.iter().filter(|handle| prepares_not(handle)).map(ConnectionHandle::name).collect();
        if unable.len() > 1 {
            return Err(too_many(&unable));
        }
        let point = connections.iter().position(prepares_not).unwrap_or(0);
        if connections.len() > 1 {
            for handle in &connections {
                check_settings(handle, handle.name() == connections[point].name()).await?;
                install::<Mark>(handle).await?;
            }
        }
        Ok(Self { connections, point })
    }

    /// Begins a transaction on each.
    pub(super) async fn begin(self) -> Result<Open> {
        let Some(point) = self.connections.get(self.point) else {
            return Err(Error::configuration("a transaction across databases needs at least one connection"));
        };
        let gid = if self.connections.len() > 1 { new_gid(&store_name(point).await?) } else { new_gid("alone") };
        let mut parts = Vec::with_capacity(self.connections.len());
        for (number, handle) in self.connections.into_iter().enumerate() {
            let branch = Branch::new(&*gid, format!("b{number}"))?;
            let begin = Transaction::begin(handle.name());
            let begin = if number == self.point { begin.one_phase() } else { begin.branch(branch.clone()) };
            parts.push(Part { transaction: begin.await?, handle, branch });
        }
        Ok(Open::new(gid, self.point, parts))
    }
}

fn check_name(names: &[String], handle: &ConnectionHandle) -> Result<()> {
    let name = handle.name();
    if names.iter().filter(|other| *other == name).count() > 1 {
        return Err(Error::configuration(format!(
            "connection `{name}` is named twice in one transaction across databases"
        )));
    }
    if handle.in_transaction() {
        return Err(Error::new(
            ErrorKind::Transaction,
            format!("a transaction is open on `{name}` already: begin the one across databases outside of it"),
        ));
    }
    Ok(())
}

/// What the one that decides need not be able to do is to prepare.
async fn check_settings(handle: &ConnectionHandle, decides: bool) -> Result<()> {
    let unmet = super::doctor::unmet(handle).await?;
    let unmet = unmet.iter().find(|unmet| !(decides && unmet.to_prepare));
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

/// Looks at what only the session of the open transaction knows.
pub(super) async fn check_session(handle: &ConnectionHandle) -> Result<()> {
    let unmet = handle.unmet_in_session().await?;
    unmet.first().map_or(Ok(()), |unmet| Err(cannot(handle, unmet)))
}

#[cold]
fn too_many(names: &[&str]) -> Error {
    let names = names.join("` and `");
    Error::unsupported(format!(
        "`{names}` cannot prepare a transaction, and only one such database can take part in one across databases, as the one \
         that decides. Use a saga, or write to one of them and let an outbox bring it to the other"
    ))
}
