//! The tables of this library.

use activerecord_core::statement::CreateTable;

/// The definitions of all tables that this library creates in the databases of a program. Each is created on the first use of
/// its protocol, by a login that may create tables. For a login that may not, create them first: the command
/// `activerecord tables --sql --grants` prints the SQL.
///
/// ```
/// let names: Vec<_> = activerecord::tables::definitions().into_iter().map(|table| table.table).collect();
/// assert!(names.iter().any(|name| *name == "ar_outbox"));
/// ```
pub fn definitions() -> Vec<CreateTable> {
    let tables = activerecord_distributed::support::definitions();
    #[cfg(feature = "sync")]
    let tables = tables.into_iter().chain(activerecord_sync::support::definitions()).collect();
    tables
}
