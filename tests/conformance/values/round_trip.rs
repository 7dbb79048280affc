//! What goes in comes out, is found by its value, and sorts as Rust sorts it.

use activerecord::prelude::*;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config as Settings, TestRunner};

use super::{Color, Level, Maybe, Sample, Tree, database};
use crate::harness::Database;

fn text() -> impl Strategy<Value = String> {
    prop_oneof![vec(any::<char>(), 0..20).prop_map(String::from_iter), "[-'\"`\\\\;%_?\0\u{202e}\u{feff}aA ]{0,12}"]
}

fn decimal() -> impl Strategy<Value = Decimal> {
    let most = 79_228_162_514_264_337_593_543_950_335_i128;
    (-most..=most, 0_u32..=28).prop_map(|(digits, scale)| Decimal::from_i128_with_scale(digits, scale))
}

fn date() -> impl Strategy<Value = NaiveDate> {
    (0_i32..=9999, 1_u32..=366).prop_map(|(year, day)| {
        NaiveDate::from_yo_opt(year, day).unwrap_or(NaiveDate::from_yo_opt(year, 1).unwrap_or_default())
    })
}

fn time() -> impl Strategy<Value = NaiveTime> {
    (0_i64..86_400_000_000).prop_map(|micros| NaiveTime::default() + TimeDelta::microseconds(micros))
}

fn datetime() -> impl Strategy<Value = NaiveDateTime> {
    (date(), time()).prop_map(|(date, time)| date.and_time(time))
}

fn double() -> impl Strategy<Value = f64> {
    use proptest::num::f64::{INFINITE, NEGATIVE, NORMAL, POSITIVE, SUBNORMAL, ZERO};
    POSITIVE | NEGATIVE | NORMAL | SUBNORMAL | ZERO | INFINITE
}

fn finite() -> impl Strategy<Value = f64> {
    double().prop_map(|x| if x.is_finite() { x } else { 0.5 })
}

fn single() -> impl Strategy<Value = f32> {
    use proptest::num::f32::{INFINITE, NEGATIVE, NORMAL, POSITIVE, SUBNORMAL, ZERO};
    POSITIVE | NEGATIVE | NORMAL | SUBNORMAL | ZERO | INFINITE
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        Just(Tree::Null),
        any::<bool>().prop_map(Tree::from),
        any::<i64>().prop_map(Tree::from),
        any::<u64>().prop_map(Tree::from),
        finite().prop_map(Tree::from),
        text().prop_map(Tree::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Tree::from),
            proptest::collection::btree_map(text(), inner, 0..4).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

fn color() -> impl Strategy<Value = Color> {
    prop_oneof![Just(Color::Red), Just(Color::DarkBlue)]
}

fn level() -> impl Strategy<Value = Level> {
    prop_oneof![Just(Level::Low), Just(Level::High)]
}

fn sample() -> impl Strategy<Value = Sample> {
    let integers = (any::<(bool, i8, i16, i32, i64)>(), any::<(u8, u16, u32)>(), 0..=i64::MAX as u64);
    let floats = (single(), double(), vec(finite(), 0..4));
    let texts = (text(), vec(any::<u8>(), 0..20), vec(text(), 0..4), tree());
    let numbers = (decimal(), vec(decimal(), 0..4), any::<u128>(), vec(any::<i64>(), 0..4));
    let times = (date(), time(), datetime(), datetime());
    (integers, floats, texts, numbers, times, color(), level()).prop_map(
        |(
            ((truth, tiny, small, int, big), (utiny, usmall, uint), ubig),
            (single, double, ratios),
            (text, bytes, names, json),
            (price, prices, uuid, list),
            (date, time, datetime, timestamp),
            color,
            level,
        )| Sample {
            id: 0,
            json: Json(json),
            uuid: Uuid::from_u128(uuid),
            timestamp: timestamp.and_utc(),
            truth,
            tiny,
            small,
            int,
            big,
            utiny,
            usmall,
            uint,
            ubig,
            single,
            double,
            ratios,
            text,
            bytes,
            names,
            price,
            prices,
            list,
            date,
            time,
            datetime,
            color,
            level,
        },
    )
}

/// Names the columns that differ: a whole sample would bury them.
fn same(row: &Sample, sample: &Sample) -> Result<()> {
    let differ = |ordinal: &usize| row.value(*ordinal) != sample.value(*ordinal);
    let shown = |ordinal: usize| (Sample::TABLE.columns[ordinal].field, row.value(ordinal), sample.value(ordinal));
    let differences: Vec<_> = (0..Sample::TABLE.columns.len()).filter(differ).map(shown).collect();
    if row == sample { Ok(()) } else { Err(Error::custom(format!("{differences:?}"))) }
}

/// Runs the property with samples of every kind.
fn for_samples(property: impl AsyncFn(Vec<Sample>) -> Result<()>) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::custom)?;
    let settings = Settings { cases: 24, max_shrink_iters: 50, failure_persistence: None, ..Settings::default() };
    let test = |samples: Vec<Sample>| {
        runtime.block_on(property(samples)).map_err(|error| TestCaseError::fail(error.to_string()))
    };
    TestRunner::new(settings).run(&vec(sample(), 12), test).map_err(|error| Error::custom(error.to_string()))
}

#[test]
fn every_type_comes_back_as_it_was() -> Result<()> {
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
            for (row, sample) in Sample::all().await?.iter().zip(&samples) {
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
fn every_value_is_found_by_itself_and_in_its_place() -> Result<()> {
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
async fn null_is_none_and_nothing_else() -> Result<()> {
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

/// Lists of every type that a list can be of.
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
async fn lists_come_back_as_they_were() -> Result<()> {
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

#[tokio::test]
async fn hostile_text_is_text() -> Result<()> {
    let db = database().await;
    with_connection(&db, async || {
        let long = "x'\u{1f6eb}\0".repeat(150_000);
        let texts = [
            "'; DROP TABLE samples; --",
            "\"",
            "`",
            "\\",
            "\\'",
            "?",
            "$1",
            "%_*[]",
            "\0",
            "a\0b",
            "\u{202e}gnp.exe",
            "\u{feff}bom",
            "e\u{301}",
            "\r\n\t",
            "NULL",
            "x'00'",
            &long,
        ];
        for text in texts {
            let sample =
                Sample::create(Sample { text: text.into(), names: vec![text.into()], ..Default::default() }).await?;
            assert_eq!(Sample::find(sample.id).await?, sample);
            assert_eq!(Sample::find_by(Sample::TEXT.eq(text)).await?, Some(sample.clone()));
            assert_eq!(Sample::filter_raw("text = ?", [text]).count().await?, 1);
            assert_eq!(connection(&db)?.query("SELECT ? AS t", [text]).await?[0].get::<String>("t")?, text);
            let back: Sample = Sample::filter(Sample::TEXT.is_in([text])).one().await?;
            assert_eq!(back.text.len(), text.len());
        }
        assert_eq!(Sample::count().await?, texts.len() as u64);
        Ok(())
    })
    .await
}

/// There is no NaN among them.
fn by_value<T: PartialOrd>(a: &T, b: &T) -> std::cmp::Ordering {
    a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal)
}
