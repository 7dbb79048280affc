//! Attached files of SQLite: tables are named with the file.

use activerecord::prelude::*;
use activerecord::statement::CreateTable;

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[table = "archive.events"]
struct Event {
    id: i64,
    code: String,
}

/// Runs `body` in a transaction with a second database. A session with an attached database ends with its transaction.
async fn attached(name: &str, body: impl AsyncFnOnce() -> Result<()>) -> Result<()> {
    ConnectionManager::configure(name, "sqlite::memory:")?;
    with_connection(name, async || {
        transaction(name, async || {
            connection(name)?.execute("ATTACH ':memory:' AS archive", []).await?;
            body().await
        })
        .await
    })
    .await
}

#[tokio::test]
async fn a_table_in_an_attached_file() -> Result<()> {
    attached("attached", async || in_an_attached_file().await).await
}

async fn in_an_attached_file() -> Result<()> {
    let here = connection("attached")?;
    here.execute("CREATE TABLE events (id INTEGER PRIMARY KEY, other TEXT)", []).await?;
    here.create_table(&CreateTable::from(Event::TABLE).index("by_code", &["code"])).await?;
    here.execute("CREATE UNIQUE INDEX archive.one_code ON events (lower(code)) WHERE id > 0", []).await?;
    let events = here.describe("archive.events").await?.ok_or_else(|| Error::invalid("no table"))?;
    assert_eq!(events.schema.as_deref(), Some("archive"));
    assert!(events.column("code").is_some() && events.numbered_key().is_some());
    let partial = events.indexes.iter().find(|index| index.predicate.is_some());
    assert!(partial.is_some_and(|index| index.predicate.as_deref() == Some("id > 0")), "{events:?}");
    let main = here.describe("events").await?.ok_or_else(|| Error::invalid("no table"))?;
    assert_eq!((main.schema.as_deref(), main.indexes.len()), (Some("main"), 0));
    let mut event = Event::create(Event { code: "a".into(), ..Default::default() }).await?;
    event.code = "b".into();
    Event::insert_or_update(&event, [Event::ID]).await?;
    assert_eq!(Event::all().await?, [event]);
    Ok(())
}

#[tokio::test]
async fn a_temporary_table_hides_another_one() -> Result<()> {
    attached("temporary", async || hidden_by_a_temporary_table().await).await
}

async fn hidden_by_a_temporary_table() -> Result<()> {
    let here = connection("temporary")?;
    here.execute("CREATE TABLE archive.events (id INTEGER PRIMARY KEY, a TEXT CHECK (a <> ''))", []).await?;
    let found = async || here.describe("events").await?.ok_or_else(|| Error::invalid("no table"));
    let archived = found().await?;
    assert_eq!((archived.schema.as_deref(), archived.temporary, archived.checks.len()), (Some("archive"), false, 1));
    here.execute("CREATE TEMP TABLE events (b TEXT CHECK (b <> ''), CHECK (1))", []).await?;
    let hiding = found().await?;
    assert_eq!((hiding.schema.as_deref(), hiding.temporary, hiding.checks.len()), (Some("temp"), true, 2));
    Ok(())
}
