//! Workers that only a commit wakes: their next poll is in an hour.

use std::sync::Arc;
use std::time::Duration;

use activerecord::Message;
use activerecord::outbox::Task;
use activerecord::prelude::*;
use tokio::sync::{mpsc, oneshot};

use test_support::{Database, patient_pool};

/// A running worker: the messages that it handles, and how to stop it.
struct Woken {
    handled: mpsc::UnboundedReceiver<i32>,
    stop: oneshot::Sender<()>,
    running: tokio::task::JoinHandle<Result<()>>,
}

impl Woken {
    fn start(connection: &str, topic: &str) -> Self {
        let (sender, handled) = mpsc::unbounded_channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let sender = Arc::new(sender);
        let worker = Worker::new(connection)
            .poll(Duration::from_secs(3600))
            .handle(topic, async move |task: Task<i32>| sender.send(*task.payload()).map_err(Error::custom));
        let running = tokio::spawn(worker.run_until(async { _ = stopped.await }));
        Self { handled, stop, running }
    }

    async fn stop(self) -> Result<()> {
        self.stop.send(()).ok();
        self.running.await.map_err(Error::custom)?
    }
}

/// A commit on another connection name has the same effect as one of another process. One connection must be enough for
/// each name.
#[tokio::test]
async fn a_commit_on_another_connection_wakes_a_worker() -> Result<()> {
    let database = Database::new([]).await;
    if !connection(&database)?.capabilities().notifications {
        return Ok(());
    }
    let alone = |config: Config| config.pool(patient_pool(1));
    let (here, there) = (database.alias("here", alone)?, database.alias("there", alone)?);
    // A topic that no other test uses: notifications do not depend on the schema.
    let mut woken = Woken::start(&here, &database);
    for number in 0..20 {
        // The first message can come before the worker listens. The worker polls when it begins to listen.
        match number % 3 {
            0 => _ = Outbox::enqueue(&database, &number).on(&there).await?,
            1 => with_connection(&there, async || Outbox::enqueue_all(&database, [number]).await).await?,
            _ => transaction(&there, async || Outbox::enqueue(&database, &number).await.map(drop)).await?,
        }
        assert_eq!(woken.handled.recv().await, Some(number));
    }
    woken.stop().await?;
    assert_eq!(Message::using(&database).count().await?, 0);
    Ok(())
}

/// Messages that are committed together share a notification.
#[tokio::test]
async fn many_messages_share_a_notification() -> Result<()> {
    let database = Database::new([]).await;
    let here = connection(&database)?;
    if !here.capabilities().notifications {
        return Ok(());
    }
    let there = database.alias("there", |config| config)?;
    let mut woken = Woken::start(&database, &database);
    let mut listener = here.listen("ar_outbox").await?;
    transaction(&there, async || {
        for number in 0..300 {
            Outbox::enqueue(&database, &number).await?;
        }
        Ok(())
    })
    .await?;
    let mut handled = Vec::new();
    while handled.len() < 300 {
        handled.extend(woken.handled.recv().await);
    }
    handled.sort_unstable();
    assert_eq!(handled, (0..300).collect::<Vec<_>>());
    woken.stop().await?;
    // All earlier notifications arrive before this one.
    here.notify("ar_outbox", "the last").await?;
    let (mut sent, own) = (0, format!(" {}", &*database));
    loop {
        let text = listener.next().await?;
        sent += u32::from(text.ends_with(&own));
        if text == "the last" {
            break;
        }
    }
    assert_eq!(sent, 1);
    Ok(())
}
