//! Waiting for a condition.

use std::time::{Duration, Instant};

use activerecord::{Error, Result};

/// Asks again and again until the answer is yes; five minutes of no are an error.
pub async fn until<F: Future<Output = Result<bool>>>(what: &str, mut ask: impl FnMut() -> F) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(300);
    while !ask().await? {
        if Instant::now() > deadline {
            return Err(Error::invalid(format!("waited in vain until {what}")));
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}
