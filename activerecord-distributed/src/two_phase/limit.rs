//! Limits of the waits for a database. A server that accepts everything and answers nothing must delay only the
//! transactions that need it.

use std::time::Duration;

use activerecord_core::{Error, ErrorKind, Result};
use tokio::time::timeout;

use crate::failpoint;

/// How long a database may take to answer a recovery, a listing or an operator.
pub(super) const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// Waits for `answer` of this connection, at most `longest`.
///
/// # Errors
/// `ConnectionLost` after that time. What the database did is then unknown.
pub(super) async fn within<T>(
    longest: Duration,
    connection: &str,
    answer: impl Future<Output = Result<T>>,
) -> Result<T> {
    if failpoint::is_broken("2pc.limit") {
        return answer.await;
    }
    timeout(longest, answer).await.unwrap_or_else(|_| Err(silent(longest, connection)))
}

#[cold]
fn silent(longest: Duration, connection: &str) -> Error {
    let longest = humantime::format_duration(longest);
    Error::new(ErrorKind::ConnectionLost, format!("the database of `{connection}` did not answer within {longest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_silent_database_is_lost() {
        let silent = within(Duration::from_millis(1), "shop", std::future::pending::<Result<()>>()).await;
        assert!(silent.is_err_and(|error| error.is_connection_lost() && error.message().contains("`shop`")));
        assert!(within(ANSWER_TIMEOUT, "shop", async { Ok(()) }).await.is_ok());
    }
}
