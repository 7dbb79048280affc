//! Notifications: short texts that one session sends, and others receive while they listen.

use std::fmt;
use std::sync::Arc;

use super::endpoint::Endpoint;
use super::handle::ConnectionHandle;
use super::registry::endpoint;
use super::session::{Label, Session};
use crate::backend::{Notifications, errors::no_notifications};
use crate::error::{Error, Result};
use crate::sql::render;
use crate::statement::{RawSql, Statement};
use crate::value::IntoParams as _;

/// What is sent on a channel, from when it was opened: [`ConnectionHandle::listen`].
pub struct Listener {
    endpoint: Arc<Endpoint>,
    session: Box<dyn Notifications>,
}

impl Listener {
    /// Waits for the next text. The future may be dropped; nothing is lost by that.
    ///
    /// # Errors
    /// `ConnectionLost` when its session is gone, and `Configuration` when the connection was removed or replaced. What is
    /// sent from then on is not received: listen anew, then look for what was missed.
    pub async fn next(&mut self) -> Result<String> {
        let received = tokio::select! {
            biased;
            removed = self.endpoint.closed() => Err(removed),
            received = self.session.next() => received,
        };
        received.map_err(|error| error.with_connection(self.endpoint.name()))
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener").field("connection", self.endpoint.name()).finish_non_exhaustive()
    }
}

impl ConnectionHandle {
    /// Sends a text to those who listen to `channel` now, in any process; nobody keeps it for others. It is sent at once, and is no part
    /// of the transaction that this task has open: one with a notification in it could not be prepared.
    ///
    /// On PostgreSQL the channel's name has up to 63 bytes, and the text less than 8,000. A hint is what it is good for: who gets it
    /// looks in a table.
    ///
    /// # Errors
    /// `Unsupported` without the capability `notifications`; whatever the database reports.
    pub async fn notify(&self, channel: &str, text: &str) -> Result<()> {
        let endpoint = endpoint(self.name())?;
        let at_name = |error: Error| error.with_connection(endpoint.name());
        let notify = self.dialect().notify.ok_or_else(|| at_name(no_notifications()))?;
        let statement = Statement::Raw(RawSql { text: notify.into(), binds: [channel, text].into_params() });
        let sql = render(statement, self.dialect()).map_err(at_name)?;
        Session::Pool(endpoint).execute(&sql, Label::raw("notify")).await.map(drop)
    }

    /// Listens to a channel: what is sent after this has returned is received. It takes a session of its own, which does
    /// not count as one of the pool, and which ends when the listener is dropped.
    ///
    /// Where a program between this one and the database shares sessions among clients (a pooler in transaction mode),
    /// nothing may arrive; no error tells.
    ///
    /// # Errors
    /// `Unsupported` without the capability `notifications`; those of a connection that cannot be made.
    pub async fn listen(&self, channel: &str) -> Result<Listener> {
        let endpoint = endpoint(self.name())?;
        let session = endpoint.listen(channel).await?;
        Ok(Listener { endpoint, session })
    }
}
