//! Reading answers: the sink borrows each row from the driver's buffer.

use activerecord_core::backend::Outcome;
use activerecord_core::backend::pend_once;
use activerecord_core::{Error, Flow, Sink};
use futures_util::TryStreamExt;
use sqlx::mysql::{MySqlQueryResult, MySqlRow};
use sqlx::{Either, Execute, Executor, MySql, MySqlConnection, Row};

use super::Line;
use crate::value::{Cells, Format, Kind, kinds};

/// How to read the answer to a statement.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader {
    pub(super) format: Format,
    /// Whether the rows of the answer are rows that were written. Then they are counted here, because the server does not.
    pub(super) returning: bool,
    /// Whether only the first row is wanted.
    pub(super) one_row: bool,
    /// Whether the connection may be abandoned with unread rows.
    pub(super) may_abandon: bool,
}

/// How a statement ended.
#[derive(Default)]
pub(super) struct End {
    pub(super) outcome: Outcome,
    /// The number of answers: one per statement of a script.
    pub(super) answers: usize,
    /// The sink's error.
    pub(super) refused: Option<Error>,
    pub(super) failure: Option<sqlx::Error>,
    /// Whether unwanted rows are left unread.
    pub(super) half_read: bool,
}

/// How many unwanted rows are read to keep a connection. With more rows a new connection is cheaper.
const MOST_UNWANTED: usize = 1000;

impl Reader {
    /// Sends a query and reads its answer to the end, so that the next statement can follow.
    pub(super) async fn read<'q>(
        self,
        connection: &mut MySqlConnection,
        line: &mut Line,
        query: impl Execute<'q, MySql> + 'q,
        sink: &mut Sink<'_>,
    ) -> End {
        let mut end = End::default();
        let mut rows = Rows { reader: self, kinds: Vec::new(), unwanted: 0, sink };
        let mut answers = connection.fetch_many(query);
        loop {
            let flow = match answers.try_next().await {
                Ok(Some(Either::Right(row))) => rows.take(&row, &mut end),
                Ok(Some(Either::Left(answer))) => {
                    end.add(&answer);
                    rows.kinds.clear();
                    Flow::More
                }
                Ok(None) => return end,
                Err(error) => return End { failure: Some(error), ..end },
            };
            match flow {
                Flow::Pause => {
                    *line = Line::BetweenRows;
                    pend_once().await;
                    *line = Line::Busy;
                }
                Flow::Stop if self.may_abandon && rows.unwanted > MOST_UNWANTED => {
                    return End { half_read: true, ..end };
                }
                Flow::More | Flow::Stop => {}
            }
        }
    }
}

/// Passes the rows of an answer to the sink.
struct Rows<'a, 's> {
    reader: Reader,
    /// The kinds of the columns of the current result.
    kinds: Vec<Kind>,
    /// The number of rows since the sink stopped.
    unwanted: usize,
    sink: &'a mut Sink<'s>,
}

impl Rows<'_, '_> {
    fn take(&mut self, row: &MySqlRow, end: &mut End) -> Flow {
        end.outcome.rows += u64::from(self.reader.returning);
        if self.unwanted == 0 {
            match self.pass(row) {
                Ok(Flow::Stop) => {}
                Ok(flow) => return flow,
                Err(error) => end.refused = Some(error),
            }
        }
        self.unwanted += 1;
        Flow::Stop
    }

    fn pass(&mut self, row: &MySqlRow) -> Result<Flow, Error> {
        if self.kinds.is_empty() {
            self.kinds.extend(kinds(row.columns()));
        }
        let flow = (self.sink)(&Cells { row, kinds: &self.kinds, format: self.reader.format })?;
        Ok(if self.reader.one_row { Flow::Stop } else { flow })
    }
}

impl End {
    fn add(&mut self, answer: &MySqlQueryResult) {
        self.answers += 1;
        self.outcome.rows += answer.rows_affected();
        // 0: no key was generated.
        let id = i64::try_from(answer.last_insert_id()).ok().filter(|id| *id != 0);
        self.outcome.last_insert_id = self.outcome.last_insert_id.or(id);
    }
}
