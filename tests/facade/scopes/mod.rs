//! The connection that a statement uses, on SQLite files that each contain their own name.

mod captured;
mod dropped;
mod precedence;
mod sendable;
mod tasks;
mod unscoped;

use std::ops::Deref;

use activerecord::prelude::*;
use test_support::DatabaseFile;
use tokio::sync::OnceCell;

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[connection = "home of planes"]
#[table = "places"]
struct Plane {
    id: i64,
    name: String,
}

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[connection = "home of airports"]
#[table = "places"]
struct Airport {
    id: i64,
    name: String,
}

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[connection = "home of planes"]
#[table = "places"]
#[scope_required]
struct Tenant {
    id: i64,
    name: String,
}

/// A database whose table `places` has one row with the name of the database.
struct Place(DatabaseFile);

impl Place {
    async fn new() -> Result<Self> {
        let place = Self(DatabaseFile::new(["places (id INTEGER PRIMARY KEY, name TEXT NOT NULL)"]).await);
        connection(&place)?.execute("INSERT INTO places (name) VALUES (?)", [&*place.0]).await?;
        Ok(place)
    }

    /// Creates a database with this name in its row, and registers it also under this name.
    async fn named(name: &str) -> Result<Self> {
        let place = Self::new().await?;
        connection(&place)?.execute("UPDATE places SET name = ?", [name]).await?;
        ConnectionManager::configure(name, place.0.url())?;
        Ok(place)
    }
}

impl Deref for Place {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// Registers the connections of the models, and returns two more databases.
async fn places() -> Result<(Place, Place)> {
    static HOMES: OnceCell<(Place, Place)> = OnceCell::const_new();
    let homes = async || Ok::<_, Error>((Place::named(PLANES).await?, Place::named(AIRPORTS).await?));
    HOMES.get_or_try_init(homes).await?;
    Ok((Place::new().await?, Place::new().await?))
}

const PLANES: &str = "home of planes";
const AIRPORTS: &str = "home of airports";

/// Returns the names of the databases that statements on planes and on airports use in this scope.
async fn here() -> Result<(String, String)> {
    Ok((plane_here().await?, Airport::query().one().await?.name))
}

/// Returns the name of the database that statements on planes use in this scope.
async fn plane_here() -> Result<String> {
    Ok(Plane::query().one().await?.name)
}

fn both(plane: &str, airport: &str) -> (String, String) {
    (plane.into(), airport.into())
}
