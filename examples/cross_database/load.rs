//! Loads the CSV files into `primary` on the first run.

use std::str::FromStr;

use activerecord::prelude::*;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error as _};

use crate::models::Airline;
use crate::report;

pub const AIRLINES: &str = include_str!("../data/airlines.csv");
pub const AIRPORTS: &str = include_str!("../data/airports.csv");
pub const PLANES: &str = include_str!("../data/planes.csv");

/// Loads a file into its model's table, unless the table has rows already. One transaction loads all rows or none.
pub async fn in_bulk<M>(file: &str, key: [Column<M, String>; 1]) -> Result<()>
where
    M: ActiveRecord + DeserializeOwned,
{
    let table = M::TABLE.name;
    if M::query().exists().await? {
        report::fact(M::count().await?, &format!("{table} are loaded already"));
        return Ok(());
    }
    let rows: Vec<M> = parse(file)?;
    let bar = report::progress(table, rows.len() as u64);
    transaction("primary", async || {
        for chunk in rows.chunks(500) {
            M::bulk_insert_or_update(chunk, key).await?;
            bar.inc(chunk.len() as u64);
        }
        Ok(())
    })
    .await?;
    report::loaded(&bar, table, rows.len());
    Ok(())
}

/// Creates the missing airlines one by one, so that their hooks run: bulk writes run no hooks.
pub async fn one_by_one(file: &str) -> Result<()> {
    let mut created = 0;
    for airline in parse::<Airline>(file)? {
        if Airline::find_by(Airline::CARRIER.eq(&airline.carrier)).await?.is_none() {
            Airline::create(airline).await?;
            created += 1;
        }
    }
    report::fact(created, "airlines created one by one, with their hooks");
    Ok(())
}

/// Reads a cell in which `NA` means that the value is unknown.
pub fn na<'de, D: Deserializer<'de>, T: FromStr>(cell: D) -> Result<Option<T>, D::Error> {
    match String::deserialize(cell)?.as_str() {
        "NA" => Ok(None),
        text => text.parse().map(Some).map_err(|_| D::Error::custom(format!("expected a value or NA, found `{text}`"))),
    }
}

fn parse<T: DeserializeOwned>(file: &str) -> Result<Vec<T>> {
    csv::Reader::from_reader(file.as_bytes()).into_deserialize().collect::<Result<_, _>>().map_err(Error::custom)
}
