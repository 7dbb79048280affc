//! Spans of every statement, and metrics of every connection. Neither contains a bound value.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};

use activerecord::prelude::*;
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

use test_support::DatabaseFile;

/// A bound value. No span or event may show it.
const SECRET: &str = "s3cr3t";

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Plane {
    id: i64,
    tailnum: String,
    seats: i32,
}

impl Plane {
    fn new(seats: i32) -> Self {
        Self { id: 0, tailnum: format!("{SECRET} {seats}"), seats }
    }
}

async fn database() -> DatabaseFile {
    DatabaseFile::new(["planes (id INTEGER PRIMARY KEY, tailnum TEXT NOT NULL UNIQUE, seats INTEGER NOT NULL)"]).await
}

/// The fields of each closed span, and of each event, in order.
#[derive(Clone, Default)]
struct Seen {
    spans: Arc<Mutex<Vec<Fields>>>,
    events: Arc<Mutex<Vec<(Level, Fields)>>>,
}

type Fields = BTreeMap<String, String>;

struct Collect<'f>(&'f mut Fields);

impl Visit for Collect<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().into(), value.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name().into(), format!("{value:?}"));
    }
}

impl<S: Subscriber + for<'l> LookupSpan<'l>> Layer<S> for Seen {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let metadata = attributes.metadata();
        let mut fields = Fields::from([("span".into(), format!("{} {}", metadata.target(), metadata.name()))]);
        attributes.record(&mut Collect(&mut fields));
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(fields) = span.extensions_mut().get_mut::<Fields>() {
            values.record(&mut Collect(fields));
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let fields = context.span(&id).and_then(|span| span.extensions_mut().remove::<Fields>());
        lock(&self.spans).extend(fields);
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields::new();
        event.record(&mut Collect(&mut fields));
        lock(&self.events).push((*event.metadata().level(), fields));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Seen {
    /// Collects the spans and events of `work`. The subscriber is that of this thread, which runs all of it.
    async fn during(db: &DatabaseFile, work: impl AsyncFnOnce() -> Result<()>) -> Result<Self> {
        let seen = Self::default();
        let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(seen.clone()));
        with_connection(db, work).await?;
        Ok(seen)
    }

    /// Checks the common fields of the statements, and returns the operation, the model and the rows of each.
    fn statements(&self, db: &DatabaseFile) -> Vec<(String, Option<String>, u64)> {
        let spans = lock(&self.spans).clone();
        let shown = format!("{spans:?} {:?}", lock(&self.events));
        assert!(!shown.contains(SECRET), "{shown}");
        let statement = |span: Fields| {
            assert_eq!(
                (&*span["span"], &*span["connection"], &*span["database"]),
                ("activerecord statement", &**db, "sqlite")
            );
            assert!(span["elapsed_us"].parse::<u64>().is_ok() && !span["sql"].is_empty(), "{span:?}");
            (span["operation"].clone(), span.get("model").cloned(), span["rows"].parse().unwrap_or(u64::MAX))
        };
        spans.into_iter().filter(|span| span["span"].starts_with("activerecord ")).map(statement).collect()
    }
}

#[tokio::test]
async fn every_statement_is_one_span() -> Result<()> {
    let db = database().await;
    let seen = Seen::during(&db, async || {
        let mut plane = Plane::create(Plane::new(1)).await?;
        plane.save().await?;
        plane.update_columns(Plane::SEATS.add(1)).await?;
        plane.reload().await?;
        Plane::find(plane.id).await?;
        let planes: Vec<_> = (2..=2_500).map(Plane::new).collect();
        Plane::bulk_insert(&planes).await?;
        Plane::insert_or_update(&Plane::new(1), [Plane::TAILNUM]).await?;
        Plane::filter(Plane::TAILNUM.starts_with(SECRET)).limit(7).all().await?;
        Plane::query().page(1, 10).await?;
        Plane::query().limit(4).batch(3).next().await?;
        let mut rows = Plane::query().limit(300).stream();
        while rows.next().await?.is_some() {}
        Plane::raw_query("SELECT * FROM planes WHERE tailnum = ?", [format!("{SECRET} 1")]).all().await?;
        Plane::filter(Plane::SEATS.le(3)).update(Plane::TAILNUM.set(SECRET)).await.err();
        Plane::filter(Plane::SEATS.le(3)).delete().await?;
        Ok(())
    })
    .await?;
    let expected = [
        ("insert", 1),
        ("update", 1),
        ("update", 1),
        ("reload", 1),
        ("find", 1),
        ("bulk insert", 1_000),
        ("bulk insert", 1_000),
        ("bulk insert", 499),
        ("upsert", 1),
        ("all", 7),
        ("count", 1),
        ("page", 10),
        ("batch", 3),
        ("stream", 300),
        ("raw query", 1),
        ("update", 0),
        ("delete", 3),
    ];
    let expected = expected.map(|(operation, rows)| (operation.to_owned(), Some("Plane".to_owned()), rows));
    let statements = seen.statements(&db);
    let [described, statements @ ..] = &statements[..] else { return Err(Error::custom("no statement")) };
    assert_eq!((&*described.0, &described.1), ("describe", &None), "the first write of a model describes its table");
    assert_eq!(statements, expected);
    let failed: Vec<_> = lock(&seen.spans).iter().filter_map(|span| span.get("error").cloned()).collect();
    assert_eq!(failed, ["UniqueViolation"]);
    Ok(())
}

#[tokio::test]
async fn raw_sql_has_no_model() -> Result<()> {
    let db = database().await;
    let seen = Seen::during(&db, async || {
        transaction(&db, async || {
            let conn = connection(&db)?;
            conn.execute("INSERT INTO planes (tailnum, seats) VALUES (?, ?), (?, 2)", params![SECRET, 1, "b"]).await?;
            conn.query("SELECT * FROM planes WHERE tailnum = ?", [SECRET]).await?;
            Ok(())
        })
        .await
    })
    .await?;
    assert_eq!(seen.statements(&db), [("execute".to_owned(), None, 2), ("query".to_owned(), None, 1)]);
    assert_eq!(lock(&seen.spans)[1]["sql"], "SELECT * FROM planes WHERE tailnum = ?");
    Ok(())
}

#[tokio::test]
async fn a_statement_outside_the_open_transaction_warns_once() -> Result<()> {
    let (here, there) = (database().await, database().await);
    let seen = Seen::during(&here, async || {
        transaction(&here, async || {
            Plane::count().await?;
            Plane::using(&there).count().await?;
            Plane::using(&there).count().await
        })
        .await?;
        Ok(())
    })
    .await?;
    let warnings: Vec<_> = lock(&seen.events).iter().filter(|(level, _)| *level == Level::WARN).cloned().collect();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert_eq!((&*warnings[0].1["connection"], &*warnings[0].1["transaction"]), (&*there, &*here));
    Ok(())
}

/// Returns the metrics of one connection, by name.
fn metrics_of(snapshotter: &Snapshotter, connection: &str) -> BTreeMap<String, DebugValue> {
    let is_its =
        |key: &metrics::Key| key.labels().any(|label| label.key() == "connection" && label.value() == connection);
    let all = snapshotter.snapshot().into_vec().into_iter();
    all.filter(|(key, ..)| is_its(key.key())).map(|(key, _, _, value)| (key.key().name().to_owned(), value)).collect()
}

#[test]
fn every_connection_is_measured() -> Result<()> {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::custom)?;
    metrics::with_local_recorder(&recorder, || runtime.block_on(measured(&snapshotter)))
}

async fn measured(snapshotter: &Snapshotter) -> Result<()> {
    let db = database().await;
    // The first write of a model describes its table.
    with_connection(&db, async || Plane::query().update(Plane::SEATS.set(1)).await).await?;
    metrics_of(snapshotter, &db);
    with_connection(&db, async || {
        Plane::bulk_insert(&(1..=300).map(Plane::new).collect::<Vec<_>>()).await?;
        Plane::all().await?;
        assert!(Plane::create(Plane::new(1)).await.is_err());
        let mut rows = Plane::query().stream();
        rows.next().await?;
        let open = metrics_of(snapshotter, &db);
        assert_eq!(open["activerecord_pool_in_use"], DebugValue::Gauge(1.0.into()), "the stream uses one");
        assert_eq!(open["activerecord_statements_total"], DebugValue::Counter(3));
        assert_eq!(open["activerecord_statement_errors_total"], DebugValue::Counter(1));
        assert_eq!(open["activerecord_rows_total"], DebugValue::Counter(600));
        for histogram in ["activerecord_statement_seconds", "activerecord_pool_wait_seconds"] {
            let DebugValue::Histogram(values) = &open[histogram] else { return Err(Error::custom(histogram)) };
            assert!(
                values.len() >= 3 && values.iter().all(|seconds| (0.0..60.0).contains(&seconds.0)),
                "{histogram}: {values:?}"
            );
        }
        Ok(())
    })
    .await?;
    let closed = metrics_of(snapshotter, &db);
    assert_eq!(closed["activerecord_pool_in_use"], DebugValue::Gauge((-1.0).into()), "since the last snapshot");
    assert_eq!(closed.len(), 6, "{:?}", closed.keys());
    Ok(())
}
