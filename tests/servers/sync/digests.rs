//! Digests: equal rows are not read, and differences are found.

use std::collections::HashSet;

use activerecord::backend::RowDigest;
use activerecord::prelude::*;
use activerecord::statement::{ColumnExpr, Compare, Expr, FromItem, Select};
use activerecord::{Value, ValueType};
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};

use super::{Database, pairs, profiles, random_samples};
use test_support::sample::{Maybe, Sample, TABLES};

/// Random values. Their floats have the same text on all databases.
fn samples(count: i64) -> Result<Vec<Sample>> {
    random_samples(count, |value| {
        let (single, double) = (f32::from(value.small) / 8.0, f64::from(value.int) / 8.0);
        Sample { single, double, ..value }
    })
}

/// The columns that have digests.
fn columns<M: Model>() -> Vec<ColumnExpr> {
    let has = |ty| !matches!(ty, ValueType::Json | ValueType::Array(_));
    let column = |def: &activerecord::ColumnDef| ColumnExpr {
        table: M::TABLE.name.into(),
        outer: false,
        name: def.name.into(),
        ty: def.ty,
        nullable: def.nullable,
        stored: def.stored,
    };
    M::TABLE.columns.iter().filter(|def| has(def.ty)).map(column).collect()
}

/// Returns the digest of these columns of one row, computed by the database.
async fn digest(database: &Database, columns: &[ColumnExpr], id: i64) -> Result<Option<Decimal>> {
    let key = ColumnExpr { name: "id".into(), ty: ValueType::I64, nullable: false, ..columns[0].clone() };
    let mut select = Select::from(FromItem::Named(columns[0].table.clone()));
    select.items = vec![Expr::Digest(columns.to_vec()).into()];
    select.filter = Some(Expr::Column(key).compare(Compare::Eq, Expr::Value(Value::I64(id))));
    connection(database)?.read(select).await?[0].get(0)
}

/// Returns the digest of these columns of a record, computed here.
fn computed<M: ActiveRecord>(record: &M, columns: &[ColumnExpr]) -> Result<Option<Decimal>> {
    let ordinal = |name: &str| M::TABLE.columns.iter().position(|def| def.name == name).unwrap_or_default();
    let values: Vec<Value> = columns.iter().map(|column| record.value(ordinal(&column.name))).collect();
    let types: Vec<ValueType> = columns.iter().map(|column| column.ty).collect();
    let mut digest = RowDigest::default();
    digest.add(&types, |ordinal| Ok(values[ordinal].as_cell()))?;
    digest.sum().to_string().parse().map(Some).map_err(|_| Error::invalid("no number"))
}

#[tokio::test]
async fn a_value_has_one_digest_everywhere() -> Result<()> {
    let (samples, columns) = (samples(40)?, columns::<Sample>());
    for profile in profiles() {
        let database = Database::on(profile, &TABLES).await?;
        Sample::with_connection(&database, async || Sample::bulk_insert(&samples).await).await?;
        for sample in &samples {
            for column in columns.chunks(1) {
                let there = digest(&database, column, sample.id).await?;
                assert_eq!(there, computed(sample, column)?, "{} of {sample:?} on {}", column[0].name, profile.name());
            }
            assert_eq!(digest(&database, &columns, sample.id).await?, computed(sample, &columns)?);
        }
        // NULL, and the values that are most similar to it.
        let nothing = Maybe { id: 1, ..Maybe::default() };
        let empty = Maybe { id: 2, text: Some(String::new()), bytes: Some(Vec::new()), ..Maybe::default() };
        let letter = Maybe { id: 3, text: Some("N".into()), truth: Some(false), ..Maybe::default() };
        let maybes = [nothing, empty, letter];
        Maybe::with_connection(&database, async || Maybe::bulk_insert(&maybes).await).await?;
        let columns = super::digests::columns::<Maybe>();
        // A model whose columns are not nullable, although the rows contain NULL.
        let sure: Vec<_> = columns.iter().cloned().map(|column| ColumnExpr { nullable: false, ..column }).collect();
        let mut seen = HashSet::new();
        for maybe in &maybes {
            let there = digest(&database, &columns[1..], maybe.id).await?;
            assert_eq!(there, computed(maybe, &columns[1..])?, "{maybe:?} on {}", profile.name());
            assert_eq!(there, digest(&database, &sure[1..], maybe.id).await?, "{maybe:?} on {}", profile.name());
            assert!(seen.insert(there), "{maybe:?} on {}", profile.name());
        }
    }
    Ok(())
}

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[table = "airports"]
struct Airport {
    #[primary_key]
    code: String,
    name: Option<String>,
    altitude: i32,
}

const AIRPORTS: &str = "airports (code STRING NOT NULL PRIMARY KEY, name TEXT, altitude I32 NOT NULL)";

fn airports(count: i32) -> Vec<Airport> {
    // Keys that databases sort differently: by letters, or by bytes.
    let heads = ["a", "B", "ä", "_", "Z"].into_iter().cycle();
    let airport = |(n, head)| Airport { code: format!("{head}{n:04}"), name: Some(format!("no. {n}")), altitude: n };
    (0..count).zip(heads).map(airport).collect()
}

async fn all(database: &Database) -> Result<HashSet<(String, Option<String>, i32)>> {
    let rows = Airport::using(database).all().await?;
    Ok(rows.into_iter().map(|row| (row.code, row.name, row.altitude)).collect())
}

/// Checks that a job can be spawned.
fn is_send(_: &impl Send) {}

fn job(from: &Database, to: &Database) -> SyncJob<Airport, Airport> {
    SyncJob::from::<Airport>().using(&**from).to::<Airport>().on(&**to).batch(10)
}

/// Different, missing and extra rows among many: all are found, reported and repaired.
#[tokio::test]
async fn differences_are_found_among_equal_rows() -> Result<()> {
    let airports = airports(400);
    for (from, to) in pairs(&[AIRPORTS], &[AIRPORTS]).await? {
        is_send(&job(&from, &to).verify());
        is_send(&job(&from, &to).delete_missing(1.0).run());
        Airport::with_connection(&from, async || Airport::bulk_insert(&airports).await).await?;
        let job = job(&from, &to);
        assert_eq!(job.run().await?.written, 400);
        let again = job.run().await?;
        assert_eq!((again.read, again.written, again.unchanged), (400, 0, 400), "{} to {}", &*from, &*to);
        // Different in the target, missing in the target, missing in the source.
        let code = |n: usize| airports[n].code.clone();
        let with = |database: &Database| Airport::using(database);
        with(&to).filter(Airport::CODE.eq(code(7))).update((Airport::ALTITUDE.set(-1),)).await?;
        with(&to).filter(Airport::CODE.eq(code(8))).update((Airport::NAME.set(None::<String>),)).await?;
        with(&to).filter(Airport::CODE.is_in([code(0), code(399)])).delete().await?;
        with(&from).filter(Airport::CODE.is_in([code(100), code(201), code(302)])).delete().await?;
        let differences = job.verify().await?;
        let mut found: Vec<_> = differences.rows.iter().map(|row| format!("{} {:?}", row.key, row.kind)).collect();
        found.sort();
        let mut expected = [
            format!("code = \"{}\" Columns([\"altitude\"])", code(7)),
            format!("code = \"{}\" Columns([\"name\"])", code(8)),
            format!("code = \"{}\" Missing", code(0)),
            format!("code = \"{}\" Missing", code(399)),
            format!("code = \"{}\" Extra", code(100)),
            format!("code = \"{}\" Extra", code(201)),
            format!("code = \"{}\" Extra", code(302)),
        ];
        expected.sort();
        assert_eq!(found, expected, "{} to {}", &*from, &*to);
        assert_eq!((differences.source_rows, differences.target_rows), (397, 398));
        let repaired = job.delete_missing(0.1).run().await?;
        assert_eq!((repaired.written, repaired.deleted), (4, 3), "{repaired:?}");
        assert_eq!(all(&to).await?, all(&from).await?);
        // The source is empty, the target is not.
        with(&from).delete().await?;
        let emptied = super::digests::job(&from, &to).delete_missing(1.0).run().await?;
        assert_eq!((emptied.read, emptied.deleted, all(&to).await?.len()), (0, 397, 0));
    }
    Ok(())
}

/// The rows are matched by a unique column. Each database generates its own primary keys.
#[tokio::test]
async fn rows_are_matched_by_another_key_than_the_primary_one() -> Result<()> {
    let tagged = "tags (id ID, name STRING NOT NULL UNIQUE, weight I32 NOT NULL)";
    for (from, to) in pairs(&[tagged], &[tagged]).await? {
        let tags = ["a", "b", "c"].map(|name| Tag { id: 0, name: name.into(), weight: 1 });
        Tag::with_connection(&from, async || Tag::bulk_insert(&tags).await).await?;
        Tag::with_connection(&to, async || Tag::create(Tag { id: 0, name: "c".into(), weight: 9 }).await).await?;
        let job = SyncJob::from::<Tag>().using(&*from).to::<Tag>().on(&*to).keys([Tag::NAME]);
        let report = job.run().await?;
        assert_eq!((report.read, report.written), (3, 3), "{report:?}");
        let copied = Tag::using(&to).order_by(Tag::NAME.asc()).select((Tag::NAME, Tag::WEIGHT)).all().await?;
        assert_eq!(copied, tags.map(|tag| (tag.name, tag.weight)));
        assert!(job.verify().await?.is_empty());
        assert_eq!(job.run().await?.unchanged, 3);
    }
    Ok(())
}

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[table = "tags"]
struct Tag {
    id: i64,
    name: String,
    weight: i32,
}

/// Returns how many rows were read on a connection since the last call.
fn rows_read(seen: &Snapshotter, connection: &str) -> u64 {
    let is_it = |key: &metrics::Key| {
        key.name() == "activerecord_rows_total" && key.labels().any(|label| label.value() == connection)
    };
    let counted = seen.snapshot().into_vec().into_iter().filter(|(key, ..)| is_it(key.key()));
    let counts = counted.map(|(.., value)| if let DebugValue::Counter(count) = value { count } else { 0 });
    counts.sum()
}

/// Of 2,000 rows one differs. Some hundred rows are read to find and repair it, and fewer than 100 if none differs.
#[tokio::test]
async fn equal_rows_are_not_read() -> Result<()> {
    let recorder = DebuggingRecorder::new();
    let seen = recorder.snapshotter();
    recorder.install().map_err(|error| Error::custom(error.to_string()))?;
    let airports = airports(2_000);
    for (from, to) in pairs(&[AIRPORTS], &[AIRPORTS]).await? {
        Airport::with_connection(&from, async || Airport::bulk_insert(&airports).await).await?;
        job(&from, &to).run().await?;
        rows_read(&seen, &from);
        rows_read(&seen, &to);
        assert_eq!(job(&from, &to).run().await?.unchanged, 2_000);
        let (read, there) = (rows_read(&seen, &from), rows_read(&seen, &to));
        assert!((1..100).contains(&read) && there < 100, "{read} of {} and {there} of {}", &*from, &*to);
        let other = Airport::using(&to).filter(Airport::CODE.eq("a1500"));
        other.update((Airport::ALTITUDE.set(-1),)).await?;
        rows_read(&seen, &from);
        assert_eq!(job(&from, &to).run().await?.written, 1);
        let read = rows_read(&seen, &from);
        assert!((10..300).contains(&read), "{read} of {}", &*from);
    }
    Ok(())
}
