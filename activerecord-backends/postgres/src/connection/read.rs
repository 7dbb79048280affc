//! Reading: each row is handed over where the driver holds it.

use std::ops::ControlFlow;

use activerecord_core::sql::{Access, Sql};
use activerecord_core::{Flow, Result, RowRef, Sink};
use futures_util::TryStreamExt as _;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Either, Executor as _};

use super::{PostgresConnection, is_kept, pend_once};
use crate::dialect::Verb;
use crate::value::{self, Kind, Row};

/// How many rows that nobody wants are read off a connection to keep it. With more of them it is cheaper to open another.
const REST: u64 = 1000;

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
            None => read_off(&mut answers, most_rest(sql, verb)).await,
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

/// A statement that writes has to come to its end, which a closed connection would keep it from.
fn most_rest(sql: &Sql, verb: Verb) -> u64 {
    if sql.access() == Access::Write || verb == Verb::Change { u64::MAX } else { REST }
}

/// Reads to the end of an answer; None when there are more rows than `most`.
async fn read_off<A, E>(answers: &mut A, most: u64) -> Option<Result<(), E>>
where
    A: futures_util::TryStream<Error = E> + Unpin,
{
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
            Ok(Flow::Stop) => ControlFlow::Break(Ok(())),
            Ok(_) if self.one_row => ControlFlow::Break(Ok(())),
            Ok(Flow::More) => ControlFlow::Continue(()),
            Ok(Flow::Pause) => {
                pend_once().await;
                ControlFlow::Continue(())
            }
            Err(error) => ControlFlow::Break(Err(error)),
        }
    }
}
