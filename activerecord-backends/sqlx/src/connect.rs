//! Connecting to a server.

use std::fmt::Display;
use std::time::Duration;

use activerecord_core::{Error, ErrorKind, Result};

/// Waits until a session is open, but at most this long. Every error names the server.
///
/// ```
/// use std::time::Duration;
///
/// use activerecord_core::Result;
/// use activerecord_sqlx::within_timeout;
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// let silent = std::future::pending::<Result<()>>();
/// let error = within_timeout(&"db1:5432", Duration::from_millis(1), silent).await.unwrap_err();
/// assert_eq!(error.message(), "cannot connect to db1:5432: no answer within connect_timeout (1ms)");
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// `ConnectionLost` after the time; the error of `opening`.
pub async fn within_timeout<T>(
    server: &impl Display,
    timeout: Duration,
    opening: impl Future<Output = Result<T>>,
) -> Result<T> {
    let opened = tokio::time::timeout(timeout, opening).await.unwrap_or_else(|_| {
        Err(Error::new(ErrorKind::ConnectionLost, format!("no answer within connect_timeout ({timeout:?})")))
    });
    opened.map_err(|error| error.context(format_args!("cannot connect to {server}")))
}
