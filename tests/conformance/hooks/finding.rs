//! `after_find` runs for every record that any verb reads.

use activerecord::prelude::*;

use super::journal::{noted, noted_failing};
use super::{Gate, database};

const NAMES: [&str; 3] = ["a", "b", "c"];

async fn gates() -> Result<test_support::Database> {
    let db = database().await;
    with_connection(&db, async || Gate::bulk_insert(&NAMES.map(Gate::new)).await).await?;
    Ok(db)
}

#[tokio::test]
async fn it_runs_once_for_every_record() -> Result<()> {
    with_connection(&gates().await?, async || {
        macro_rules! found {
            ($times:literal, $read:expr) => {{
                let (result, entries) = noted(async || Ok($read)).await;
                assert_eq!(entries, ["after_find"; $times], "{}", stringify!($read));
                result?
            }};
        }
        assert_eq!(found!(1, Gate::find(1).await?).found, 1);
        assert_eq!(found!(1, Gate::find_by(Gate::NAME.eq("b")).await?).map(|gate| gate.found), Some(1));
        assert!(found!(3, Gate::all().await?).iter().all(|gate| gate.found == 1));
        found!(1, Gate::first().await?);
        found!(1, Gate::last().await?);
        found!(1, Gate::filter(Gate::ID.eq(2)).one().await?);
        found!(2, Gate::query().page(1, 2).await?);
        found!(2, Gate::query().batch(2).next().await?);
        found!(3, Gate::raw_query("SELECT * FROM gates", []).all().await?);
        found!(1, Gate::raw_query("SELECT * FROM gates", []).first().await?);
        let mut gate = found!(1, Gate::find(1).await?);
        found!(1, gate.reload().await?);
        assert_eq!(gate.found, 1);
        let mut rows = Gate::query().stream();
        assert_eq!(found!(1, rows.next().await?).map(|gate| gate.found), Some(1));
        found!(2, while rows.next().await?.is_some() {});
        Ok(())
    })
    .await
}

#[tokio::test]
async fn it_does_not_run_without_a_record() -> Result<()> {
    with_connection(&gates().await?, async || {
        let (result, entries) = noted(async || {
            Gate::query().pluck(Gate::NAME).await?;
            Gate::select((Gate::ID, Gate::NAME)).all().await?;
            Gate::query().count().await?;
            Gate::query().exists().await?;
            Gate::find(99).await.err();
            Gate::query().max(Gate::NAME).await
        })
        .await;
        assert_eq!((result?, entries.len()), (Some("c".into()), 0));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn its_error_is_that_of_the_verb() -> Result<()> {
    with_connection(&gates().await?, async || {
        let (result, entries) = noted_failing("after_find", async || {
            assert!(Gate::find(1).await.is_err());
            assert!(Gate::all().await.is_err());
            assert!(Gate::first().await.is_err());
            let mut rows = Gate::query().stream();
            assert!(rows.next().await.is_err());
            assert_eq!(rows.next().await?, None, "the stream has ended");
            let mut batches = Gate::query().batch(2);
            assert!(batches.next().await.is_err());
            assert!(batches.next().await.is_err(), "the same batch again");
            Ok(())
        })
        .await;
        result?;
        assert_eq!(entries.len(), 6);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_failed_reload_leaves_the_record_unchanged() -> Result<()> {
    with_connection(&gates().await?, async || {
        let mut gate = Gate { id: 1, ..Gate::new("mine") };
        let (result, _) = noted_failing("after_find", async || gate.reload().await).await;
        assert!(result.is_err());
        assert_eq!(gate, Gate { id: 1, ..Gate::new("mine") });
        Ok(())
    })
    .await
}
