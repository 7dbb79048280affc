//! A connection that is replaced by one of another database while its name and its handles are in use.

use activerecord::Row;
use activerecord::prelude::*;
use activerecord::statement::{CreateTable, FromItem, Select};
use test_support::stepwise::stepwise;
use test_support::{Database, DatabaseFile, Profile, patient_pool};

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[table = "places"]
struct Place {
    id: i64,
    name: String,
}

fn place(name: &str) -> Place {
    Place { name: name.into(), ..Place::default() }
}

const NAMES: &str = "SELECT name FROM places WHERE id >= ? ORDER BY id";

/// A handle renders in the dialect of the connection that has its name now.
#[tokio::test]
async fn handles_follow() -> Result<()> {
    for profile in Profile::all() {
        let (old, new) = (
            DatabaseFile::new(["places (id INTEGER PRIMARY KEY, name TEXT)"]).await,
            Database::on(profile, &[]).await?,
        );
        let name = stepwise(&old, &old.path(), patient_pool(1))?;
        let handle = connection(&name)?;
        handle.execute("INSERT INTO places (name) VALUES (?)", ["old"]).await?;
        ConnectionManager::replace(&name, new.url()).await?;

        let at = profile.name();
        handle.create_table(&CreateTable::from(Place::TABLE)).await?;
        handle.execute("INSERT INTO places (name) VALUES (?), (?)", ["new", "two"]).await?;
        let read = |rows: Vec<Row>| rows.iter().map(|row| row.get::<String>("name")).collect::<Result<Vec<_>>>();
        assert_eq!(read(handle.query(NAMES, [0]).await?)?, ["new", "two"], "{at}");
        assert_eq!(handle.read(Select::from(FromItem::Named("places".into()))).await?.len(), 2, "{at}");
        assert_eq!(handle.tables().await?, ["places"], "{at}");
        let described = handle.describe("places").await?.ok_or_else(|| Error::invalid("there is no table"))?;
        assert_eq!(described.columns.len(), 2, "{at}");
        handle.now().await?;
        let mut ada = place("ada");
        with_connection(&name, async || {
            ada.insert().await?;
            Place::bulk_insert_or_update(&[Place { name: "lovelace".into(), ..ada.clone() }], [Place::ID]).await
        })
        .await?;
        assert_eq!(
            Place::using(&name).order_by(Place::ID.asc()).pluck(Place::NAME).await?,
            ["new", "two", "lovelace"],
            "{at}"
        );
        assert_eq!(read(connection(&old)?.query(NAMES, [0]).await?)?, ["old"], "{at}");
    }
    Ok(())
}

/// Statements that wait for a connection while it is replaced run in the new database, or say that nothing was sent.
#[tokio::test]
async fn waiting_work_follows_or_says_so() -> Result<()> {
    for profile in Profile::all().into_iter().filter(|profile| profile.name() != "sqlite") {
        let old = DatabaseFile::new(["places (id INTEGER PRIMARY KEY, name TEXT)"]).await;
        let new = Database::on(profile, &[]).await?;
        connection(&new)?.create_table(&CreateTable::from(Place::TABLE)).await?;
        let name = stepwise(&old, &old.path(), patient_pool(1))?;
        let holder = Transaction::begin(&name).independent().await?;
        let statement = tokio::spawn(Place::using(&name).filter(Place::NAME.eq("new")).count());
        let whole = tokio::spawn({
            let name = name.clone();
            async move {
                transaction(&name, async || {
                    with_connection(&name, async || place("new").insert().await).await?;
                    connection(&name)?.query(NAMES, [0]).await
                })
                .await
            }
        });
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        assert!(!statement.is_finished() && !whole.is_finished(), "they wait for the only connection");
        let (replaced, ended) = tokio::join!(ConnectionManager::replace(&name, new.url()), async {
            let error = statement.await.map_err(Error::custom)?.unwrap_err();
            let rows = whole.await.map_err(Error::custom)??;
            holder.rollback().await?;
            Ok::<_, Error>((error, rows))
        });
        replaced?;
        let (error, rows) = ended?;
        assert!(error.is_configuration(), "{error}");
        for part in ["replaced by another database", "nothing was sent", connection(&new)?.dialect().name()] {
            assert!(error.to_string().to_lowercase().contains(part), "`{part}` is missing: {error}");
        }
        assert_eq!(rows.len(), 1, "the transaction began in the new database");
        assert_eq!(Place::using(&new).count().await?, 1);
        assert_eq!(connection(&old)?.query(NAMES, [0]).await?.len(), 0);
    }
    Ok(())
}
