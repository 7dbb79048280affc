//! The end of a scope restores the scope around it, also after a drop, a panic or an error.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;

use super::*;
use test_support::polled;

/// Suspends inside scopes, before and after statements.
async fn wander(name: &str) -> Result<()> {
    with_connection(name, async || {
        tokio::task::yield_now().await;
        assert_eq!(plane_here().await?, name);
        Plane::with_connection(PLANES, async || {
            tokio::task::yield_now().await;
            assert_eq!(plane_here().await?, PLANES);
            tokio::task::yield_now().await;
            Ok(())
        })
        .await?;
        tokio::task::yield_now().await;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn at_every_point() -> Result<()> {
    let (a, b) = places().await?;
    with_connection(&a, async || {
        let mut polls = 0;
        while polled(polls, wander(&b)).await.transpose()?.is_none() {
            assert_eq!(here().await?, both(&a, &a), "dropped after {polls} polls");
            polls += 1;
        }
        assert!(polls > 3);
        assert_eq!(here().await?, both(&a, &a));
        Ok(())
    })
    .await?;
    assert_eq!(here().await?, both(PLANES, AIRPORTS));
    Ok(())
}

#[tokio::test]
async fn by_a_timeout() -> Result<()> {
    let (a, b) = places().await?;
    with_connection(&a, async || {
        let endless = with_connection(&b, async || {
            plane_here().await?;
            std::future::pending::<Result<()>>().await
        });
        // On a slow machine the time ends before the statement. That point is one of `at_every_point`.
        assert!(tokio::time::timeout(Duration::from_millis(5), endless).await.is_err());
        assert_eq!(here().await?, both(&a, &a));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn by_a_panic() -> Result<()> {
    let (a, b) = places().await?;
    with_connection(&a, async || {
        let panics = with_connection(&b, async || -> Result<()> {
            plane_here().await?;
            Plane::with_connection(PLANES, async || -> Result<()> { panic!("in the middle") }).await
        });
        assert!(AssertUnwindSafe(panics).catch_unwind().await.is_err());
        assert_eq!(here().await?, both(&a, &a));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn by_an_error() -> Result<()> {
    let (a, b) = places().await?;
    with_connection(&a, async || {
        let fails = with_connection(&b, async || Plane::find(99).await);
        assert!(fails.await.unwrap_err().is_not_found());
        assert_eq!(here().await?, both(&a, &a));
        Ok(())
    })
    .await
}

/// Two futures are polled alternately in one task. Each has its own scope, and there is none between the polls.
#[tokio::test]
async fn polled_alternately() -> Result<()> {
    let (a, b) = places().await?;
    let mut futures = [Box::pin(wander(&a)), Box::pin(wander(&b))];
    let mut done = [false; 2];
    while done != [true; 2] {
        for (future, done) in futures.iter_mut().zip(&mut done).filter(|(_, done)| !**done) {
            if let Some(result) = polled(1, future).await {
                result?;
                *done = true;
            }
            assert_eq!(plane_here().await?, PLANES);
        }
    }
    Ok(())
}
