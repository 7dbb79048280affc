//! The rows of one statement, one by one, while they arrive.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use futures_core::Stream;

use super::{Label, Query};
use crate::backend::BoxFuture;
use crate::connection::Session;
use crate::error::{Error, Result};
use crate::typed::{Found, Source};
use crate::value::{Flow, RowRef};

/// The rows of a query, one by one: a `futures::Stream` of `Result<R>`, and an inherent [`next`](Self::next).
///
/// One statement runs for all of them, so they are one snapshot, and a connection is held until the stream ends or is
/// dropped. Rows wait in a buffer of at most 256: who reads slowly makes the database wait. Inside a transaction the stream
/// has its connection: another statement in that transaction is an error until it ends; use
/// [`batch`](Query::batch) to write while reading.
#[must_use = "a stream does nothing until it is read"]
pub struct Rows<R> {
    fetch: Option<BoxFuture<'static, Result<()>>>,
    buffer: Arc<Buffer<R>>,
    found: Option<Found<R>>,
    /// The row whose `after_find` hook runs.
    finding: Option<BoxFuture<'static, Result<R>>>,
    /// The error that comes after the rows that wait.
    failure: Option<Error>,
}

type Buffer<R> = Mutex<VecDeque<R>>;

/// The most rows that wait.
const CAPACITY: usize = 256;

/// The connection is chosen here, not at the first poll.
pub(super) fn open<S: Source, R: Send + 'static>(query: Query<S, R>) -> Rows<R> {
    let buffer = Arc::new(Buffer::default());
    let (session, found) = (query.session(), query.found);
    let fetch = Box::pin(fetch(query, session, Arc::clone(&buffer)));
    Rows { fetch: Some(fetch), buffer, found, finding: None, failure: None }
}

async fn fetch<S: Source, R: Send + 'static>(
    query: Query<S, R>,
    session: Result<Session>,
    buffer: Arc<Buffer<R>>,
) -> Result<()> {
    let session = session?;
    query.check_lock(&session)?;
    let (read, label) = (query.read, Label::stream(query.model.model));
    let sql = query.spell(&session)?;
    let mut sink = |row: &dyn RowRef| -> Result<Flow> {
        let row = read(row)?;
        let mut buffer = lock(&buffer);
        buffer.push_back(row);
        Ok(if buffer.len() < CAPACITY { Flow::More } else { Flow::Pause })
    };
    session.fetch(&sql, label, &mut sink).await
}

fn lock<R>(buffer: &Buffer<R>) -> MutexGuard<'_, VecDeque<R>> {
    buffer.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<R: Send + 'static> Rows<R> {
    /// The next row; None after the last.
    ///
    /// # Errors
    /// `Conversion` when a cell does not fit, and whatever the database reports; then the stream has ended.
    pub async fn next(&mut self) -> Result<Option<R>> {
        std::future::poll_fn(|context| self.poll_row(context)).await.transpose()
    }

    fn poll_row(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<R>>> {
        loop {
            if let Some(finding) = &mut self.finding {
                let found = ready!(finding.as_mut().poll(context));
                self.finding = None;
                if found.is_err() {
                    self.fetch = None;
                    lock(&self.buffer).clear();
                }
                return Poll::Ready(Some(found));
            }
            let row = lock(&self.buffer).pop_front();
            match (row, self.found) {
                (Some(row), Some(found)) => self.finding = Some(found(row)),
                (Some(row), None) => return Poll::Ready(Some(Ok(row))),
                (None, _) if self.fetch.is_none() => return Poll::Ready(self.failure.take().map(Err)),
                (None, _) => ready!(self.poll_fetch(context)),
            }
        }
    }

    /// Ready when rows wait or none will come.
    fn poll_fetch(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Some(fetch) = &mut self.fetch else { return Poll::Ready(()) };
        match fetch.as_mut().poll(context) {
            Poll::Ready(result) => {
                self.fetch = None;
                self.failure = result.err();
                Poll::Ready(())
            }
            // It pauses when the buffer is full, without a promise to wake.
            Poll::Pending if lock(&self.buffer).is_empty() => Poll::Pending,
            Poll::Pending => Poll::Ready(()),
        }
    }
}

impl<R: Send + 'static> Stream for Rows<R> {
    type Item = Result<R>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<R>>> {
        self.get_mut().poll_row(context)
    }
}

impl<R> fmt::Debug for Rows<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows").field("waiting", &lock(&self.buffer).len()).finish_non_exhaustive()
    }
}
