//! Every value that the library writes is the value of the row, or it is refused before it is sent. Each kind of column
//! gets each value of each field type, by raw SQL and by a verb. Raw SQL shows what the database makes of the value.

mod samples;
mod tables;
mod verbs;

use std::fmt::Debug;

use activerecord::prelude::*;
use activerecord::{IntoAssignments, IntoColumns, Model, ToValue, Value};
use test_support::Database;

/// A model of the table `held` with one column of the type to test.
trait Holder: Model + ActiveRecord + Clone + Debug + Send + Sync + 'static {
    type Field: ToValue + Clone + Debug + Send + Sync + 'static;

    fn of(id: i64, value: &Self::Field) -> Self;
    fn field(&self) -> &Self::Field;
    fn unique() -> impl IntoColumns<Self> + Send;
    fn assign(value: &Self::Field) -> impl IntoAssignments<Self> + Send;
}

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
    pairs: usize,
    kept: usize,
    changed: usize,
    refused: usize,
    wrong: Vec<String>,
}

#[tokio::test]
async fn what_is_written_is_what_the_row_holds() -> Result<()> {
    let db = Database::new([] as [&str; 0]).await;
    let mut report = Report::default();
    with_connection(&db, async || {
        for column in db.profile().columns {
            let create = format!("CREATE TABLE held (id BIGINT PRIMARY KEY, value {column})");
            connection(&db)?.execute(&create, []).await?;
            tables::every_field(&db, column, &mut report).await?;
            connection(&db)?.execute("DROP TABLE held", []).await?;
        }
        Ok(())
    })
    .await?;
    let Report { pairs, kept, changed, refused, wrong } = report;
    println!(
        "{pairs} pairs: the database keeps {kept}, refuses {refused} and would change {changed}; wrong: {}",
        wrong.len()
    );
    assert!(kept > 1_000 && changed > 500, "the samples reach too little");
    assert!(wrong.is_empty(), "{} of {pairs} are wrong:\n{}", wrong.len(), wrong.join("\n"));
    Ok(())
}

/// Writes each value to the column.
async fn every_value<H: Holder>(db: &Database, column: &str, values: &[H::Field], report: &mut Report) -> Result<()> {
    for (index, value) in values.iter().enumerate() {
        let raw = raw::<H>(db, value).await;
        let verb = verbs::nth(report.pairs);
        let id = i64::try_from(report.pairs).unwrap_or_default() + 1_000;
        let (written, error) = verbs::written::<H>(db, verb, id, value).await?;
        report.pairs += 1;
        match raw {
            Outcome::Kept => report.kept += 1,
            Outcome::Changed => report.changed += 1,
            _ => report.refused += 1,
        }
        let right = match raw {
            Outcome::Kept => {
                written == Outcome::Kept || (written == Outcome::Caught && is_chance(db, &value.to_value()))
            }
            Outcome::Changed => written == Outcome::Caught,
            _ => matches!(written, Outcome::Caught | Outcome::Refused),
        };
        if !right {
            let field = std::any::type_name::<H::Field>();
            report.wrong.push(format!("{column} {field} {value:?} ({index}, {verb:?}): {raw:?}, {written:?} {error}"));
        }
    }
    Ok(())
}

/// A column without a type promises to keep 15 digits in a float. It can keep more by chance.
fn is_chance(db: &Database, value: &Value) -> bool {
    let digits = |decimal: &Decimal| decimal.normalize().mantissa().unsigned_abs().to_string().len();
    !db.profile().capabilities.typed_columns && matches!(value, Value::Decimal(decimal) if digits(decimal) > 15)
}

/// What the database makes of a value in raw SQL.
async fn raw<H: Holder>(db: &Database, value: &H::Field) -> Outcome {
    let Ok(here) = connection(db) else { return Outcome::Refused };
    let _ = here.execute("DELETE FROM held WHERE id = 1", []).await;
    let insert = here.execute("INSERT INTO held (id, value) VALUES (?, ?)", vec![Value::I64(1), value.to_value()]);
    match insert.await {
        Ok(_) => read::<H>(1, value).await,
        Err(_) => Outcome::Refused,
    }
}

async fn read<H: Holder>(id: i64, value: &H::Field) -> Outcome {
    match H::filter_raw("id = ?", [id]).first().await {
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
