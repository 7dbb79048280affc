//! Why a statement gets no connection.

use std::time::Duration;

use super::{LEAST_TO_CONNECT, Purpose, Shared};
use crate::connection::moment::Moment;
use crate::error::{Error, ErrorKind};

impl Shared {
    #[cold]
    pub(super) fn closed(&self) -> Error {
        Error::configuration(format!("connection `{}` was removed or replaced", self.name))
    }

    #[cold]
    pub(super) fn shut_down(&self) -> Error {
        Error::new(
            ErrorKind::ConnectionLost,
            format!("the tokio runtime was shut down while a connection of `{}` was opened", self.name),
        )
    }

    /// The server has not answered in time.
    #[cold]
    pub(super) fn silent(&self) -> Error {
        let waited = humantime::format_duration(self.limits.acquire_timeout.max(LEAST_TO_CONNECT));
        Error::new(
            ErrorKind::PoolTimeout,
            format!(
                "no connection of `{}` was ready within {waited}: the server does not answer; check that it can be reached, \
                 or increase acquire_timeout if it is far away",
                self.name
            ),
        )
    }

    #[cold]
    pub(super) fn exhausted(&self) -> Error {
        let waited = humantime::format_duration(self.limits.acquire_timeout);
        let holder = self.longest().unwrap_or_else(|| "a user that has just finished".into());
        Error::new(
            ErrorKind::PoolTimeout,
            format!(
                "no connection of `{}` became free within {waited}: all {} are in use; held longest by {holder}. Keep \
                 transactions and streams shorter, or increase max_connections or acquire_timeout",
                self.name, self.limits.max_connections
            ),
        )
    }

    fn longest(&self) -> Option<String> {
        let (purpose, since) = self
            .state()
            .holders
            .iter()
            .min_by_key(|holder| holder.since)
            .map(|holder| (holder.purpose, holder.since))?;
        let held = Moment::now().since(since);
        let held =
            humantime::format_duration(Duration::from_millis(u64::try_from(held.as_millis()).unwrap_or(u64::MAX)));
        Some(match purpose {
            Purpose::Model(model) => format!("a statement on {model}, for {held}"),
            Purpose::Raw => format!("a raw statement, for {held}"),
            Purpose::Transaction => format!("a transaction, for {held}"),
            Purpose::Stream(model) => format!("a stream of {model}, for {held}"),
            Purpose::Verify => format!("a check of the connection, for {held}"),
        })
    }
}
