//! Each hook runs once, in the documented order.

use activerecord::prelude::*;

use super::journal::noted;
use super::{Gate, database};
use test_support::Database;

const CREATE: [&str; 8] = [
    "before_validate",
    "validate",
    "after_validate",
    "before_save",
    "before_create",
    "after_create",
    "after_save Inserted",
    "after_commit Inserted",
];

const UPDATE: [&str; 8] = [
    "before_validate",
    "validate",
    "after_validate",
    "before_save",
    "before_update",
    "after_update",
    "after_save Updated",
    "after_commit Updated",
];

const DESTROY: [&str; 3] = ["before_destroy", "after_destroy", "after_commit Deleted"];

#[tokio::test]
async fn of_a_new_record() -> Result<()> {
    with_connection(&database().await, async || {
        assert_eq!(noted(async || Gate::create(Gate::new("a")).await).await.1, CREATE);
        assert_eq!(noted(async || Gate::new("b").insert().await).await.1, CREATE);
        assert_eq!(noted(async || Gate::new("c").save().await).await.1, CREATE);
        assert_eq!(noted(async || Gate { id: 77, ..Gate::new("d") }.save().await).await.1, CREATE);
        assert_eq!(Gate::count().await?, 4);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn of_an_existing_record() -> Result<()> {
    with_connection(&database().await, async || {
        let mut gate = noted(async || Gate::create(Gate::new("a")).await).await.0?;
        assert_eq!(noted(async || gate.save().await).await.1, UPDATE);
        assert_eq!(noted(async || gate.update().await).await.1, UPDATE);
        assert_eq!(noted(async || gate.update_columns(Gate::OPEN.set(true)).await).await.1, UPDATE);
        assert_eq!(noted(async || gate.destroy().await).await.1, DESTROY);
        let mut again = noted(async || Gate::create(Gate::new("a")).await).await.0?;
        assert_eq!(noted(async || again.purge().await).await.1, DESTROY);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn not_for_bulk_writes() -> Result<()> {
    with_connection(&database().await, async || {
        let (result, entries) = noted(async || {
            Gate::bulk_insert(&[Gate::new("a"), Gate::new("b")]).await?;
            Gate::insert_or_update(&Gate::new("a"), [Gate::NAME]).await?;
            Gate::bulk_insert_or_update(&[Gate::new("b")], [Gate::NAME]).await?;
            Gate::filter(Gate::NAME.eq("a")).update(Gate::OPEN.set(true)).await?;
            Gate::query().delete().await
        })
        .await;
        assert_eq!((result?, entries.len()), (2, 0));
        Ok(())
    })
    .await
}

/// A model whose hook notes the change.
#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[hooks]
struct Notice {
    id: i64,
    name: String,
    open: bool,
    created_at: String,
    updated_at: String,
    #[version]
    version: i32,
}

impl Hooks for Notice {
    async fn after_save(&self, change: &Change) -> Result<()> {
        super::note(&format!(
            "{} {:?}",
            change.columns().join(" "),
            (change.is_insert(), change.is_update(), change.is_delete())
        ))?;
        super::note(&format!("name {}", change.includes(Self::NAME)))
    }
}

#[tokio::test]
async fn the_change_contains_the_written_columns() -> Result<()> {
    let db = Database::new(["notices (id ID, name STRING NOT NULL, open BOOL NOT NULL, created_at STRING NOT NULL,
             updated_at STRING NOT NULL, version I32 NOT NULL)"]);
    with_connection(&db.await, async || {
        let (result, entries) = noted(async || {
            let mut record = Notice::create(Notice { name: "a".into(), ..Default::default() }).await?;
            record.save().await?;
            record.update_columns(Notice::OPEN.set(true)).await
        })
        .await;
        result?;
        assert_eq!(
            entries,
            [
                "id name open created_at updated_at version (true, false, false)",
                "name true",
                "name open created_at updated_at version (false, true, false)",
                "name true",
                "open version (false, true, false)",
                "name false",
            ]
        );
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_change_by_a_hook_is_written() -> Result<()> {
    with_connection(&database().await, async || {
        noted(async || {
            let mut gate = Gate::create(Gate::new("  a ")).await?;
            assert_eq!(gate.name, "a");
            gate.name = " b".into();
            gate.save().await?;
            gate.reload().await?;
            assert_eq!(gate.name, "b");
            Ok(())
        })
        .await
        .0
    })
    .await
}
