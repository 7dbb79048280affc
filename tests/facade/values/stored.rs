//! A column has one spelling: values are written, found and ordered in it, and another one is refused when it is read.

use activerecord::prelude::*;
use activerecord::value::Stored;
use activerecord::{Model, ValueType};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use test_support::DatabaseFile;

const UUIDS: [&str; 2] = ["0123456789abcdef0123456789abcdef", "f123456789abcdef0123456789abcdef"];

pub(super) fn at(text: &str) -> NaiveDateTime {
    text.parse().unwrap_or_default()
}

fn uuid(digits: &str) -> Uuid {
    digits.parse().unwrap_or_default()
}

/// A model with one column for each declared spelling, and what the two values of its type are in SQL.
macro_rules! spellings {
    ($($model:ident $stored:literal $ty:ty, [$low:expr, $high:expr] is [$low_sql:literal, $high_sql:literal];)*) => {
        $(
            #[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
            #[table = "spelt"]
            struct $model {
                id: i64,
                #[column(stored = $stored)]
                v: $ty,
                #[column(stored = $stored)]
                w: Option<$ty>,
            }
        )*

        #[tokio::test]
        async fn a_declared_spelling_is_written_found_and_ordered() -> Result<()> {
            $(check::<$model, $ty>($stored, [$low, $high], [$low_sql, $high_sql],
                |id, v, w| $model { id, v, w }, |row| (row.v, row.w), $model::V, $model::W).await?;)*
            Ok(())
        }
    };
}

spellings! {
    Blob "blob" Uuid, [uuid(UUIDS[0]), uuid(UUIDS[1])]
        is ["x'0123456789abcdef0123456789abcdef'", "x'f123456789abcdef0123456789abcdef'"];
    Upper "upper" Uuid, [uuid(UUIDS[0]), uuid(UUIDS[1])]
        is ["'01234567-89AB-CDEF-0123-456789ABCDEF'", "'F1234567-89AB-CDEF-0123-456789ABCDEF'"];
    Simple "simple" Uuid, [uuid(UUIDS[0]), uuid(UUIDS[1])]
        is ["'0123456789abcdef0123456789abcdef'", "'f123456789abcdef0123456789abcdef'"];
    SimpleUpper "simple_upper" Uuid, [uuid(UUIDS[0]), uuid(UUIDS[1])]
        is ["'0123456789ABCDEF0123456789ABCDEF'", "'F123456789ABCDEF0123456789ABCDEF'"];
    Braced "braced" Uuid, [uuid(UUIDS[0]), uuid(UUIDS[1])]
        is ["'{01234567-89ab-cdef-0123-456789abcdef}'", "'{f1234567-89ab-cdef-0123-456789abcdef}'"];
    BracedUpper "braced_upper" Uuid, [uuid(UUIDS[0]), uuid(UUIDS[1])]
        is ["'{01234567-89AB-CDEF-0123-456789ABCDEF}'", "'{F1234567-89AB-CDEF-0123-456789ABCDEF}'"];
    Canonical "canonical" DateTime<Utc>, [at("2024-01-31T09:05:00").and_utc(), at("2024-01-31T09:05:00.5").and_utc()]
        is ["'2024-01-31 09:05:00.000000'", "'2024-01-31 09:05:00.500000'"];
    Seconds "seconds" DateTime<Utc>, [at("1969-12-31T23:59:59").and_utc(), at("2024-01-31T09:05:00").and_utc()]
        is ["'1969-12-31 23:59:59'", "'2024-01-31 09:05:00'"];
    Millis "millis" NaiveDateTime, [at("2024-01-31T09:05:00"), at("2024-01-31T09:05:00.12")]
        is ["'2024-01-31 09:05:00.000'", "'2024-01-31 09:05:00.120'"];
    Shortest "shortest" NaiveDateTime, [at("2024-01-31T09:05:00.12"), at("2024-01-31T09:05:00.120003")]
        is ["'2024-01-31 09:05:00.120'", "'2024-01-31 09:05:00.120003'"];
    Iso "iso" DateTime<Utc>, [at("2024-01-31T09:05:00").and_utc(), at("2024-01-31T09:05:01").and_utc()]
        is ["'2024-01-31T09:05:00Z'", "'2024-01-31T09:05:01Z'"];
    IsoDate "iso" NaiveDateTime, [at("2024-01-31T09:05:00"), at("2024-01-31T09:05:01")]
        is ["'2024-01-31T09:05:00'", "'2024-01-31T09:05:01'"];
    IsoMillis "iso_millis" DateTime<Utc>, [at("2024-01-31T09:05:00").and_utc(), at("2024-01-31T09:05:00.001").and_utc()]
        is ["'2024-01-31T09:05:00.000Z'", "'2024-01-31T09:05:00.001Z'"];
    IsoMicros "iso_micros" DateTime<Utc>, [at("2024-01-31T09:05:00").and_utc(), at("2024-01-31T09:05:00.000001").and_utc()]
        is ["'2024-01-31T09:05:00.000000Z'", "'2024-01-31T09:05:00.000001Z'"];
    Rfc3339 "rfc3339" DateTime<Utc>, [at("2024-01-31T09:05:00").and_utc(), at("2024-01-31T09:05:00.001").and_utc()]
        is ["'2024-01-31T09:05:00+00:00'", "'2024-01-31T09:05:00.001+00:00'"];
    Unix "unix" DateTime<Utc>, [at("1969-12-31T23:59:59").and_utc(), at("2024-01-31T09:05:00").and_utc()]
        is ["-1", "1706691900"];
    UnixMillis "unix_millis" NaiveDateTime, [at("1969-12-31T23:59:59.999"), at("2024-01-31T09:05:00.123")]
        is ["-1", "1706691900123"];
    UnixMicros "unix_micros" DateTime<Utc>, [at("1969-12-31T23:59:59.999999").and_utc(), at("2024-01-31T09:05:00").and_utc()]
        is ["-1", "1706691900000000"];
    TimeSeconds "seconds" NaiveTime, [at("2024-01-31T09:05:00").time(), at("2024-01-31T23:59:59").time()]
        is ["'09:05:00'", "'23:59:59'"];
    TimeMillis "millis" NaiveTime, [at("2024-01-31T09:05:00").time(), at("2024-01-31T09:05:00.001").time()]
        is ["'09:05:00.000'", "'09:05:00.001'"];
    TimeShortest "shortest" NaiveTime, [at("2024-01-31T09:05:00").time(), at("2024-01-31T09:05:00.000001").time()]
        is ["'09:05:00'", "'09:05:00.000001'"];
}

async fn check<M, T>(
    stored: &str,
    [low, high]: [T; 2],
    sql: [&str; 2],
    make: fn(i64, T, Option<T>) -> M,
    parts: fn(M) -> (T, Option<T>),
    v: Column<M, T>,
    w: Column<M, Option<T>>,
) -> Result<()>
where
    M: Model + activerecord::ActiveRecord + Clone + std::fmt::Debug,
    T: activerecord::ToValue
        + activerecord::FromValue
        + activerecord::query::MaybeNull<Option = Option<T>>
        + Clone
        + PartialEq
        + std::fmt::Debug
        + Send
        + Sync
        + 'static,
{
    let db = DatabaseFile::new(["spelt (id INTEGER PRIMARY KEY, v BLOB NOT NULL UNIQUE, w BLOB)"]).await;
    with_connection(&db, async || {
        // Another program writes the first row, and this library the second and the third one.
        let here = connection(&db)?;
        here.execute(&format!("INSERT INTO spelt VALUES (1, {}, {})", sql[0], sql[1]), []).await?;
        let mut second = make(2, high.clone(), Some(low.clone()));
        second.insert().await?;
        let is = |id: i64, column: &str, sql: &str| {
            format!(
                "SELECT count(*) FROM spelt WHERE id = {id} AND {column} = {sql} AND typeof({column}) = typeof({sql})"
            )
        };
        for (id, column, sql) in [(1, "v", sql[0]), (1, "w", sql[1]), (2, "v", sql[1]), (2, "w", sql[0])] {
            assert_eq!(here.query(&is(id, column, sql), []).await?[0].get::<i64>(0)?, 1, "{stored}: {column} of {id}");
        }
        // All read alike.
        let mut rows = M::order_by(v.asc()).all().await?.into_iter().map(parts);
        assert_eq!(rows.next(), Some((low.clone(), Some(high.clone()))), "{stored}");
        assert_eq!(rows.next(), Some((high.clone(), Some(low.clone()))), "{stored}");
        assert_eq!(M::order_by(v.desc()).pluck(v).await?, [high.clone(), low.clone()], "{stored}");
        assert_eq!(M::query().min(v).await?, Some(low.clone()), "{stored}");
        assert_eq!(M::query().max(w).await?, Some(Some(high.clone())), "{stored}");
        // All conditions find them.
        let count = async |predicate| M::filter(predicate).count().await;
        assert_eq!(count(v.eq(low.clone())).await?, 1, "{stored} eq");
        assert_eq!(count(v.ne(low.clone())).await?, 1, "{stored} ne");
        assert_eq!(count(v.lt(high.clone())).await?, 1, "{stored} lt");
        assert_eq!(count(v.le(high.clone())).await?, 2, "{stored} le");
        assert_eq!(count(v.gt(low.clone())).await?, 1, "{stored} gt");
        assert_eq!(count(v.ge(low.clone())).await?, 2, "{stored} ge");
        assert_eq!(count(v.between(low.clone(), high.clone())).await?, 2, "{stored} between");
        assert_eq!(count(v.is_in([high.clone(), low.clone()])).await?, 2, "{stored} in");
        assert_eq!(count(v.not_in([low.clone()])).await?, 1, "{stored} not in");
        assert_eq!(count(v.is_in(M::select(v))).await?, 2, "{stored} in a query");
        assert_eq!(count(w.coalesce(high.clone()).eq(high.clone())).await?, 1, "{stored} coalesce");
        // All writes store it.
        M::filter(v.eq(low.clone())).update(w.set(low.clone())).await?;
        assert_eq!(count(w.eq(low.clone())).await?, 2, "{stored} update");
        second.update_columns(w.set(high.clone())).await?;
        second.save().await?;
        assert_eq!(count(w.eq(high.clone())).await?, 1, "{stored} save");
        second.update_columns(w.set(None)).await?;
        let coalesced: Vec<T> = M::order_by(v.desc()).select(w.coalesce(high.clone())).all().await?;
        assert_eq!(coalesced, [high.clone(), low.clone()], "{stored} coalesce");
        M::bulk_insert_or_update(&[make(7, low.clone(), None), make(8, high.clone(), None)], v).await?;
        assert_eq!((M::count().await?, count(w.is_null()).await?), (2, 2), "{stored} upsert");
        // Pages continue after a value.
        let page = M::order_by(v.asc()).keyset(None, 1).await?;
        let next = page.next.as_ref().map(ToString::to_string).unwrap_or_default();
        let page = M::order_by(v.asc()).keyset(Some(&next.parse()?), 1).await?;
        assert_eq!(
            page.items.into_iter().map(|row| parts(row).0).collect::<Vec<_>>(),
            std::slice::from_ref(&high),
            "{stored} page"
        );
        // Raw SQL of a model is read in the same way, and another spelling is refused.
        let raw = M::raw_query("SELECT w, v, id FROM spelt ORDER BY v", []).all().await?;
        assert_eq!(raw.into_iter().map(|row| parts(row).0).collect::<Vec<_>>(), [low, high], "{stored} raw");
        here.execute("UPDATE spelt SET v = '2024-01-31 09:05' WHERE id = 1", []).await?;
        assert!(M::all().await.is_err_and(|error| error.is_conversion()), "{stored}");
        assert!(M::query().pluck(v).await.is_err_and(|error| error.is_conversion()), "{stored}");
        Ok(())
    })
    .await
}

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Event {
    id: i64,
    token: Uuid,
    day: NaiveDate,
    time: NaiveTime,
    datetime: NaiveDateTime,
    timestamp: DateTime<Utc>,
    price: Decimal,
}

/// Stored values of other programs, what they mean, and the declaration that an error advises.
const FOREIGN: [(&str, &str, Option<&str>); 18] = [
    ("token", "x'0123456789abcdef0123456789abcdef'", Some("blob")),
    ("token", "'01234567-89AB-CDEF-0123-456789ABCDEF'", Some("upper")),
    ("token", "'0123456789abcdef0123456789abcdef'", Some("simple")),
    ("token", "'0123456789ABCDEF0123456789ABCDEF'", Some("simple_upper")),
    ("token", "'{01234567-89ab-cdef-0123-456789abcdef}'", Some("braced")),
    ("token", "'{01234567-89AB-CDEF-0123-456789ABCDEF}'", Some("braced_upper")),
    ("day", "'2024-1-31'", None),
    ("time", "'09:05:00'", Some("seconds")),
    ("time", "'09:05:00.250'", Some("millis")),
    ("datetime", "'2024-01-31 09:05:00'", Some("seconds")),
    ("datetime", "'2024-01-31T09:05:00.250'", Some("iso_millis")),
    ("datetime", "'2024-01-31T09:05:00.250250'", Some("iso_micros")),
    ("timestamp", "datetime('2024-01-31 09:05:00')", Some("seconds")),
    ("timestamp", "'2024-01-31T09:05:00Z'", Some("iso")),
    ("timestamp", "'2024-01-31T09:05:00.250Z'", Some("iso_millis")),
    ("timestamp", "'2024-01-31T09:05:00.250+00:00'", Some("rfc3339")),
    ("timestamp", "'2024-01-31T11:05:00.25+02:00'", None),
    ("price", "'1e3'", None),
];

#[tokio::test]
async fn another_spelling_is_refused_and_its_update_mends_it() -> Result<()> {
    let table =
        "events (id INTEGER PRIMARY KEY, token BLOB, day BLOB, time BLOB, datetime BLOB, timestamp BLOB, price BLOB)";
    let db = DatabaseFile::new([table]).await;
    with_connection(&db, async || {
        let here = connection(&db)?;
        for (column, sql, advised) in FOREIGN {
            Event::query().delete().await?;
            let event = Event::create(Event::default()).await?;
            here.execute(&format!("UPDATE events SET {column} = {sql}"), []).await?;
            let error = Event::find(event.id).await.unwrap_err();
            let message = error.message();
            assert!(error.is_conversion() && error.connection() == Some(&*db), "{sql}: {error:?}");
            for part in [&format!("Event::{column}"), &format!("`{column}`"), &format!("`id` = {}", event.id)] {
                assert!(message.contains(part), "{sql}: {message} does not name {part}");
            }
            assert!(advised.is_none_or(|name| message.contains(&format!("stored = \"{name}\""))), "{sql}: {message}");
            assert!(Event::all().await.is_err() && Event::query().stream().next().await.is_err(), "{sql}");
            // A selected column is refused too.
            let selected = match column {
                "token" => Event::query().pluck(Event::TOKEN).await.map(drop),
                "day" => Event::query().max(Event::DAY).await.map(drop),
                "time" => Event::query().select((Event::ID, Event::TIME)).all().await.map(drop),
                "datetime" => Event::query().min(Event::DATETIME).await.map(drop),
                "timestamp" => Event::select((Event::TIMESTAMP, Event::ID)).all().await.map(drop),
                _ => Event::query().pluck(Event::PRICE).await.map(drop),
            };
            assert!(selected.as_ref().is_err_and(Error::is_conversion), "{sql}: {selected:?}");
            let Some((_, update)) = message.split_once("convert the rows: ") else {
                assert!(matches!(column, "day" | "price"), "{sql}: {message} has no UPDATE");
                continue;
            };
            let raw = here.query(&format!("SELECT {column} FROM events"), []).await?;
            assert_eq!(here.execute(update, []).await?, 1, "{update}");
            let mended = Event::find(event.id).await.map_err(|error| error.context(update))?;
            let found = match column {
                "token" => {
                    assert_eq!(mended.token, raw[0].get::<Uuid>(0)?, "{update}");
                    Event::filter(Event::TOKEN.eq(mended.token)).count().await?
                }
                "time" => {
                    assert_eq!(mended.time, raw[0].get::<NaiveTime>(0)?, "{update}");
                    Event::filter(Event::TIME.eq(mended.time)).count().await?
                }
                "datetime" => {
                    assert_eq!(mended.datetime, raw[0].get::<NaiveDateTime>(0)?, "{update}");
                    Event::filter(Event::DATETIME.eq(mended.datetime)).count().await?
                }
                _ => {
                    assert_eq!(mended.timestamp, raw[0].get::<DateTime<Utc>>(0)?, "{update}");
                    Event::filter(Event::TIMESTAMP.eq(mended.timestamp)).count().await?
                }
            };
            assert_eq!(found, 1, "{update}");
        }
        Ok(())
    })
    .await
}

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[table = "stamped"]
struct Stamped {
    id: i64,
    #[created_at]
    #[column(stored = "unix")]
    created_at: DateTime<Utc>,
    #[updated_at]
    #[column(stored = "iso_millis")]
    updated_at: DateTime<Utc>,
    #[soft_delete]
    #[column(stored = "seconds")]
    deleted_at: Option<DateTime<Utc>>,
}

#[tokio::test]
async fn stamps_have_the_digits_of_their_columns() -> Result<()> {
    let db =
        DatabaseFile::new(["stamped (id INTEGER PRIMARY KEY, created_at INTEGER, updated_at TEXT, deleted_at TEXT)"])
            .await;
    with_connection(&db, async || {
        let mut record = Stamped::create(Stamped::default()).await?;
        assert_eq!(Stamped::find(record.id).await?, record);
        record.save().await?;
        assert_eq!(Stamped::find(record.id).await?, record);
        Stamped::bulk_insert(&[Stamped::default(), Stamped::default()]).await?;
        Stamped::query().update(Stamped::ID.add(0)).await?;
        record.reload().await?;
        record.destroy().await?;
        assert_eq!(Stamped::query().only_deleted().all().await?, [record]);
        assert_eq!(Stamped::query().delete().await?, 2);
        assert_eq!(Stamped::query().only_deleted().count().await?, 3);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_value_between_two_stored_ones_is_compared_and_not_written() -> Result<()> {
    let db = DatabaseFile::new(["spelt (id INTEGER PRIMARY KEY, v BLOB NOT NULL, w BLOB)"]).await;
    with_connection(&db, async || {
        let (before, between, after) = (
            at("2024-01-31T09:05:00").and_utc(),
            at("2024-01-31T09:05:00.5").and_utc(),
            at("2024-01-31T09:05:01").and_utc(),
        );
        macro_rules! check {
            ($($model:ident)*) => {$({
                $model::query().delete().await?;
                $model::bulk_insert(&[before, after].map(|v| $model { v, ..Default::default() })).await?;
                let count = async |predicate| $model::filter(predicate).count().await;
                assert_eq!(count($model::V.lt(between)).await?, 1);
                assert_eq!(count($model::V.le(between)).await?, 1);
                assert_eq!(count($model::V.gt(between)).await?, 1);
                assert_eq!(count($model::V.ge(between)).await?, 1);
                assert_eq!(count($model::V.eq(between)).await?, 0);
                assert_eq!(count($model::V.ne(between)).await?, 2);
                assert_eq!(count($model::V.between(before, between)).await?, 1);
                assert_eq!(count($model::V.between(between, after)).await?, 1);
                assert_eq!(count($model::V.is_in([between, after])).await?, 1);
                assert_eq!(count($model::V.not_in([between])).await?, 2);
                assert_eq!(count($model::V.is_in([between])).await?, 0);
                for error in [
                    $model::create($model { v: between, ..Default::default() }).await.map(drop).unwrap_err(),
                    $model::bulk_insert(&[$model { v: between, ..Default::default() }]).await.map(drop).unwrap_err(),
                    $model::query().update($model::V.set(between)).await.map(drop).unwrap_err(),
                ] {
                    assert!(error.is_conversion() && error.message().contains("trunc_subsecs"), "{error:?}");
                }
                assert_eq!($model::count().await?, 2);
            })*};
        }
        check!(Seconds Iso Unix);
        Ok(())
    })
    .await
}

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Plain {
    id: Uuid,
    at: DateTime<Utc>,
    #[column(stored = "canonical")]
    kept: Uuid,
}

#[tokio::test]
async fn a_connection_has_defaults() -> Result<()> {
    let db = DatabaseFile::new(["plains (id BLOB PRIMARY KEY, at TEXT NOT NULL, kept TEXT NOT NULL)"]).await;
    let name = format!("{}_defaults", &*db);
    let config = Config::url(db.url())?.stored(ValueType::Uuid, Stored::Blob).option("stored_timestamp", "iso");
    ConnectionManager::configure(&name, config)?;
    let id = uuid(UUIDS[0]);
    with_connection(&name, async || {
        let here = connection(&name)?;
        here.execute(
            "INSERT INTO plains VALUES (x'0123456789abcdef0123456789abcdef', '2024-01-31T09:05:00Z', ?)",
            [id.to_string()],
        )
        .await?;
        let mut plain = Plain::find(id).await?;
        assert_eq!(plain, Plain { id, at: at("2024-01-31T09:05:00").and_utc(), kept: id });
        plain.at = at("2024-01-31T09:06:00").and_utc();
        plain.save().await?;
        assert_eq!((Plain::count().await?, Plain::filter(Plain::AT.eq(plain.at)).count().await?), (1, 1));
        assert_eq!(Plain::query().pluck(Plain::ID).await?, [id]);
        Ok(())
    })
    .await?;
    // The other connection to the same file has its own defaults.
    let error = Plain::using(&db).all().await.unwrap_err();
    assert!(
        error.message().contains("blob") && error.message().contains("x'0123456789abcdef0123456789abcdef'"),
        "{error}"
    );
    ConnectionManager::remove(&name).await?;
    for (option, value) in
        [("stored_uuid", "iso"), ("stored_uuid", "bolb"), ("stored_date", "iso"), ("stored_uid", "blob")]
    {
        let refused = ConnectionManager::configure(&name, Config::url(db.url())?.option(option, value));
        assert!(refused.as_ref().is_err_and(Error::is_configuration), "{option}={value}: {refused:?}");
    }
    let refused = ConnectionManager::configure(&name, Config::url(db.url())?.stored(ValueType::Decimal, Stored::Blob));
    assert!(refused.is_err_and(|error| error.is_configuration()));
    Ok(())
}

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[table = "spelt"]
struct Mixed {
    id: i64,
    #[column(stored = "blob")]
    v: Uuid,
    w: Option<Uuid>,
}

#[derive(Cte, Clone, Debug, PartialEq)]
struct Wrong {
    v: Uuid,
}

#[derive(Cte, Clone, Debug, PartialEq)]
struct Right {
    #[column(stored = "blob")]
    v: Uuid,
}

/// What the database would compare as different kinds of values is refused before anything is sent.
#[tokio::test]
async fn two_spellings_do_not_meet() -> Result<()> {
    let db = DatabaseFile::new(["spelt (id INTEGER PRIMARY KEY, v BLOB NOT NULL, w BLOB)"]).await;
    with_connection(&db, async || {
        let id = uuid(UUIDS[0]);
        Mixed::create(Mixed { v: id, w: Some(id), ..Default::default() }).await?;
        let errors = [
            Mixed::filter(Mixed::W.eq(Mixed::V)).all().await.map(drop),
            Mixed::filter(Mixed::V.is_in(Mixed::select(Mixed::W.coalesce(Uuid::nil())))).all().await.map(drop),
            Mixed::select(Mixed::W.coalesce(Mixed::V)).all().await.map(drop),
            Mixed::query().update(Mixed::W.set(Mixed::V)).await.map(drop),
            Mixed::select(Mixed::V).union(Mixed::select(Mixed::W.coalesce(Uuid::nil()))).all().await.map(drop),
            Wrong::of(Mixed::select((Mixed::V,))).all().await.map(drop),
        ];
        for error in errors {
            assert!(error.as_ref().is_err_and(Error::is_unsupported), "{error:?}");
        }
        assert_eq!(Right::of(Mixed::select((Mixed::V,))).all().await?, [Right { v: id }]);
        assert_eq!(Right::of(Mixed::select((Mixed::V,))).filter(Right::V.eq(id)).count().await?, 1);
        assert_eq!(Mixed::select(Mixed::V).union(Mixed::select(Mixed::V)).all().await?, [id]);
        assert_eq!(Mixed::select((Mixed::V, Mixed::W)).distinct().all().await?, [(id, Some(id))]);
        Ok(())
    })
    .await
}
