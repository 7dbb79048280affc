//! A warning about statements outside every scope, in a program that uses `#[scope_required]`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use super::*;
use test_support::in_a_process_of_its_own;

/// Counts warnings about scopes.
#[derive(Clone, Debug, Default)]
struct Warnings(Arc<AtomicUsize>);

impl<S: Subscriber> Layer<S> for Warnings {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if *event.metadata().level() == tracing::Level::WARN {
            assert!(event.fields().any(|field| field.name() == "model"));
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[tokio::test]
async fn one_warning_for_each_process() -> Result<()> {
    if !in_a_process_of_its_own("scopes::unscoped::one_warning_for_each_process").map_err(Error::custom)? {
        return Ok(());
    }
    let (a, _b) = places().await?;
    let warnings = Warnings::default();
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(warnings.clone()));
    let count = || warnings.0.load(Ordering::Relaxed);
    // Before a model with #[scope_required] is used, statements outside scopes are normal.
    plane_here().await?;
    assert_eq!(count(), 0);
    with_connection(&a, async || {
        Tenant::count().await?;
        plane_here().await?;
        // A scope that the caller names is a scope.
        Plane::using(&a).count().await?;
        assert_eq!(count(), 0);
        // The scope is lost in a spawned task.
        tokio::spawn(plane_here()).await.map_err(Error::custom)??;
        assert_eq!(count(), 1);
        tokio::spawn(plane_here()).await.map_err(Error::custom)??;
        tokio::spawn(plane_here().in_current_connections()).await.map_err(Error::custom)??;
        assert_eq!(count(), 1);
        Ok(())
    })
    .await
}
