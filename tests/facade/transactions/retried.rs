//! Retries of a transaction.

use activerecord::ErrorKind;
use activerecord::transaction::Retry;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::*;

/// Registers a second connection to the file, which does not wait for locks.
fn impatient(db: &Airports) -> Result<String> {
    let name = format!("{} impatient", &**db);
    ConnectionManager::configure(&name, format!("{}&busy_timeout=0s", db.database.url()))?;
    Ok(name)
}

fn soon() -> Retry {
    Retry::new().pause(Duration::from_micros(100))
}

#[tokio::test]
async fn a_busy_transaction_is_retried() -> Result<()> {
    let db = Airports::new().await;
    let name = impatient(&db)?;
    let blocker = Transaction::begin(&*db).await?;
    let attempts = AtomicU32::new(0);
    let failed = retry(soon().attempts(3), async || {
        attempts.fetch_add(1, Ordering::Relaxed);
        transaction(&name, async || Ok(())).await
    });
    let error = failed.await.unwrap_err();
    assert!(error.is_retryable() && error.kind() == ErrorKind::Busy, "{error}");
    assert_eq!(attempts.swap(0, Ordering::Relaxed), 3);

    let blocker = std::sync::Mutex::new(Some(blocker));
    retry(soon().attempts(3), async || {
        let attempt = attempts.fetch_add(1, Ordering::Relaxed);
        let blocker = if attempt == 1 { blocker.lock().unwrap().take() } else { None };
        if let Some(blocker) = blocker {
            blocker.rollback().await?;
        }
        transaction(&name, async || with_connection(&name, async || add("JFK").await).await).await
    })
    .await?;
    assert_eq!(attempts.load(Ordering::Relaxed), 2);
    assert_eq!(db.committed().await, "JFK");
    Ok(())
}
