//! Changes that a mirror applies without the images of a row.

use activerecord::prelude::*;

use super::mirrors::{apply, events};
use super::{Database, profiles};

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Item {
    id: i64,
    name: String,
    size: Option<i32>,
}

const ITEMS: &str = "items (id ID, name STRING NOT NULL, size I32)";

fn job(from: &Database, to: &Database) -> SyncJob<Item, Item> {
    SyncJob::from::<Item>().using(&**from).to::<Item>().on(&**to)
}

async fn run(database: &str, statements: &[&str]) -> Result<()> {
    for statement in statements {
        connection(database)?.execute(statement, []).await?;
    }
    Ok(())
}

/// A column that was added after the installation is read from the source.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_image_without_a_column_is_read_again() -> Result<()> {
    for profile in profiles() {
        let from = Database::on(profile, &["items (id ID, name STRING NOT NULL)"]).await?;
        let to = Database::on(profile, &[ITEMS]).await?;
        Capture::install_table(&from, "items", None).await?;
        run(
            &from,
            &["ALTER TABLE items ADD COLUMN size INTEGER", "INSERT INTO items (name, size) VALUES ('a', 1), ('b', 2)"],
        )
        .await?;
        run(&from, &["UPDATE items SET size = 7 WHERE name = 'a'", "DELETE FROM items WHERE name = 'b'"]).await?;
        let events = events(&from, "items_changes").await?;
        apply(|queue| Mirror::new(job(&from, &to), queue), events.iter().rev().chain(&events)).await?;
        let found = Item::using(&to).all().await?;
        assert_eq!(found.iter().map(|item| (&*item.name, item.size)).collect::<Vec<_>>(), [("a", Some(7))]);
        assert!(job(&from, &to).verify().await?.is_empty());
    }
    Ok(())
}

/// A TRUNCATE removes the rows from before it, in every order of the events, and no later row.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_truncate_empties_the_target() -> Result<()> {
    for source in profiles() {
        let from = Database::on(source, &[ITEMS]).await?;
        connection(&from)?.learn().await?;
        if !connection(&from)?.capabilities().truncate_triggers {
            continue;
        }
        let insert = |id: i32| format!("INSERT INTO items (id, name) VALUES ({id}, 'x')");
        run(&from, &[&insert(1)]).await?;
        Capture::install::<Item>().on(&*from).await?;
        for profile in profiles() {
            let (to, kept) = (Database::on(profile, &[ITEMS]).await?, Database::on(profile, &[ITEMS]).await?);
            run(&from, &["TRUNCATE items", &insert(1)]).await?;
            events(&from, "items_changes").await?;
            for to in [&to, &kept] {
                job(&from, to).run().await?;
            }
            run(&from, &[&insert(2), "TRUNCATE items", &insert(2), &insert(3)]).await?;
            let events = events(&from, "items_changes").await?;
            assert_eq!(events[1].kind(), "truncate");
            // The late insert, the TRUNCATE, and the early one.
            for order in [[3, 1, 0, 2], [2, 3, 0, 1], [0, 1, 2, 3]] {
                apply(|queue| Mirror::new(job(&from, &to), queue), order.map(|index| &events[index])).await?;
                let found = Item::using(&to).select(Item::ID).order_by(Item::ID.asc()).all().await?;
                assert_eq!(found, [2, 3], "{order:?}");
            }
            apply(|queue| Mirror::new(job(&from, &kept), queue).ignore_truncate(), &events).await?;
            assert_eq!(Item::using(&kept).count().await?, 3);
        }
    }
    Ok(())
}
