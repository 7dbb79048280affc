//! Notifications: short texts that one session sends, and that other sessions receive while they listen.

use std::fmt;
use std::sync::Arc;

use super::endpoint::Endpoint;
use super::handle::ConnectionHandle;
use super::registry::endpoint;
use super::session::{Label, Session};
use crate::backend::{Notifications, errors::no_notifications};
use crate::error::Result;

/// Receives the notifications of a channel. [`ConnectionHandle::listen`] opens it.
///
/// ```no_run
/// # use activerecord_core::{connection, Result};
/// # async fn example() -> Result<()> {
/// let mut orders = connection("primary")?.listen("orders").await?;
/// loop {
///     let id = orders.next().await?;
///     println!("order {id}");
/// }
/// # }
/// ```
pub struct Listener {
    endpoint: Arc<Endpoint>,
    session: Box<dyn Notifications>,
}

impl Listener {
    /// Waits for the next text. Dropping the future loses nothing.
    ///
    /// # Errors
    /// `ConnectionLost` when the session is lost; `Configuration` when the connection was removed or replaced. Texts
    /// that are sent afterwards are not received: listen again, then read from the database what was missed.
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
    /// Sends a text to all sessions that listen to `channel` now, in any process. It is not stored for later listeners.
    /// It is sent at once, and is not part of the open transaction of this task, because a transaction with a
    /// notification cannot be prepared.
    ///
    /// On PostgreSQL the name of the channel has at most 63 bytes, and the text fewer than 8,000. Use a notification as
    /// a hint to read a table; it can be lost.
    ///
    /// ```no_run
    /// # use activerecord_core::{connection, Result};
    /// # async fn example() -> Result<()> {
    /// connection("primary")?.notify("orders", "7").await
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Unsupported` without the capability `notifications`; those of the connection and the database.
    pub async fn notify(&self, channel: &str, text: &str) -> Result<()> {
        let session = Session::Pool(endpoint(self.name())?);
        let missing = || no_notifications().with_connection(session.endpoint().name());
        let notify = session.dialect().notify.ok_or_else(missing)?;
        let sql = session.render_text(notify, [channel, text])?;
        session.execute(&sql, Label::raw("notify")).await.map(drop)
    }

    /// Listens to a channel. The listener receives all texts that are sent after this returns. It opens a separate
    /// session, which is not part of the pool and ends when the listener is dropped.
    ///
    /// NOT guaranteed behind a pooler in transaction mode: texts may not arrive, without an error.
    ///
    /// ```no_run
    /// # use activerecord_core::{connection, Result};
    /// # async fn example() -> Result<()> {
    /// let mut orders = connection("primary")?.listen("orders").await?;
    /// println!("order {}", orders.next().await?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Unsupported` without the capability `notifications`; those of opening a connection.
    pub async fn listen(&self, channel: &str) -> Result<Listener> {
        let endpoint = endpoint(self.name())?;
        let session = endpoint.listen(channel).await?;
        Ok(Listener { endpoint, session })
    }
}
