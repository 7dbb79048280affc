//! The README's snippets, run. Its program is a doctest; the snippets stand here word for word.

use activerecord::prelude::*;
use chrono::{DateTime, Utc};

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[connection = "primary"] // the default
#[table = "planes"] // the default: the struct's name in snake case and plural
struct Plane {
    #[primary_key]
    tailnum: String,
    #[column = "year"]
    built: Option<i32>,
    seats: i32,
    #[updated_at]
    updated_at: DateTime<Utc>,
}

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[hooks]
struct Airline {
    #[primary_key]
    carrier: String,
    name: String,
}

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[connection = "analytics"]
#[table = "airlines"]
struct AirlineCopy {
    #[primary_key]
    carrier: String,
    name: String,
}

impl Hooks for Airline {
    async fn after_save(&self, _: &Change) -> Result<()> {
        let copy = AirlineCopy { carrier: self.carrier.clone(), name: self.name.clone() };
        AirlineCopy::insert_or_update(&copy, [AirlineCopy::CARRIER]).await
    }

    async fn after_destroy(&self) -> Result<()> {
        AirlineCopy::filter(AirlineCopy::CARRIER.eq(&self.carrier)).delete().await?;
        Ok(())
    }
}

#[tokio::test]
async fn the_snippets_run() -> Result<()> {
    let folder = tempfile::tempdir().map_err(Error::custom)?;
    two_databases(folder.path()).await?;
    queries().await?;
    scopes().await?;
    hooks().await?;
    transactions().await
}

async fn two_databases(folder: &std::path::Path) -> Result<()> {
    for name in ["primary", "analytics"] {
        ConnectionManager::configure(name, format!("sqlite://{}/{name}.db?mode=rwc", folder.display()))?;
        let planes =
            "planes (tailnum TEXT PRIMARY KEY, year INTEGER, seats INTEGER NOT NULL, updated_at TEXT NOT NULL)";
        let airlines = "airlines (carrier TEXT PRIMARY KEY, name TEXT NOT NULL)";
        for table in [planes, airlines] {
            connection(name)?.execute(&format!("CREATE TABLE {table}"), []).await?;
        }
    }
    let plane = |tailnum: &str, built, seats| Plane { tailnum: tailnum.into(), built, seats, ..Default::default() };
    Plane::bulk_insert(&[
        plane("N670US", Some(1990), 450),
        plane("N272AT", None, 377),
        plane("N10156", Some(2012), 55),
    ])
    .await?;
    Ok(())
}

async fn queries() -> Result<()> {
    let large = Plane::filter(Plane::SEATS.gt(300) & Plane::BUILT.is_not_null()).order_by(Plane::SEATS.desc());
    let planes = large.clone().limit(10).all().await?;
    let recent = Plane::filter_raw("year >= ?", [2010]).count().await?; // `?` on every database
    let (sql, binds) = large.to_sql("postgresql")?; // without a database
    assert_eq!((planes.len(), recent, binds.len()), (1, 1, 1));
    assert!(sql.contains("WHERE \"seats\" > $1"), "{sql}");

    let mut batches = Plane::query().batch(1000); // bounded memory, whatever the table's size
    while let Some(planes) = batches.next().await? {
        println!("{} planes", planes.len());
    }
    Ok(())
}

async fn scopes() -> Result<()> {
    let there = Plane::using("analytics").all().await?; // this query only
    Plane::with_connection("analytics", async || Plane::query().count().await).await?; // this model, in this block
    with_connection("analytics", async || Plane::query().count().await).await?; // every model, in this block
    assert_eq!(there, []);
    Ok(())
}

async fn hooks() -> Result<()> {
    let mut airline = Airline { carrier: "AA".into(), name: "American Airlines Inc.".into() };
    airline.save().await?;
    assert_eq!(AirlineCopy::find("AA").await?.name, airline.name);
    airline.destroy().await?;
    assert!(!AirlineCopy::query().exists().await?);
    Ok(())
}

async fn transactions() -> Result<()> {
    let mut plane = Plane { tailnum: "N102UW".into(), ..Default::default() };
    transaction("primary", async || {
        plane.save().await?;
        transaction("primary", async || Err::<(), _>(Error::invalid("only this part is undone"))).await.ok(); // a savepoint
        Ok(())
    })
    .await?;
    assert!(Plane::find("N102UW").await.is_ok());

    plane.seats = 182;
    let tx = Transaction::begin("primary").await?; // by hand
    tx.run(async || plane.save().await).await?;
    tx.commit().await?; // dropped without it, everything is rolled back
    assert_eq!(Plane::find("N102UW").await?.seats, 182);
    Ok(())
}

#[test]
fn every_snippet_of_the_readme_is_in_this_file() {
    let here = unindented(include_str!("readme.rs"));
    let snippets: Vec<&str> = include_str!("../README.md").split("```rs\n").skip(1).collect();
    assert!(!snippets.is_empty());
    for snippet in snippets {
        let snippet = unindented(snippet.split("```").next().unwrap_or_default());
        assert!(here.contains(&snippet), "this file lacks:\n{snippet}");
    }
}

/// Without indentation, blank lines, and the assertions that a reader need not see.
fn unindented(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("assert"));
    lines.collect::<Vec<_>>().join("\n")
}
