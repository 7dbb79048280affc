//! A statement on one connection while a transaction is open only on another one. It is allowed, causes a warning, or is
//! denied. The policy is state of the process, so each test runs in a separate process.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use activerecord::ErrorKind;
use activerecord::connection::OutsideTransaction;
use activerecord::prelude::*;
use test_support::{DatabaseFile, in_a_process_of_its_own};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[table = "planes"]
struct Plane {
    id: i64,
}

/// A model whose hook counts the planes of the connection `elsewhere`.
#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[table = "planes"]
#[hooks]
struct Hooked {
    id: i64,
}

impl Hooks for Hooked {
    async fn after_save(&self, _: &Change) -> Result<()> {
        Plane::using("elsewhere").count().await.map(drop)
    }
}

const PLANES: &str = "planes (id INTEGER PRIMARY KEY)";

/// Two databases. The second one is also registered as `elsewhere`.
struct World {
    here: DatabaseFile,
    there: DatabaseFile,
}

impl World {
    async fn new(policy: OutsideTransaction) -> Result<Self> {
        let (here, there) = (DatabaseFile::new([PLANES]).await, DatabaseFile::new([PLANES]).await);
        ConnectionManager::replace("elsewhere", there.url()).await?;
        ConnectionManager::outside_transactions(policy);
        Ok(Self { here, there })
    }
}

/// Counts warnings.
#[derive(Clone, Debug, Default)]
struct Warnings(Arc<AtomicUsize>);

impl Warnings {
    fn take(&self) -> usize {
        self.0.swap(0, Ordering::Relaxed)
    }
}

impl<S: Subscriber> Layer<S> for Warnings {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if *event.metadata().level() == Level::WARN {
            assert!(event.fields().any(|field| field.name() == "transaction"));
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Runs several kinds of statements outside the transaction on `here`, and some inside it.
async fn statements(world: &World) -> Result<()> {
    transaction(&world.here, async || {
        Plane::using(&world.here).count().await?;
        for _ in 0..3 {
            Plane::using(&world.there).count().await?;
            transaction(&world.here, async || Plane::using(&world.there).all().await).await?;
            connection(&world.there)?.query("SELECT 1", []).await?;
            with_connection(&world.there, async || Plane::default().insert().await).await?;
            with_connection(&world.here, async || Hooked::default().insert().await).await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn one_warning_for_each_transaction() -> Result<()> {
    if !in_a_process_of_its_own("outside_transactions::one_warning_for_each_transaction").map_err(Error::custom)? {
        return Ok(());
    }
    let world = World::new(OutsideTransaction::default()).await?;
    let warnings = Warnings::default();
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(warnings.clone()));
    statements(&world).await?;
    assert_eq!(warnings.take(), 1);
    statements(&world).await?;
    statements(&world).await?;
    assert_eq!(warnings.take(), 2);

    // No warning without a transaction, with a transaction on each, or for a single write of a model with hooks.
    Plane::using(&world.there).count().await?;
    with_connection(&world.here, async || Hooked::default().insert().await).await?;
    transaction(&world.here, async || {
        transaction(&world.there, async || Plane::using(&world.there).count().await).await
    })
    .await?;
    assert_eq!(warnings.take(), 0);

    ConnectionManager::outside_transactions(OutsideTransaction::Allow);
    statements(&world).await?;
    assert_eq!(warnings.take(), 0);
    assert_eq!(Plane::using(&world.there).count().await?, 12);
    Ok(())
}

#[tokio::test]
async fn statements_are_denied() -> Result<()> {
    if !in_a_process_of_its_own("outside_transactions::statements_are_denied").map_err(Error::custom)? {
        return Ok(());
    }
    let world = World::new(OutsideTransaction::Deny).await?;
    let (here, there) = (&*world.here, &*world.there);
    transaction(here, async || {
        let errors = [
            Plane::using(there).count().await.unwrap_err(),
            Plane::using(there).delete().await.unwrap_err(),
            Plane::using(there).stream().next().await.unwrap_err(),
            Plane::using(there).batch(10).next().await.unwrap_err(),
            connection(there)?.execute("DELETE FROM planes", []).await.unwrap_err(),
            with_connection(there, async || Plane::default().insert().await).await.unwrap_err(),
            with_connection(there, async || Hooked::default().insert().await).await.unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.kind(), ErrorKind::Transaction, "{error}");
            assert!(error.message().contains(&format!("`{there}`")) && error.message().contains(&format!("`{here}`")));
        }
        // A second transaction is allowed. These errors do not poison the first one.
        transaction(there, async || with_connection(there, async || Plane::default().insert().await).await).await?;
        with_connection(here, async || Plane::default().insert().await).await
    })
    .await?;
    assert_eq!((Plane::using(here).count().await?, Plane::using(there).count().await?), (1, 1));

    // The library's own transaction around a write with hooks does not count as opened by the program.
    with_connection(here, async || Hooked::default().insert().await).await?;
    let inside =
        transaction(here, async || with_connection(here, async || Hooked::default().insert().await).await).await;
    assert_eq!(inside.unwrap_err().kind(), ErrorKind::Transaction);
    assert_eq!(Plane::using(here).count().await?, 2);
    Ok(())
}
