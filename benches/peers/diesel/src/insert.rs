//! Diesel's inserts; diesel-async includes this file as well, for SQLite.

use diesel::prelude::*;

use crate::connection::DbConnection;
use crate::records::{NewUser, users};

/// Diesel caches the statement for one row, and prepares the statement for a batch each time. If a statement is not a
/// round trip, inserting up to ten rows one by one is faster.
pub(crate) fn insert(connection: &mut DbConnection, rows: &[NewUser]) -> QueryResult<usize> {
    match rows {
        [row] => insert_one(connection, row),
        [..] if cfg!(feature = "sqlite") && rows.len() <= 10 => connection.transaction(|connection| {
            rows.iter().try_fold(0, |sum, row| QueryResult::Ok(sum + insert_one(connection, row)?))
        }),
        [..] => diesel::insert_into(users::table).values(rows).execute(connection),
    }
}

fn insert_one(connection: &mut DbConnection, row: &NewUser) -> QueryResult<usize> {
    diesel::insert_into(users::table).values(row).execute(connection)
}
