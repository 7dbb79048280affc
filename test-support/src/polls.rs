//! Futures that are dropped before they are ready.

use std::future::{Future, poll_fn};
use std::task::Poll;

/// Polls a future at most `polls` times, each time it is woken, then drops it. None: it was not ready.
pub async fn polled<F: Future>(mut polls: usize, future: F) -> Option<F::Output> {
    let mut future = Box::pin(future);
    poll_fn(|context| {
        if polls == 0 {
            return Poll::Ready(None);
        }
        polls -= 1;
        match future.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if polls == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}
