//! Reading what comes back: each row is handed over where the driver holds it.

use activerecord_core::backend::Outcome;
use activerecord_core::backend::pend_once;
use activerecord_core::{Error, Flow, Sink};
use futures_util::TryStreamExt;
use sqlx::mysql::{MySqlQueryResult, MySqlRow};
use sqlx::{Either, Execute, Executor, MySql, MySqlConnection, Row};

use super::Line;
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
                Flow::Stop if self.may_leave && rows.unwanted > MOST_UNWANTED => return End { half_read: true, ..end },
                Flow::More | Flow::Stop => {}
            }
        }
    }
}

/// The rows of an answer on their way to the sink.
struct Rows<'a, 's> {
    reader: Reader,
    /// Of the columns of the result that is being read.
    kinds: Vec<Kind>,
    /// How many there were since the sink has had enough.
    unwanted: usize,
    sink: &'a mut Sink<'s>,
}

impl Rows<'_, '_> {
    fn take(&mut self, row: &MySqlRow, end: &mut End) -> Flow {
        end.outcome.rows += u64::from(self.reader.returning);
        if self.unwanted == 0 {
            match self.hand_over(row) {
                Ok(Flow::Stop) => {}
                Ok(flow) => return flow,
                Err(error) => end.refused = Some(error),
            }
        }
        self.unwanted += 1;
        Flow::Stop
    }

    fn hand_over(&mut self, row: &MySqlRow) -> Result<Flow, Error> {
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
        // 0 stands for none.
        let id = i64::try_from(answer.last_insert_id()).ok().filter(|id| *id != 0);
        self.outcome.last_insert_id = self.outcome.last_insert_id.or(id);
    }
}
