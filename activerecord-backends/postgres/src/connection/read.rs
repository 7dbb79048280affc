//! Reading: the sink borrows each row from the driver's buffer.

use std::ops::ControlFlow;
use std::time::Duration;

use activerecord_core::backend::pend_once;
use activerecord_core::sql::{Access, Sql};
use activerecord_core::{Flow, Result, RowRef, Sink};
use futures_util::TryStreamExt as _;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Either, Executor as _};

use super::{PostgresConnection, is_kept};
use crate::dialect::Verb;
use crate::value::{self, Kind, Row};

/// How many unwanted rows are read to keep a connection. With more rows a new connection is cheaper.
const MOST_UNWANTED: u64 = 1000;

/// How long to wait for the unwanted rows.
const UNWANTED_TIMEOUT: Duration = Duration::from_millis(10);

impl PostgresConnection {
    pub(super) async fn fetch_one(&mut self, sql: &Sql, verb: Verb, sink: &mut Sink<'_>) -> Result<()> {
        let (text, arguments) = self.prepare(sql).await?;
        let query = sqlx::query_with(AssertSqlSafe(text), arguments).persistent(is_kept(verb));
        self.unread = true;
        let mut answers = self.driver.fetch_many(query);
        let mut reader = Reader { sink, kinds: None, one_row: sql.is_one_row() };
        let mut outcome = Ok(());
        let ended = loop {
            match answers.try_next().await {
                Ok(Some(Either::Right(row))) => match reader.pass(&row).await {
                    ControlFlow::Continue(()) => {}
                    ControlFlow::Break(stopped) => {
                        outcome = stopped;
                        break None;
                    }
                },
                Ok(Some(Either::Left(_))) => {}
                Ok(None) => break Some(Ok(())),
                Err(error) => break Some(Err(error)),
            }
        };
        let ended = match ended {
            Some(ended) => Some(ended),
            None => read_rest(&mut answers, sql, verb).await,
        };
        drop(answers);
        // With rows left, the answer stays unread: a transaction reads them before its next statement, a pool closes the connection.
        if let Some(ended) = ended {
            let ended = self.ran(sql, ended);
            outcome = outcome.and(ended);
        }
        outcome
    }
}

/// Reads the rest of an answer. `None`: there is too much of it. The answer to a statement that may write is always read to its end, because
/// closing the connection would undo the write.
async fn read_rest<A: Answers>(answers: &mut A, sql: &Sql, verb: Verb) -> Option<Result<(), sqlx::Error>> {
    let writes = sql.access() == Access::Write || matches!(verb, Verb::Change | Verb::ReadAndChange);
    let most = if writes { u64::MAX } else { MOST_UNWANTED };
    if sql.access() == Access::Read && !sql.is_one_row() {
        return tokio::time::timeout(UNWANTED_TIMEOUT, read_at_most(answers, most)).await.unwrap_or_default();
    }
    read_at_most(answers, most).await
}

/// The answer to a statement.
trait Answers: futures_util::TryStream<Error = sqlx::Error> + Unpin {}

impl<A: futures_util::TryStream<Error = sqlx::Error> + Unpin> Answers for A {}

/// Reads an answer to its end. `None`: it has more than `most` rows.
async fn read_at_most<A: Answers>(answers: &mut A, most: u64) -> Option<Result<(), sqlx::Error>> {
    for _ in 0..most {
        match answers.try_next().await {
            Ok(Some(_)) => {}
            Ok(None) => return Some(Ok(())),
            Err(error) => return Some(Err(error)),
        }
    }
    None
}

/// Passes rows to the sink.
struct Reader<'r, 's> {
    sink: &'r mut Sink<'s>,
    /// The kinds of the columns, from the first row on.
    kinds: Option<Vec<Kind>>,
    one_row: bool,
}

impl Reader<'_, '_> {
    /// Passes a row to the sink. Breaks when the sink wants no more rows.
    async fn pass(&mut self, row: &PgRow) -> ControlFlow<Result<()>> {
        let kinds = self.kinds.get_or_insert_with(|| value::kinds(row));
        let row = Row { row, kinds };
        match (self.sink)(&row as &dyn RowRef) {
            Ok(Flow::Stop) => return ControlFlow::Break(Ok(())),
            Ok(Flow::More) => {}
            Ok(Flow::Pause) => pend_once().await,
            Err(error) => return ControlFlow::Break(Err(error)),
        }
        if self.one_row { ControlFlow::Break(Ok(())) } else { ControlFlow::Continue(()) }
    }
}
