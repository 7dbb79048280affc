//! Streams of rows.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use futures_core::Stream;

use super::{Label, Query};
use crate::backend::BoxFuture;
use crate::connection::{ConnectionHandle, Session};
use crate::error::{Error, Result};
use crate::statement::{Select, Statement};
use crate::typed::{Found, Source};
use crate::value::{Flow, Row, RowRef};

/// The rows of a query, one by one: [`Query::stream`]. It is a `futures::Stream` of `Result<R>`, and has the method
/// [`next`](Self::next).
///
/// One statement reads all rows, so they are one snapshot. At most 256 rows are buffered; a slow reader makes the database
/// wait.
///
/// From its first row until it returns `None` or is dropped, the stream holds a connection. In a transaction that is the
/// transaction's connection: until then, another statement in that transaction is an error. This does not depend on the
/// number of rows. To write while reading, use [`batch`](Query::batch), which reads with a new statement each time.
#[must_use = "a stream does nothing until it is read"]
pub struct RowStream<R> {
    fetch: Option<BoxFuture<'static, Result<()>>>,
    buffer: Arc<Buffer<R>>,
    found: Option<Found<R>>,
    /// The row whose `after_find` hook runs.
    finding: Option<BoxFuture<'static, Result<R>>>,
    /// An error that is returned after the buffered rows.
    failure: Option<Error>,
}

/// An iterator that waits for each row. No stream is one: it exists for the message of `for user in query`.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a query is not an iterator",
    label = "write `.all().await?`, or read one row at a time: `let mut rows = query.stream()` and `rows.next().await`"
)]
pub trait BlockingRows<R> {
    fn next_row() -> Option<R>;
}

#[doc(hidden)]
impl<S, R> Iterator for Query<S, R>
where
    RowStream<R>: BlockingRows<R>,
{
    type Item = R;

    fn next(&mut self) -> Option<R> {
        RowStream::<R>::next_row()
    }
}

type Buffer<R> = Mutex<VecDeque<R>>;

/// The maximum number of buffered rows.
const CAPACITY: usize = 256;

/// Opens the stream. The connection is chosen here, not at the first poll.
pub(super) fn open<S: Source, R: Send + 'static>(query: Query<S, R>) -> RowStream<R> {
    let buffer = Arc::new(Buffer::default());
    let (session, found) = (query.session(), query.found);
    let fetch = Box::pin(fetch(query, session, Arc::clone(&buffer)));
    RowStream { fetch: Some(fetch), buffer, found, finding: None, failure: None }
}

impl ConnectionHandle {
    /// The rows of a query tree as a stream: see [`RowStream`]. For the packages of this library: it is not stable.
    #[doc(hidden)]
    pub fn stream(&self, query: Select) -> RowStream<Row> {
        let buffer = Arc::new(Buffer::default());
        let fetch = Box::pin(fetch_rows(self.session(), query, Arc::clone(&buffer)));
        RowStream { fetch: Some(fetch), buffer, found: None, finding: None, failure: None }
    }
}

async fn fetch_rows(session: Result<Session>, query: Select, buffer: Arc<Buffer<Row>>) -> Result<()> {
    let session = session?;
    let sql = session.render(Statement::Select(query))?;
    let mut columns = None;
    let mut sink = |row: &dyn RowRef| -> Result<Flow> {
        let columns = columns.get_or_insert_with(|| Row::columns_of(row));
        let row = Row::detach(row, columns)?;
        let mut buffer = lock(&buffer);
        buffer.push_back(row);
        Ok(if buffer.len() < CAPACITY { Flow::More } else { Flow::Pause })
    };
    session.fetch(&sql, Label::stream("rows"), &mut sink).await
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

impl<R: Send + 'static> RowStream<R> {
    /// Returns the next row; `None` after the last. Example: [`Query::stream`].
    ///
    /// # Errors
    /// `Conversion` if a value does not fit its type; other errors of [`Query`]. After an error the stream has ended.
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

    /// Is ready when rows are buffered or no more will come.
    fn poll_fetch(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Some(fetch) = &mut self.fetch else { return Poll::Ready(()) };
        match fetch.as_mut().poll(context) {
            Poll::Ready(result) => {
                self.fetch = None;
                self.failure = result.err();
                Poll::Ready(())
            }
            // When the buffer is full the fetch pauses, without a promise to wake.
            Poll::Pending if lock(&self.buffer).is_empty() => Poll::Pending,
            Poll::Pending => Poll::Ready(()),
        }
    }
}

impl<R: Send + 'static> Stream for RowStream<R> {
    type Item = Result<R>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<R>>> {
        self.get_mut().poll_row(context)
    }
}

impl<R> fmt::Debug for RowStream<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows").field("waiting", &lock(&self.buffer).len()).finish_non_exhaustive()
    }
}
