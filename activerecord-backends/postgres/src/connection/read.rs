//! Reading: each row is handed over where the driver holds it.

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

/// How many rows that nobody wants are read off a connection to keep it. With more of them it is cheaper to open another.
const REST: u64 = 1000;

/// For how long they are waited for.
const PATIENCE: Duration = Duration::from_millis(10);

impl PostgresConnection {
    pub(super) async fn fetch_one(&mut self, sql: &Sql, verb: Verb, sink: &mut Sink<'_>) -> Result<()> {
        let (text, arguments) = self.prepare(sql).await?;
        let query = sqlx::query_with(AssertSqlSafe(text), arguments).persistent(is_kept(verb));
        self.under_way = true;
        let mut answers = self.driver.fetch_many(query);
        let mut reader = Reader { sink, kinds: None, one_row: sql.is_one_row() };
        let mut told = Ok(());
        let ended = loop {
            match answers.try_next().await {
                Ok(Some(Either::Right(row))) => match reader.hand_over(&row).await {
                    ControlFlow::Continue(()) => {}
                    ControlFlow::Break(how) => {
                        told = how;
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
        // Where rows are left the session stays under way: a transaction goes on past them, a pool closes it.
        if let Some(ended) = ended {
            let ended = self.ran(sql, ended);
            told = told.and(ended);
        }
        told
    }
}

/// Reads what is left of an answer; None when it is too much. A statement that may write has to come to its end, which a
/// closed connection would keep it from.
async fn read_rest<A: Answers>(answers: &mut A, sql: &Sql, verb: Verb) -> Option<Result<(), sqlx::Error>> {
    let writes = sql.access() == Access::Write || matches!(verb, Verb::Change | Verb::ReadAndChange);
    let most = if writes { u64::MAX } else { REST };
    if sql.access() == Access::Read && !sql.is_one_row() {
        return tokio::time::timeout(PATIENCE, read_off(answers, most)).await.unwrap_or_default();
    }
    read_off(answers, most).await
}

/// What a statement is answered with.
trait Answers: futures_util::TryStream<Error = sqlx::Error> + Unpin {}

impl<A: futures_util::TryStream<Error = sqlx::Error> + Unpin> Answers for A {}

/// Reads to the end of an answer; None when there are more rows than `most`.
async fn read_off<A: Answers>(answers: &mut A, most: u64) -> Option<Result<(), sqlx::Error>> {
    for _ in 0..most {
        match answers.try_next().await {
            Ok(Some(_)) => {}
            Ok(None) => return Some(Ok(())),
            Err(error) => return Some(Err(error)),
        }
    }
    None
}

/// Hands rows to the sink.
struct Reader<'r, 's> {
    sink: &'r mut Sink<'s>,
    /// The kinds of the columns, once there is a row.
    kinds: Option<Vec<Kind>>,
    one_row: bool,
}

impl Reader<'_, '_> {
    /// Hands over a row; breaks when the sink wants no other one.
    async fn hand_over(&mut self, row: &PgRow) -> ControlFlow<Result<()>> {
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
