//! An error of a hook before the statement prevents it. An error of a hook after the statement undoes it.

use std::future::pending;
use std::sync::Arc;

use activerecord::prelude::*;
use chrono::{DateTime, Utc};
use tokio::sync::Notify;

use super::journal::{noted, noted_failing};
use super::{Gate, database};
use test_support::Database;

/// Checks that a write with a failing hook changes neither the table nor the record.
async fn nothing_is_written(
    failing: &'static str,
    after: bool,
    write: impl AsyncFn(&mut Gate) -> Result<()>,
    new: bool,
) -> Result<()> {
    let db = database().await;
    with_connection(&db, async || {
        let mut gate = Gate::new("a");
        if !new {
            noted(async || gate.insert().await).await.0?;
        }
        let rows = noted(async || Gate::all().await).await.0?;
        let before = gate.clone();
        let (result, entries) = noted_failing(failing, async || write(&mut gate).await).await;
        let error = result.err().unwrap_or_else(|| Error::custom(format!("the error of {failing} was ignored")));
        assert!(error.message().contains("has to fail"), "{error}");
        let last = entries.last().map(String::as_str).unwrap_or_default();
        assert!(if after { last.starts_with("after_rollback") } else { last == failing }, "{failing}: {entries:?}");
        assert_eq!(noted(async || Gate::all().await).await.0?, rows, "{failing}");
        assert_eq!(gate, before, "{failing}");

        // The same write succeeds when the hook does.
        noted(async || write(&mut gate).await).await.0
    })
    .await
}

#[tokio::test]
async fn of_an_insert() -> Result<()> {
    for failing in ["before_validate", "validate", "after_validate", "before_save", "before_create"] {
        nothing_is_written(failing, false, async |gate| gate.insert().await, true).await?;
        nothing_is_written(failing, false, async |gate| gate.save().await, true).await?;
    }
    for failing in ["after_create", "after_save"] {
        nothing_is_written(failing, true, async |gate| gate.insert().await, true).await?;
        nothing_is_written(failing, true, async |gate| gate.save().await, true).await?;
    }
    Ok(())
}

#[tokio::test]
async fn of_an_update() -> Result<()> {
    for failing in ["before_validate", "validate", "after_validate", "before_save", "before_update"] {
        nothing_is_written(failing, false, async |gate| gate.save().await, false).await?;
        nothing_is_written(failing, false, async |gate| gate.update().await, false).await?;
        nothing_is_written(failing, false, async |gate| gate.update_columns(Gate::OPEN.set(true)).await, false).await?;
    }
    for failing in ["after_update", "after_save"] {
        nothing_is_written(failing, true, async |gate| gate.save().await, false).await?;
        nothing_is_written(failing, true, async |gate| gate.update().await, false).await?;
        nothing_is_written(failing, true, async |gate| gate.update_columns(Gate::OPEN.set(true)).await, false).await?;
    }
    Ok(())
}

#[tokio::test]
async fn of_a_destroy() -> Result<()> {
    nothing_is_written("before_destroy", false, async |gate| gate.destroy().await, false).await?;
    nothing_is_written("after_destroy", true, async |gate| gate.destroy().await, false).await?;
    nothing_is_written("after_destroy", true, async |gate| gate.purge().await, false).await
}

#[tokio::test]
async fn an_error_of_validate_is_returned_unchanged() -> Result<()> {
    with_connection(&database().await, async || {
        let (result, entries) = noted(async || Gate::create(Gate::default()).await).await;
        let error = result.unwrap_err();
        assert!(
            error.is_invalid() && error.model() == Some("Gate") && error.message() == "a gate needs a name",
            "{error:?}"
        );
        assert_eq!(entries, ["before_validate", "validate"]);
        assert_eq!(Gate::count().await?, 0);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_violation_of_the_database_ends_the_hooks() -> Result<()> {
    with_connection(&database().await, async || {
        noted(async || Gate::create(Gate::new("a")).await).await.0?;
        let mut twin = Gate::new("a");
        let (result, entries) = noted(async || twin.save().await).await;
        assert!(result.unwrap_err().is_unique_violation());
        assert_eq!(entries.last().map(String::as_str), Some("before_create"));
        assert_eq!(twin, Gate::new("a"));

        let mut missing = Gate { id: 99, ..Gate::new("b") };
        let (result, entries) = noted(async || missing.update().await).await;
        assert!(result.unwrap_err().is_not_found());
        assert_eq!(entries.last().map(String::as_str), Some("before_update"));
        let (result, entries) = noted(async || missing.destroy().await).await;
        assert!(result.unwrap_err().is_not_found());
        assert_eq!(entries, ["before_destroy"]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_lost_race_is_stale_with_hooks() -> Result<()> {
    with_connection(&database().await, async || {
        noted(async || {
            let mut winner = Gate::create(Gate::new("a")).await?;
            let mut loser = winner.clone();
            winner.save().await?;
            let before = loser.clone();
            assert!(loser.save().await.unwrap_err().is_stale());
            assert!(loser.update_columns(Gate::OPEN.set(true)).await.unwrap_err().is_stale());
            assert!(loser.destroy().await.unwrap_err().is_stale());
            assert_eq!(loser, before);
            Ok(())
        })
        .await
        .0
    })
    .await
}

#[tokio::test]
async fn inside_a_transaction_a_failed_write_undoes_only_itself() -> Result<()> {
    let db = database().await;
    with_connection(&db, async || {
        let (result, entries) = noted_failing("after_update", async || {
            transaction(&db, async || {
                let mut gate = Gate::create(Gate::new("a")).await?;
                assert!(gate.save().await.is_err());
                assert_eq!((gate.version, Gate::filter(Gate::VERSION.eq(0)).count().await?), (0, 1));
                Gate::create(Gate::new("b")).await
            })
            .await
        })
        .await;
        result?;
        assert_eq!(
            entries[entries.len() - 3..],
            ["after_commit Inserted", "after_rollback Updated", "after_commit Inserted"]
        );
        assert_eq!(Gate::count().await?, 2);
        Ok(())
    })
    .await
}

tokio::task_local! {
    /// Notified when a hook of `Stuck` waits.
    static WAITS: Arc<Notify>;
}

/// A model whose hook after the statement never ends.
#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[hooks]
struct Stuck {
    id: i64,
    name: String,
    #[updated_at]
    updated_at: Option<DateTime<Utc>>,
    #[version]
    version: i32,
}

impl Hooks for Stuck {
    async fn before_save(&mut self) -> Result<()> {
        self.name.push('!');
        Ok(())
    }

    async fn after_save(&self, _: &Change) -> Result<()> {
        if let Ok(waits) = WAITS.try_with(Arc::clone) {
            waits.notify_one();
            pending::<()>().await;
        }
        Ok(())
    }
}

#[tokio::test]
async fn a_cancelled_write_leaves_the_record_unchanged() -> Result<()> {
    let db = Database::new(["stucks (id ID, name TEXT NOT NULL, updated_at TIMESTAMP NOT NULL, version I32 NOT NULL)"])
        .await;
    let cancelled = async |write: &mut (dyn Future<Output = Result<()>> + Send + Unpin)| {
        let waits = Arc::new(Notify::new());
        tokio::select! {
            written = WAITS.scope(Arc::clone(&waits), write) => written.err().map_or(Ok(()), Err),
            () = waits.notified() => Err(Error::custom("cancelled")),
        }
    };
    with_connection(&db, async || {
        let mut stored = Stuck::create(Stuck { name: "a".into(), ..Stuck::default() }).await?;
        for mut record in [Stuck { name: "b".into(), ..Stuck::default() }, stored.clone()] {
            let before = record.clone();
            assert!(cancelled(&mut Box::pin(record.save())).await.is_err());
            assert_eq!(record, before);
        }
        let before = stored.clone();
        assert!(cancelled(&mut Box::pin(stored.update_columns(Stuck::NAME.set("c")))).await.is_err());
        assert_eq!(stored, before);
        // The version is that of the row, which the server may still hold until it has rolled back.
        stored.save().await?;
        assert_eq!((Stuck::all().await?, stored.version), (vec![stored.clone()], 1));
        Ok(())
    })
    .await
}
