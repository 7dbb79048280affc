//! A value that is written is read unchanged, found by its value, and sorts as in Rust.

use activerecord::prelude::*;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use proptest::collection::vec;
use proptest::prelude::TestCaseError;
use proptest::test_runner::{Config as Settings, TestRunner};

use super::{Color, Level, Maybe, Sample, Tree, database};
use test_support::Database;
use test_support::strategies::sample;

/// Compares two samples. The error contains only the columns that differ.
pub(super) fn same(row: &Sample, sample: &Sample) -> Result<()> {
    let differ = |ordinal: &usize| row.value(*ordinal) != sample.value(*ordinal);
    let shown = |ordinal: usize| (Sample::TABLE.columns[ordinal].field, row.value(ordinal), sample.value(ordinal));
    let differences: Vec<_> = (0..Sample::TABLE.columns.len()).filter(differ).map(shown).collect();
    let row = Sample { json: numbers_of(&sample.json, row.json.clone()), ..row.clone() };
    if row == *sample { Ok(()) } else { Err(Error::custom(format!("{differences:?}"))) }
}

/// Replaces numbers of the read JSON by equal numbers of the written one: 1e17 can be read as 100000000000000000.
fn numbers_of(written: &Json<Tree>, mut read: Json<Tree>) -> Json<Tree> {
    fn settle(written: &Tree, read: &mut Tree) {
        match (written, read) {
            (Tree::Number(a), Tree::Number(b)) if a.as_f64() == b.as_f64() && a.is_f64() => *b = a.clone(),
            (Tree::Array(a), Tree::Array(b)) => a.iter().zip(b).for_each(|(a, b)| settle(a, b)),
            (Tree::Object(a), Tree::Object(b)) => a.values().zip(b.values_mut()).for_each(|(a, b)| settle(a, b)),
            _ => {}
        }
    }
    settle(written, &mut read);
    read
}

/// Checks a property with random samples.
pub(super) fn for_samples(property: impl AsyncFn(Vec<Sample>) -> Result<()>) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::custom)?;
    let settings = Settings { cases: 24, max_shrink_iters: 50, failure_persistence: None, ..Settings::default() };
    let test = |samples: Vec<Sample>| {
        runtime.block_on(property(samples)).map_err(|error| TestCaseError::fail(error.to_string()))
    };
    TestRunner::new(settings)
        .run(&vec(sample(super::profile()), 12), test)
        .map_err(|error| Error::custom(error.to_string()))
}

#[test]
fn every_type_is_read_unchanged() -> Result<()> {
    for_samples(async |mut samples| {
        with_connection(&database().await, async || {
            let (one_by_one, at_once) = samples.split_at_mut(4);
            for sample in one_by_one.iter_mut() {
                sample.insert().await?;
                sample.save().await?;
                same(&Sample::find(sample.id).await?, sample)?;
            }
            for (id, sample) in (5..).zip(at_once) {
                sample.id = id;
            }
            Sample::bulk_insert(&samples[4..]).await?;
            let all = Sample::all().await?;
            assert_eq!(all.len(), samples.len());
            for (row, sample) in all.iter().zip(&samples) {
                same(row, sample)?;
            }
            let mut rows = Sample::query().stream();
            for sample in &samples {
                same(&rows.next().await?.unwrap_or_default(), sample)?;
            }
            Ok(())
        })
        .await
    })
}

#[test]
fn every_value_is_found_and_sorted() -> Result<()> {
    for_samples(async |samples| {
        with_connection(&database().await, async || {
            Sample::bulk_insert(&samples).await?;
            macro_rules! check {
                ($($column:ident $field:ident),*) => {$({
                    let mut sorted: Vec<_> = samples.iter().map(|sample| sample.$field.clone()).collect();
                    sorted.sort_by(by_value);
                    let read = Sample::order_by(Sample::$column.asc()).pluck(Sample::$column).await?;
                    assert_eq!(read, sorted, "the order of {}", stringify!($field));
                    for value in &sorted {
                        let below = sorted.iter().filter(|other| *other < value).count() as u64;
                        let equal = sorted.iter().filter(|other| *other == value).count() as u64;
                        let found = Sample::filter(Sample::$column.lt(value.clone())).count().await?;
                        assert_eq!(found, below, "{} < {value:?}", stringify!($field));
                        let found = Sample::filter(Sample::$column.eq(value.clone())).count().await?;
                        assert_eq!(found, equal, "{} = {value:?}", stringify!($field));
                    }
                })*};
            }
            check!(
                TRUTH truth, TINY tiny, BIG big, UBIG ubig, SINGLE single, DOUBLE double, TEXT text, BYTES bytes, PRICE price,
                UUID uuid, DATE date, TIME time, DATETIME datetime, TIMESTAMP timestamp
            );
            Ok(())
        }).await
    })
}

#[tokio::test]
async fn only_null_is_none() -> Result<()> {
    with_connection(&database().await, async || {
        let none = Maybe::create(Maybe::default()).await?;
        let some = Maybe {
            id: 0,
            truth: Some(false),
            tiny: Some(0),
            ubig: Some(0),
            single: Some(0.0),
            text: Some(String::new()),
            bytes: Some(Vec::new()),
            price: Some(dec!(0)),
            uuid: Some(Uuid::nil()),
            date: Some(NaiveDate::default()),
            time: Some(NaiveTime::default()),
            datetime: Some(NaiveDateTime::default()),
            timestamp: Some(DateTime::UNIX_EPOCH),
            json: Some(Json(Tree::Null)),
            list: Some(Vec::new()),
            color: Some(Color::Red),
            level: Some(Level::Low),
        };
        let some = Maybe::create(some).await?;
        assert_eq!((Maybe::find(none.id).await?, Maybe::find(some.id).await?), (none, some));
        let all_null = Maybe::filter(
            Maybe::TEXT.is_null() & Maybe::BYTES.is_null() & Maybe::JSON.is_null() & Maybe::COLOR.eq(None),
        );
        assert_eq!(all_null.pluck(Maybe::ID).await?, [1]);
        assert_eq!(Maybe::filter(Maybe::TEXT.eq("") & Maybe::COLOR.eq(Color::Red)).pluck(Maybe::ID).await?, [2]);
        Ok(())
    })
    .await
}

/// Lists of every type that a list can have.
#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[table = "lists"]
struct Lists {
    id: i64,
    bools: Vec<bool>,
    smalls: Vec<i16>,
    ints: Vec<i32>,
    singles: Vec<f32>,
    uuids: Vec<Uuid>,
    dates: Vec<NaiveDate>,
    times: Vec<NaiveTime>,
    datetimes: Vec<NaiveDateTime>,
    timestamps: Option<Vec<DateTime<Utc>>>,
}

#[tokio::test]
async fn lists_are_read_unchanged() -> Result<()> {
    let db = Database::new([
        "lists (id ID, bools BOOL[], smalls I16[], ints I32[], singles F32[], uuids UUID[], dates DATE[], times TIME[],
            datetimes DATETIME[], timestamps TIMESTAMP[])",
    ]);
    with_connection(&db.await, async || {
        let datetime: NaiveDateTime = "2013-01-01T05:15:00.000001".parse().map_err(Error::custom)?;
        let mut lists = Lists {
            id: 0,
            bools: vec![true, false],
            smalls: vec![i16::MIN, i16::MAX],
            ints: vec![i32::MIN, i32::MAX],
            singles: vec![0.1, f32::MIN_POSITIVE, f32::MAX],
            uuids: vec![Uuid::nil(), Uuid::max()],
            dates: vec![datetime.date()],
            times: vec![datetime.time()],
            datetimes: vec![datetime, NaiveDateTime::default()],
            timestamps: Some(vec![datetime.and_utc()]),
        };
        lists.insert().await?;
        assert_eq!(Lists::find(1).await?, lists);
        let empty = Lists::create(Lists::default()).await?;
        assert_eq!(Lists::find(2).await?, empty);
        Ok(())
    })
    .await
}

/// Orders values. None of them is NaN.
fn by_value<T: PartialOrd>(a: &T, b: &T) -> std::cmp::Ordering {
    a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal)
}
