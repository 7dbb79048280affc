//! Reads the connections and settings of this process from its environment.

use std::env;
use std::time::Duration;

use activerecord::PoolOptions;
use activerecord::prelude::*;

/// The variable for the connections: one `NAME=URL` per line.
pub const VARIABLE: &str = "NODE_PLACES";

/// The variable for the [grace](TwoPhase::grace) of this process, in seconds.
pub const GRACE: &str = "NODE_GRACE";

/// The variable for the number of connections of each pool. A statement then waits 10 s for a connection.
pub const POOL: &str = "NODE_POOL";

/// Reads [`GRACE`]. None: the library's default.
///
/// # Errors
/// `Custom` if it is not a number.
pub fn grace() -> Result<Option<Duration>> {
    let Some(seconds) = env::var(GRACE).ok() else { return Ok(None) };
    Ok(Some(Duration::from_secs(seconds.parse().map_err(Error::custom)?)))
}

/// Registers the connections of this process, and returns their names.
///
/// # Errors
/// `Custom` if the variable is not set; `Configuration` if it is invalid.
pub fn configure() -> Result<Vec<String>> {
    let places = env::var(VARIABLE).map_err(Error::custom)?;
    let mut names = Vec::new();
    for place in places.lines() {
        let (name, url) = place.split_once('=').ok_or_else(|| Error::configuration(format!("no NAME=URL: {place}")))?;
        let pool = match env::var(POOL) {
            Ok(size) => {
                let size = size.parse().map_err(Error::custom)?;
                PoolOptions::new().max_connections(size).acquire_timeout(Duration::from_secs(10))
            }
            Err(_) => PoolOptions::new().max_connections(12).acquire_timeout(Duration::from_secs(300)),
        };
        ConnectionManager::configure(name, Config::url(url)?.pool(pool))?;
        names.push(name.to_owned());
    }
    Ok(names)
}
