//! Hooks that write other models, whose hooks write the first model again, on this connection and on another.

use activerecord::prelude::*;

use test_support::Database;

/// The hook that writes the next record of the other model.
#[derive(ActiveEnum, Clone, Copy, Debug, Default, PartialEq)]
enum By {
    #[default]
    AfterSave,
    BeforeSave,
    AfterCommit,
    AfterFind,
}

macro_rules! mutual {
    ($this:ident, $other:ident) => {
        #[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
        #[hooks]
        struct $this {
            id: i64,
            by: By,
            /// The number of records still to write. A negative number never ends.
            left: i64,
        }

        impl $this {
            async fn next(&self, by: By) -> Result<()> {
                if self.by == by && self.left != 0 {
                    $other { id: 0, by, left: self.left - 1 }.save().await?;
                }
                Ok(())
            }
        }

        impl Hooks for $this {
            async fn before_save(&mut self) -> Result<()> {
                self.next(By::BeforeSave).await
            }

            async fn after_save(&self, _: &Change) -> Result<()> {
                self.next(By::AfterSave).await
            }

            async fn after_commit(&self, _: &Change) -> Result<()> {
                self.next(By::AfterCommit).await
            }

            async fn after_find(&mut self) -> Result<()> {
                if self.by == By::AfterFind {
                    $other::find(self.id).await?;
                }
                Ok(())
            }
        }
    };
}
mutual!(Ping, Pong);
mutual!(Pong, Ping);

async fn database() -> Database {
    let columns = "(id ID, \"by\" STRING NOT NULL, \"left\" I64 NOT NULL)";
    Database::new([&format!("pings {columns}"), &format!("pongs {columns}")]).await
}

#[tokio::test]
async fn hooks_can_call_each_other() -> Result<()> {
    for by in [By::AfterSave, By::BeforeSave, By::AfterCommit] {
        with_connection(&database().await, async || {
            Ping { id: 0, by, left: 9 }.save().await?;
            assert_eq!((Ping::count().await?, Pong::count().await?), (5, 5), "{by:?}");
            Ok(())
        })
        .await?;
    }
    Ok(())
}

#[tokio::test]
async fn endless_hooks_are_an_error_and_nothing_is_written() -> Result<()> {
    for by in [By::AfterSave, By::BeforeSave] {
        with_connection(&database().await, async || {
            let mut ping = Ping { id: 0, by, left: -1 };
            let error = ping.save().await.unwrap_err();
            assert!(error.to_string().contains("hooks"), "{error}");
            assert_eq!((ping.id, Ping::count().await?, Pong::count().await?), (0, 0, 0), "{by:?}");
            Ok(())
        })
        .await?;
    }
    Ok(())
}

#[tokio::test]
async fn endless_hooks_after_a_commit_are_an_error() -> Result<()> {
    with_connection(&database().await, async || {
        let error = Ping { id: 0, by: By::AfterCommit, left: -1 }.save().await.unwrap_err();
        assert!(error.is_after_commit() && error.to_string().contains("hooks"), "{error}");
        assert!(Ping::count().await? > 0, "each record was committed before the next");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn endless_after_find_hooks_are_an_error() -> Result<()> {
    with_connection(&database().await, async || {
        for by in [By::AfterFind] {
            Ping::bulk_insert(&[Ping { id: 1, by, left: 0 }]).await?;
            Pong::bulk_insert(&[Pong { id: 1, by, left: 0 }]).await?;
        }
        let error = Ping::find(1).await.unwrap_err();
        assert!(error.to_string().contains("hooks"), "{error}");
        Ok(())
    })
    .await
}

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[hooks]
struct Original {
    id: i64,
    text: String,
}

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Replica {
    id: i64,
    text: String,
}

tokio::task_local! {
    /// The connection of the replicas.
    static ELSEWHERE: String;
}

impl Hooks for Original {
    async fn after_save(&self, _: &Change) -> Result<()> {
        let copy = Replica { id: self.id, text: self.text.clone() };
        let name = ELSEWHERE.get();
        Replica::with_connection(&name, async || Replica::insert_or_update(&copy, [Replica::ID]).await).await?;
        // The scope of one model does not affect the others.
        Original::find(self.id).await.map(|_| ())
    }

    async fn after_destroy(&self) -> Result<()> {
        Replica::using(&ELSEWHERE.get()).filter(Replica::ID.eq(self.id)).delete().await.map(|_| ())
    }
}

#[tokio::test]
async fn hooks_can_write_to_another_connection() -> Result<()> {
    let (here, there) = (
        Database::new(["originals (id ID, text TEXT NOT NULL)"]).await,
        Database::new(["replicas (id ID, text TEXT NOT NULL)"]).await,
    );
    let replicas = async || Replica::using(&there).order_by(Replica::ID.asc()).pluck(Replica::TEXT).await;
    let work = with_connection(&here, async || {
        let mut original = Original::create(Original { id: 0, text: "one".into() }).await?;
        assert_eq!(replicas().await?, ["one"]);
        original.text = "two".into();
        original.save().await?;
        assert_eq!(replicas().await?, ["two"]);
        original.destroy().await?;
        assert_eq!(replicas().await?, [""; 0]);
        Ok(())
    });
    ELSEWHERE.scope(there.to_string(), work).await
}
