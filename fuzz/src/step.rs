//! The steps of a program, and what they answer.

use activerecord_core::statement::{Distinct, Expr, Part, Select, Statement};
use activerecord_core::{ErrorKind, Value};

use crate::evaluate::{Database, Refusal, Row};
use crate::world::World;

/// A step of a program. It changes nothing in the end.
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "there are a few hundred")]
pub(crate) enum Step {
    /// A query.
    Read(Select),
    /// Writes in a transaction. Then all tables are read, and the transaction is rolled back.
    Write(Vec<Write>),
}

/// A write in a transaction.
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "there are a few hundred")]
pub(crate) enum Write {
    /// A statement.
    One(Statement),
    /// Writes in a savepoint, which is kept or rolled back.
    Savepoint {
        /// The writes.
        inside: Vec<Write>,
        /// Whether the savepoint is kept.
        kept: bool,
    },
}

/// What a step answers.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Outcome {
    /// The rows of a query. Rows with the same place can come in any order; a database knows no places.
    Rows {
        /// The rows.
        rows: Vec<Row>,
        /// The places.
        places: Vec<usize>,
    },
    /// The numbers of written rows, and the rows of each table after it, in the order of their keys.
    Written {
        /// The number of rows of each statement.
        counts: Vec<u64>,
        /// The rows of each table.
        tables: Vec<Vec<Row>>,
    },
    /// The first error. The text is for people.
    Refused(ErrorKind, String),
}

impl Step {
    /// Whether a part of the step needs a database with DISTINCT ON, or with containment of JSON.
    pub(crate) fn needs(&self) -> (bool, bool) {
        let (mut distinct_on, mut json_contains) = (false, false);
        let mut see = |part: &Part<'_>| {
            match part {
                Part::Query(query) => distinct_on |= matches!(query.distinct, Distinct::On(_)),
                Part::Expr(expr) => json_contains |= matches!(expr, Expr::JsonContains(..)),
            }
            false
        };
        match self {
            Self::Read(query) => {
                Part::Query(query).any(&mut see);
            }
            Self::Write(writes) => each(writes, &mut |statement| {
                statement.any_child(&mut |part| part.any(&mut see));
            }),
        }
        (distinct_on, json_contains)
    }

    /// Returns what the step must answer. None: the evaluator does not know it.
    pub(crate) fn expected(&self, world: &World, database: &Database) -> Option<Outcome> {
        let answer = match self {
            Self::Read(query) => {
                database.read(query).map(|found| Outcome::Rows { rows: found.rows, places: found.places })
            }
            Self::Write(writes) => written(writes, world, database.clone()),
        };
        match answer {
            Ok(outcome) => Some(outcome),
            Err(Refusal::Error(kind, why)) => Some(Outcome::Refused(kind, why)),
            Err(Refusal::NotCovered(_)) => None,
        }
    }
}

/// Visits each statement.
pub(crate) fn each<'w>(writes: &'w [Write], visit: &mut dyn FnMut(&'w Statement)) {
    for write in writes {
        match write {
            Write::One(statement) => visit(statement),
            Write::Savepoint { inside, .. } => each(inside, visit),
        }
    }
}

fn written(writes: &[Write], world: &World, mut database: Database) -> Result<Outcome, Refusal> {
    let mut counts = Vec::new();
    write(writes, &mut database, &mut counts)?;
    let mut tables = Vec::new();
    for content in &world.tables {
        let mut rows = database.table(content.def.name)?.rows.clone();
        rows.sort_by_key(key);
        tables.push(rows);
    }
    Ok(Outcome::Written { counts, tables })
}

fn write(writes: &[Write], database: &mut Database, counts: &mut Vec<u64>) -> Result<(), Refusal> {
    for step in writes {
        match step {
            Write::One(statement) => counts.push(database.write(statement)?),
            Write::Savepoint { inside, kept } => {
                let before = database.clone();
                write(inside, database, counts)?;
                if !kept {
                    *database = before;
                }
            }
        }
    }
    Ok(())
}

/// The key of a row, which is its first column.
pub(crate) fn key(row: &Row) -> i64 {
    if let Some(Value::I64(key)) = row.first() { *key } else { 0 }
}
