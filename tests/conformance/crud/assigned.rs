//! Assignments: each expression sees the row as it was, and what it computes fits the field.

use activerecord::ErrorKind;
use activerecord::prelude::*;
use activerecord::query::{case, exists, outer, raw, subquery};

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Pair {
    id: i64,
    a: Option<i64>,
    b: Option<i64>,
    c: Option<i64>,
    text: String,
    other: String,
    price: Decimal,
    cost: Decimal,
    data: Json<Vec<i32>>,
    more: Json<Vec<i32>>,
    #[version]
    version: i32,
}

/// A table whose key has two columns, one of which changes places with another column.
#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Seat {
    #[primary_key]
    row: i64,
    #[primary_key]
    number: i64,
    next: i64,
}

async fn database() -> test_support::Database {
    test_support::Database::new([
        "pairs (id ID, a I64, b I64, c I64, text STRING NOT NULL, other STRING NOT NULL, price DECIMAL NOT NULL,
             cost DECIMAL NOT NULL, data JSON NOT NULL, more JSON NOT NULL, version I32 NOT NULL)",
        "seats (\"row\" I64 NOT NULL, \"number\" I64 NOT NULL, next I64 NOT NULL, PRIMARY KEY (\"row\", \"number\"))",
    ])
    .await
}

fn pair(a: impl Into<Option<i64>>, b: impl Into<Option<i64>>, c: impl Into<Option<i64>>) -> Pair {
    Pair { a: a.into(), b: b.into(), c: c.into(), text: "x".into(), other: "yy".into(), ..Default::default() }
}

/// Updates a row in both ways, and returns its numbers.
macro_rules! updated {
    ($before:expr, $set:expr) => {{
        let mut record = Pair::create($before).await?;
        let by_query = Pair::create($before).await?;
        record.update_columns($set).await?;
        assert_eq!(Pair::filter(Pair::ID.eq(by_query.id)).update($set).await?, 1);
        let (read, by_query) = (Pair::find(record.id).await?, Pair::find(by_query.id).await?);
        assert_eq!(read, record);
        assert_eq!((by_query.a, by_query.b, by_query.c), (record.a, record.b, record.c));
        assert_eq!((by_query.version, record.version), (1, 1));
        (record.a, record.b, record.c)
    }};
}

#[tokio::test]
async fn each_expression_sees_the_row_as_it_was() -> Result<()> {
    with_connection(&database().await, async || {
        let some = |a, b, c| (Some(a), Some(b), Some(c));
        let swapped = || (Pair::A.set(Pair::B), Pair::B.set(Pair::A));
        assert_eq!(updated!(pair(1, 10, 0), swapped()), some(10, 1, 0));
        assert_eq!(updated!(pair(1, None, 0), swapped()), (None, Some(1), Some(0)));
        assert_eq!(updated!(pair(5, 5, 0), swapped()), some(5, 5, 0));
        assert_eq!(updated!(pair(2, 20, 0), (Pair::A.add(1), Pair::B.set(Pair::A))), some(3, 2, 0));
        let turned = || (Pair::A.set(Pair::B), Pair::B.set(Pair::C), Pair::C.set(Pair::A));
        assert_eq!(updated!(pair(1, 2, 3), turned()), some(2, 3, 1));
        let chained = || (Pair::A.set(Pair::B), Pair::B.set(Pair::C), Pair::C.set(7));
        assert_eq!(updated!(pair(1, 2, 3), chained()), some(2, 3, 7));
        let computed = || (Pair::A.set(Pair::A + Pair::B), Pair::B.set(Pair::A - Pair::B), Pair::C.add(1));
        assert_eq!(updated!(pair(5, 3, 1), computed()), some(8, 2, 2));
        let greater = || case::<Option<i64>>().when(Pair::A.gt(Pair::B), Pair::A).otherwise(Pair::B);
        let chosen = || (Pair::A.set(greater()), Pair::B.set(Pair::A.coalesce(0) + 1));
        assert_eq!(updated!(pair(1, 9, 0), chosen()), some(9, 2, 0));
        let raw = || (Pair::A.set(raw::<i64>("b + ?", [1])), Pair::B.set(raw::<i64>("A", [])));
        assert_eq!(updated!(pair(1, 10, 0), raw()), some(11, 1, 0));
        Seat::create(Seat { row: 1, number: 1, next: 1 }).await?;
        let seat = || subquery(Seat::filter(Seat::NEXT.eq(outer(Pair::A).coalesce(0))).select(Seat::NEXT.max()));
        assert_eq!(updated!(pair(1, 2, 3), (Pair::A.set(77), Pair::C.set(seat().coalesce(0)))), some(77, 2, 1));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn values_of_every_type_change_places() -> Result<()> {
    with_connection(&database().await, async || {
        let before = Pair {
            price: dec!(0.1000000000000000000000000001),
            cost: dec!(12345678901234567890),
            data: Json(vec![1]),
            more: Json(vec![2, 3]),
            text: "a".repeat(200),
            ..pair(1, 2, 3)
        };
        let mut record = Pair::create(before.clone()).await?;
        Pair::create(before.clone()).await?;
        let set = || {
            let texts = (Pair::TEXT.set(Pair::OTHER), Pair::OTHER.set(Pair::TEXT));
            let prices = (Pair::PRICE.set(Pair::COST), Pair::COST.set(Pair::PRICE));
            (texts, prices, (Pair::DATA.set(Pair::MORE), Pair::MORE.set(Pair::DATA)))
        };
        record.update_columns(set()).await?;
        assert_eq!((&record.text, &record.other), (&before.other, &before.text));
        assert_eq!((record.price, record.cost), (before.cost, before.price));
        assert_eq!((&record.data, &record.more), (&before.more, &before.data));
        assert_eq!(Pair::find(record.id).await?, record);
        // Rows that do not change count too, and conditions see the row as it was.
        assert_eq!(Pair::filter(Pair::A.eq(1)).update((Pair::A.set(Pair::B), Pair::B.set(Pair::A))).await?, 2);
        assert_eq!(Pair::filter(Pair::A.eq(1)).update((Pair::A.set(Pair::B), Pair::B.set(Pair::A))).await?, 0);
        let raw = Pair::query().filter_raw("a = ? AND b = ?", [2, 1]);
        assert_eq!(raw.update((Pair::A.set(Pair::B), Pair::B.set(Pair::A))).await?, 2);
        Ok(())
    })
    .await
}

/// Two tasks change places again and again: no change is lost.
#[tokio::test]
async fn concurrent_swaps_are_all_seen() -> Result<()> {
    const ROUNDS: i64 = 40;
    let db = database().await;
    with_connection(&db, async || {
        let id = Pair::create(pair(0, 0, 0)).await?.id;
        let swaps = move || async move {
            for _ in 0..ROUNDS {
                let swap = || (Pair::A.set(Pair::B + 1), Pair::B.set(Pair::A));
                // A database can choose one of the tasks as the victim of a deadlock.
                while let Err(error) = Pair::filter(Pair::ID.eq(id)).update(swap()).await {
                    assert!(error.is_retryable(), "{error}");
                }
            }
            Ok::<_, Error>(())
        };
        let tasks = [swaps(), swaps()].map(|task| tokio::spawn(task.in_current_connections()));
        for task in tasks {
            task.await.map_err(Error::custom)??;
        }
        let pair = Pair::find(id).await?;
        assert_eq!((pair.a, pair.b, i64::from(pair.version)), (Some(ROUNDS), Some(ROUNDS), 2 * ROUNDS));
        Ok(())
    })
    .await
}

/// MySQL and MariaDB refuse a query on the table that is written, unless it is a derived table.
#[tokio::test]
async fn queries_on_the_table_that_is_written() -> Result<()> {
    with_connection(&database().await, async || {
        Pair::bulk_insert(&[pair(1, 10, 0), pair(2, 20, 0), pair(3, 30, 0)]).await?;
        let pairs = async || Pair::order_by(Pair::ID.asc()).select((Pair::A, Pair::B)).all().await;
        let greatest = || subquery(Pair::select(Pair::B.max()));
        assert_eq!(Pair::filter(Pair::B.lt(greatest())).update(Pair::A.set(greatest().coalesce(0))).await?, 2);
        assert_eq!(pairs().await?, [(Some(30), Some(10)), (Some(30), Some(20)), (Some(3), Some(30))]);
        let swap = || (Pair::A.set(Pair::B), Pair::B.set(Pair::A));
        let some = Pair::filter(Pair::ID.is_in(Pair::filter(Pair::A.eq(30)).select(Pair::ID).limit(9)));
        assert_eq!(some.filter(exists(Pair::filter(Pair::A.eq(3)))).update(swap()).await?, 2);
        assert_eq!(pairs().await?, [(Some(10), Some(30)), (Some(20), Some(30)), (Some(3), Some(30))]);
        assert_eq!(Pair::filter(exists(Pair::filter(Pair::A.eq(20))) & Pair::A.eq(3)).delete().await?, 1);
        let average = subquery(Pair::select(Pair::A.sum())).coalesce(0);
        assert_eq!(Pair::filter(Pair::A.eq(10)).update((Pair::A.set(average), Pair::C.set(Pair::A))).await?, 1);
        assert_eq!(pairs().await?, [(Some(30), Some(30)), (Some(20), Some(30))]);
        assert_eq!(Pair::filter(!exists(Pair::filter(Pair::A.eq(7)))).purge().await?, 2);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_part_of_the_key_changes_places() -> Result<()> {
    with_connection(&database().await, async || {
        Seat::bulk_insert(&[Seat { row: 1, number: 1, next: 20 }, Seat { row: 1, number: 2, next: 30 }]).await?;
        Seat::query().update((Seat::NUMBER.set(Seat::NEXT), Seat::NEXT.set(Seat::NUMBER))).await?;
        let seats = Seat::order_by(Seat::NUMBER.asc()).select((Seat::NUMBER, Seat::NEXT)).all().await?;
        assert_eq!(seats, [(20, 1), (30, 2)]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_column_is_assigned_once() -> Result<()> {
    with_connection(&database().await, async || {
        let mut record = Pair::create(pair(1, 2, 3)).await?;
        let twice = || (Pair::A.set(100), Pair::B.set(1), Pair::A.add(1));
        let values = || (Pair::A.set(1), Pair::A.set(1));
        for error in [
            Pair::filter(Pair::ID.eq(record.id)).update(twice()).await.unwrap_err(),
            Pair::filter(Pair::ID.eq(record.id)).update(values()).await.unwrap_err(),
            record.update_columns(twice()).await.unwrap_err(),
            record.update_columns(values()).await.unwrap_err(),
        ] {
            assert_eq!((error.kind(), error.model()), (ErrorKind::InvalidStatement, Some("Pair")), "{error}");
            assert!(error.to_string().contains("`a` is assigned twice"), "{error}");
        }
        assert_eq!(Pair::find(record.id).await?, record);
        Ok(())
    })
    .await
}

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Counter {
    id: i64,
    i8: i8,
    i16: i16,
    i32: i32,
    i64: i64,
    u8: u8,
    u16: u16,
    u32: Option<u32>,
    u64: u64,
    f32: f32,
    f64: f64,
    decimal: Decimal,
    bool: bool,
    #[version]
    version: i16,
}

const GREATEST: Counter = Counter {
    id: 0,
    i8: i8::MAX,
    i16: i16::MAX,
    i32: i32::MAX,
    i64: i64::MAX,
    u8: u8::MAX,
    u16: u16::MAX,
    u32: Some(u32::MAX),
    u64: 0,
    f32: f32::MAX,
    f64: f64::MAX,
    decimal: Decimal::MAX,
    bool: true,
    version: i16::MAX - 1,
};

const LEAST: Counter = Counter {
    id: 0,
    i8: i8::MIN,
    i16: i16::MIN,
    i32: i32::MIN,
    i64: i64::MIN,
    u8: 0,
    u16: 0,
    u32: Some(0),
    u64: 0,
    f32: f32::MIN,
    f64: f64::MIN,
    decimal: Decimal::MIN,
    bool: false,
    version: 0,
};

/// Columns of the field's size, and wider ones, which would take a greater value.
#[tokio::test]
async fn what_is_computed_fits_its_field() -> Result<()> {
    for columns in [
        "i8 I8 NOT NULL, i16 I16 NOT NULL, i32 I32 NOT NULL, u8 U8 NOT NULL, u16 U16 NOT NULL, u32 U32, f32 F32 NOT NULL",
        "i8 I64 NOT NULL, i16 I64 NOT NULL, i32 I64 NOT NULL, u8 I64 NOT NULL, u16 I64 NOT NULL, u32 I64, f32 F64 NOT NULL",
    ] {
        let table = format!(
            "counters (id ID, i64 I64 NOT NULL, u64 U64 NOT NULL, f64 F64 NOT NULL, \"decimal\" DECIMAL NOT NULL,
                 \"bool\" BOOL NOT NULL, version I64 NOT NULL, {columns})"
        );
        let db = test_support::Database::new([&*table]).await;
        with_connection(&db, async || {
            let greatest = Counter { u64: db.profile().greatest_u64, ..GREATEST };
            increments(&greatest).await?;
            decrements().await?;
            within_the_limits(&greatest).await
        })
        .await?;
    }
    Ok(())
}

/// Each update fails, and the row stays as it is and can be read.
macro_rules! refused {
    ($before:expr; $($field:ident $set:expr;)*) => {{
        let mut record = Counter::create($before).await?;
        let before = record.clone();
        $(
            let by_query = Counter::filter(Counter::ID.eq(before.id)).update($set).await.map(drop);
            for updated in [by_query, record.update_columns($set).await] {
                let place = stringify!($set);
                let error = updated.expect_err(place);
                assert_eq!((error.kind(), error.model()), (ErrorKind::Conversion, Some("Counter")), "{place}: {error}");
                assert!(error.to_string().contains(concat!("`", stringify!($field), "` (")), "{place}: {error}");
                assert_eq!((&Counter::find(before.id).await?, &record), (&before, &before), "{place}");
            }
        )*
    }};
}

async fn increments(greatest: &Counter) -> Result<()> {
    let chosen = || case::<i32>().when(Counter::BOOL.eq(true), Counter::I32 + 1).otherwise(0);
    refused! { greatest.clone();
        i8 Counter::I8.add(1);
        i8 Counter::I8.set(Counter::I8 + Counter::I8);
        i16 Counter::I16.add(1);
        i32 Counter::I32.add(1);
        i32 Counter::I32.set(chosen());
        i32 Counter::I32.set(raw::<i32>("i64", []));
        i64 Counter::I64.add(1);
        i64 Counter::I64.mul(2);
        u8 Counter::U8.add(1);
        u16 Counter::U16.add(1);
        u32 Counter::U32.add(1);
        u32 Counter::U32.set((Counter::U32 * 2).coalesce(7));
        u64 Counter::U64.add(1);
        f32 Counter::F32.mul(2.0);
        f64 Counter::F64.mul(2.0);
        decimal Counter::DECIMAL.add(1);
        decimal Counter::DECIMAL.mul(dec!(0.3));
        bool Counter::BOOL.set(raw::<bool>("5", []));
    }
    Ok(())
}

async fn decrements() -> Result<()> {
    refused! { LEAST;
        i8 Counter::I8.sub(1);
        i16 Counter::I16.sub(1);
        i32 Counter::I32.sub(1);
        i64 Counter::I64.sub(1);
        u8 Counter::U8.sub(1);
        u16 Counter::U16.sub(1);
        u32 Counter::U32.sub(1);
        u64 Counter::U64.sub(1);
        f32 Counter::F32.mul(2.0);
        f64 Counter::F64.mul(2.0);
        decimal Counter::DECIMAL.sub(1);
    }
    Ok(())
}

async fn within_the_limits(greatest: &Counter) -> Result<()> {
    let mut record = Counter::create(greatest.clone()).await?;
    let numbers = (Counter::I8.sub(1), Counter::I16.sub(1), Counter::I32.sub(1), Counter::I64.sub(1));
    let unsigned = (Counter::U8.sub(1), Counter::U16.sub(1), Counter::U32.sub(1), Counter::U64.sub(1));
    let others = (Counter::F32.mul(0.5), Counter::F64.mul(0.5), Counter::DECIMAL.sub(1));
    record.update_columns((numbers, unsigned, others)).await?;
    assert_eq!((record.i8, record.u8, record.u32), (i8::MAX - 1, u8::MAX - 1, Some(u32::MAX - 1)));
    assert_eq!((record.f32, record.decimal, record.version), (f32::MAX / 2.0, Decimal::MAX - dec!(1), i16::MAX));
    assert_eq!(Counter::find(record.id).await?, record);
    // The version is at its limit.
    let row = || Counter::filter(Counter::ID.eq(record.id));
    assert!(row().update(Counter::I8.set(1)).await.is_err_and(|error| error.is_conversion()));
    assert!(Counter::insert_or_update(&record, [Counter::ID]).await.is_err_and(|error| error.is_conversion()));
    assert_eq!(row().update((Counter::VERSION.set(1), Counter::U32.set(None))).await?, 1);
    assert_eq!(row().update((Counter::U32.add(1), Counter::U8.add(1))).await?, 1);
    assert_eq!(row().select((Counter::U32, Counter::U8)).one().await?, (None, u8::MAX));
    Ok(())
}
