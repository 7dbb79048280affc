//! Waiting for a condition.

use std::time::{Duration, Instant};

use activerecord::{Error, Result};

/// Repeats `ask` until it returns true. After five minutes it returns an error.
pub async fn until<F: Future<Output = Result<bool>>>(what: &str, mut ask: impl FnMut() -> F) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(300);
    while !ask().await? {
        if Instant::now() > deadline {
            return Err(Error::invalid(format!("after 5 minutes it is still not true that {what}")));
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}
