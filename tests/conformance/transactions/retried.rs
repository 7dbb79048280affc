//! Retries of a transaction.

use activerecord::ErrorKind;
use activerecord::transaction::Retry;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::*;

fn soon() -> Retry {
    Retry::new().pause(Duration::from_micros(100))
}

#[tokio::test]
async fn other_errors_are_not_retried() -> Result<()> {
    let db = Airports::new().await;
    let attempts = AtomicU32::new(0);
    let failed = retry(soon(), async || {
        attempts.fetch_add(1, Ordering::Relaxed);
        transaction(&db, async || {
            with_connection(&db, async || {
                add("JFK").await?;
                add("JFK").await
            })
            .await
        })
        .await
    });
    assert!(failed.await.unwrap_err().is_unique_violation());
    assert_eq!(attempts.swap(0, Ordering::Relaxed), 1);

    let none = retry(soon().attempts(0), async || {
        attempts.fetch_add(1, Ordering::Relaxed);
        Err::<(), _>(Error::new(ErrorKind::Deadlock, "victim"))
    });
    assert!(none.await.unwrap_err().is_retryable());
    assert_eq!(attempts.load(Ordering::Relaxed), 1, "0 attempts count as 1");
    Ok(())
}

#[tokio::test]
async fn every_retryable_kind_is_retried() {
    for kind in [ErrorKind::Serialization, ErrorKind::Deadlock, ErrorKind::Busy] {
        let attempts = AtomicU32::new(0);
        let done = retry(soon(), async || match attempts.fetch_add(1, Ordering::Relaxed) {
            0 => Err(Error::new(kind, "again")),
            _ => Ok("done"),
        });
        assert_eq!(done.await.unwrap(), "done");
        assert_eq!(attempts.load(Ordering::Relaxed), 2);
    }
}
