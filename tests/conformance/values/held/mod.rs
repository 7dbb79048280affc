//! Every value that the library writes is the value of the row, or it is refused before it is sent. Each kind of column
//! gets each value of each field type, by raw SQL and by a verb. Raw SQL shows what the database makes of the value.

mod rules;
mod samples;
mod tables;
mod verbs;

use std::fmt::Debug;

use activerecord::prelude::*;
use activerecord::{ErrorKind, IntoAssignments, IntoColumns, Model, ToValue, Value};
use futures_util::future::try_join_all;
use test_support::Database;

/// A model of the table `held` with one column of the type to test.
trait Holder: Model + ActiveRecord + Clone + Debug + Send + Sync + 'static {
    type Field: ToValue + Clone + Debug + Send + Sync + 'static;

    fn of(id: i64, value: &Self::Field) -> Self;
    fn field(&self) -> &Self::Field;
    fn unique() -> impl IntoColumns<Self> + Send;
    fn assign(value: &Self::Field) -> impl IntoAssignments<Self> + Send;
}

/// A column gets every 23rd value. The next column begins with the next value. 1 checks all pairs, in some minutes.
const STRIDE: usize = 23;

/// The parts of the columns that are tested at the same time.
const PARTS: usize = 3;

/// What happened to a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Kept,
    /// It is written, and the row has another value, or cannot be read.
    Changed,
    /// The database refused it.
    Refused,
    /// The library refused it before it was sent.
    Caught,
}

/// How many pairs had each outcome, and the pairs with a wrong one.
#[derive(Debug, Default)]
struct Report {
    /// The number of the column.
    column: usize,
    pairs: usize,
    kept: usize,
    changed: usize,
    refused: usize,
    wrong: Vec<String>,
}

impl Report {
    fn and(mut self, mut other: Self) -> Self {
        self.pairs += other.pairs;
        self.kept += other.kept;
        self.changed += other.changed;
        self.refused += other.refused;
        self.wrong.append(&mut other.wrong);
        self
    }

    fn add(&mut self, raw: Outcome) {
        self.pairs += 1;
        match raw {
            Outcome::Kept => self.kept += 1,
            Outcome::Changed => self.changed += 1,
            Outcome::Refused | Outcome::Caught => self.refused += 1,
        }
    }
}

#[tokio::test]
async fn what_is_written_is_what_the_row_holds() -> Result<()> {
    // Most of the time goes by waiting for the server.
    let reports = try_join_all((0..PARTS).map(every_column)).await?;
    let report = reports.into_iter().reduce(Report::and).unwrap_or_default();
    let Report { pairs, kept, changed, refused, wrong, .. } = report;
    println!(
        "{pairs} pairs: the database keeps {kept}, refuses {refused} and would change {changed}; wrong: {}",
        wrong.len()
    );
    assert!(kept > 50 && changed > 30, "the samples reach too little");
    assert!(wrong.is_empty(), "{} of {pairs} are wrong:\n{}", wrong.len(), wrong.join("\n"));
    Ok(())
}

/// Tests each column of a part.
async fn every_column(part: usize) -> Result<Report> {
    let db = Database::new([] as [&str; 0]).await;
    let mut report = Report::default();
    with_connection(&db, async || {
        for (number, column) in db.profile().columns.iter().copied().flatten().enumerate() {
            if number % PARTS == part {
                let create = format!("CREATE TABLE held (id BIGINT PRIMARY KEY, value {column})");
                connection(&db)?.execute(&create, []).await?;
                report.column = number;
                tables::every_field(&db, column, &mut report).await?;
                connection(&db)?.execute("DROP TABLE held", []).await?;
            }
        }
        Ok(())
    })
    .await?;
    Ok(report)
}

/// Writes each value to the column, in a transaction that is rolled back.
async fn every_value<H: Holder>(db: &Database, column: &str, values: &[H::Field], report: &mut Report) -> Result<()> {
    let values: Vec<_> = values.iter().skip(report.column % STRIDE).step_by(STRIDE).collect();
    if values.is_empty() {
        return Ok(());
    }
    // A server can keep the types that a statement had first, so each field has a session of its own.
    connection(db)?.execute(db.profile().last_words, []).await?;
    let undone = transaction(db, async || {
        for value in values {
            let raw = raw::<H>(db, value).await;
            let verb = verbs::nth(report.pairs);
            let id = i64::try_from(report.pairs).unwrap_or_default() + 1_000;
            let (written, error) = verbs::written::<H>(db, verb, id, value).await?;
            let right = match raw {
                Outcome::Kept => {
                    written == Outcome::Kept || (written == Outcome::Caught && is_chance(db, &value.to_value()))
                }
                Outcome::Changed => written == Outcome::Caught,
                _ => matches!(written, Outcome::Caught | Outcome::Refused),
            };
            report.add(raw);
            if !right {
                let field = std::any::type_name::<H::Field>();
                report.wrong.push(format!("{column} {field} {value:?} ({verb:?}): {raw:?}, {written:?} {error}"));
            }
        }
        Err::<(), _>(Error::custom("undo"))
    });
    match undone.await {
        Err(error) if error.kind() == ErrorKind::Custom => Ok(()),
        other => other,
    }
}

/// What a database keeps by chance, and the library refuses: more than 15 digits in a float of a column without a type,
/// and times in a column of text, where databases of one dialect write different texts.
fn is_chance(db: &Database, value: &Value) -> bool {
    if matches!(value, Value::Time(_) | Value::DateTime(_) | Value::Timestamp(_)) {
        return db.profile().capabilities.typed_columns;
    }
    let digits = |decimal: &Decimal| decimal.normalize().mantissa().unsigned_abs().to_string().len();
    !db.profile().capabilities.typed_columns && matches!(value, Value::Decimal(decimal) if digits(decimal) > 15)
}

/// What the database makes of a value in raw SQL.
async fn raw<H: Holder>(db: &Database, value: &H::Field) -> Outcome {
    let written = transaction(db, async || {
        let here = connection(db)?;
        here.execute("DELETE FROM held WHERE id = 1", []).await?;
        here.execute("INSERT INTO held (id, value) VALUES (?, ?)", vec![Value::I64(1), value.to_value()]).await
    });
    match written.await {
        Ok(_) => read::<H>(db, 1, value).await,
        Err(_) => Outcome::Refused,
    }
}

async fn read<H: Holder>(db: &Database, id: i64, value: &H::Field) -> Outcome {
    match transaction(db, async || H::filter_raw("id = ?", [id]).first().await).await {
        Ok(Some(row)) if is_same(&row.field().to_value(), &value.to_value()) => Outcome::Kept,
        _ => Outcome::Changed,
    }
}

fn is_same(one: &Value, other: &Value) -> bool {
    let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    match (one, other) {
        (Value::F32(one), Value::F32(other)) if one.is_nan() => other.is_nan(),
        (Value::F64(one), Value::F64(other)) if one.is_nan() => other.is_nan(),
        (Value::Json(one), Value::Json(other)) => one == other || (json(one).is_some() && json(one) == json(other)),
        _ => one == other,
    }
}
