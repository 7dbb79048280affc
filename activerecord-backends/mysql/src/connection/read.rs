//! Reading what comes back: each row is handed over where the driver holds it.

use activerecord_core::backend::Outcome;
use activerecord_core::{Error, Flow, Sink};
use futures_util::TryStreamExt;
use sqlx::mysql::{MySqlQueryResult, MySqlRow};
use sqlx::{Either, Execute, Executor, MySql, MySqlConnection, Row};

use super::pend_once;
use crate::value::{Cells, Format, Kind, kinds};

/// How a statement's answer is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader {
    pub(super) format: Format,
    /// Whether rows that come back are rows that were written: then nothing else counts them.
    pub(super) returning: bool,
    /// Whether only the first row is wanted.
    pub(super) one_row: bool,
    /// Whether the connection may be given up with rows that nobody wants.
    pub(super) may_leave: bool,
}

/// How a statement ended.
#[derive(Default)]
pub(super) struct End {
    pub(super) outcome: Outcome,
    /// How many statements were answered; a script has several.
    pub(super) answers: usize,
    /// The sink's error.
    pub(super) refused: Option<Error>,
    pub(super) failure: Option<sqlx::Error>,
    /// Whether there are more rows, which nobody wants.
    pub(super) half_read: bool,
}

/// More rows than this that nobody wants cost more time to read than a new connection.
const MOST_UNWANTED: usize = 1000;

impl Reader {
    /// Sends a query, and reads its answer to the end: what is left of it would be in the way of the next statement.
    pub(super) async fn read<'q>(
        self,
        connection: &mut MySqlConnection,
        query: impl Execute<'q, MySql> + 'q,
        sink: &mut Sink<'_>,
    ) -> End {
        let mut end = End::default();
        let mut kinds = Vec::new();
        let mut unwanted = None;
        let mut answers = connection.fetch_many(query);
        loop {
            let flow = match answers.try_next().await {
                Ok(Some(Either::Right(row))) => {
                    end.outcome.rows += u64::from(self.returning);
                    if unwanted.is_none() { self.hand_over(&row, &mut kinds, sink) } else { Ok(Flow::Stop) }
                }
                Ok(Some(Either::Left(answer))) => {
                    end.add(&answer);
                    kinds.clear();
                    continue;
                }
                Ok(None) => return end,
                Err(error) => {
                    end.failure = Some(error);
                    return end;
                }
            };
            match flow {
                Ok(Flow::More) => continue,
                Ok(Flow::Pause) => {
                    pend_once().await;
                    continue;
                }
                Ok(Flow::Stop) => {}
                Err(error) => end.refused = Some(error),
            }
            let rows = unwanted.get_or_insert(0);
            *rows += 1;
            if self.may_leave && *rows > MOST_UNWANTED {
                end.half_read = true;
                return end;
            }
        }
    }

    fn hand_over(self, row: &MySqlRow, kinds: &mut Vec<Kind>, sink: &mut Sink<'_>) -> Result<Flow, Error> {
        if kinds.is_empty() {
            kinds.extend(self::kinds(row.columns()));
        }
        let flow = sink(&Cells { row, kinds, format: self.format })?;
        Ok(if self.one_row { Flow::Stop } else { flow })
    }
}

impl End {
    fn add(&mut self, answer: &MySqlQueryResult) {
        self.answers += 1;
        self.outcome.rows += answer.rows_affected();
        // 0 stands for none.
        let id = i64::try_from(answer.last_insert_id()).ok().filter(|id| *id != 0);
        self.outcome.last_insert_id = self.outcome.last_insert_id.or(id);
    }
}
