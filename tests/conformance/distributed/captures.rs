//! Captured changes.

use std::sync::Arc;

use activerecord::outbox::Task;
use activerecord::prelude::*;
use activerecord::sync::Changed;
use tokio::sync::Mutex;

use test_support::Database;

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Seat {
    #[primary_key]
    plane: String,
    #[primary_key]
    number: i32,
    holder: Option<String>,
}

const SEATS: &str = "seats (plane STRING NOT NULL, number I32 NOT NULL, holder TEXT, PRIMARY KEY (plane, number))";

pub(crate) type Seen<M> = Vec<(String, Option<String>, Changed<M>)>;

/// Returns the changes of a model's table: kind, key and images. They are sorted by key, then by the order of the outbox.
pub(crate) async fn changes<M: Model + Clone>(database: &Database, topic: &str) -> Result<Seen<M>> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let all = Arc::clone(&seen);
    Worker::new(&**database)
        .concurrency(1)
        .max_attempts(1)
        .handle(topic, async move |task: Task<Changed<M>>| {
            let (id, kind, key) = (task.id(), task.kind().to_owned(), task.key().map(str::to_owned));
            all.lock().await.push((id, (kind, key, task.into_payload())));
            Ok(())
        })
        .run_once()
        .await?;
    if let Some(dead) = Outbox::dead(database, None, 1).await?.pop() {
        return Err(Error::custom(dead.last_error.unwrap_or_default()));
    }
    let mut seen = seen.lock().await.drain(..).collect::<Vec<_>>();
    // If the key of a row changes, the order of the two changes is not defined.
    seen.sort_by_key(|(id, (_, key, _))| (key.clone(), *id));
    Ok(seen.into_iter().map(|(_, change)| change).collect())
}

fn seat(number: i32, holder: Option<&str>) -> Seat {
    Seat { plane: "N1".into(), number, holder: holder.map(str::to_owned) }
}

/// Changes through the library and by raw SQL are captured.
#[tokio::test]
async fn every_change_is_captured() -> Result<()> {
    let database = Database::new([SEATS]).await;
    Capture::install::<Seat>().on(&*database).await?;
    // The second call replaces the first capture.
    Capture::install::<Seat>().on(&*database).await?;
    let handle = connection(&database)?;
    with_connection(&database, async || {
        seat(1, None).insert().await?;
        handle.execute("UPDATE seats SET holder = 'x' WHERE number = 1", []).await?;
        handle.execute("UPDATE seats SET number = 2", []).await?;
        handle.execute("DELETE FROM seats", []).await.map(drop)
    })
    .await?;
    let key = |number: i32| Some(format!("N1,{number}"));
    let change = |kind: &str, number, before, after| (kind.to_owned(), key(number), Changed { before, after });
    let held = Some("x");
    assert_eq!(
        changes::<Seat>(&database, "seats_changes").await?,
        [
            change("insert", 1, None, Some(seat(1, None))),
            change("update", 1, Some(seat(1, None)), Some(seat(1, held))),
            change("delete", 1, Some(seat(1, held)), None),
            change("insert", 2, None, Some(seat(2, held))),
            change("delete", 2, Some(seat(2, held)), None),
        ]
    );
    Ok(())
}

#[tokio::test]
async fn a_rollback_captures_no_change() -> Result<()> {
    let database = Database::new([SEATS]).await;
    Capture::install::<Seat>().on(&*database).topic("held.seats").await?;
    let transaction = Transaction::begin(&*database).await?;
    transaction.run(async || Seat::with_connection(&database, async || seat(1, None).insert().await).await).await?;
    transaction.rollback().await?;
    Seat::with_connection(&database, async || seat(2, None).insert().await).await?;
    assert_eq!(changes::<Seat>(&database, "held.seats").await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_capture_can_be_removed() -> Result<()> {
    let database = Database::new([SEATS]).await;
    Capture::install::<Seat>().on(&*database).await?;
    Capture::remove::<Seat>(&database).await?;
    Capture::remove::<Seat>(&database).await?;
    Seat::with_connection(&database, async || seat(1, None).insert().await).await?;
    assert_eq!(changes::<Seat>(&database, "seats_changes").await?.len(), 0);
    Ok(())
}

#[tokio::test]
async fn an_invalid_topic_is_refused() -> Result<()> {
    let database = Database::new([SEATS]).await;
    let refused = Capture::install::<Seat>().on(&*database).topic("it's").await.unwrap_err();
    assert!(refused.is_configuration() && refused.to_string().contains("`it's`"), "{refused}");
    Ok(())
}
