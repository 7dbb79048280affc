//! Renders GRANT.

use super::constant::literal;
use super::writer::Writer;
use super::{Access, Sql};
use crate::dialect::{Dialect, Logins};
use crate::error::Result;

/// Returns the statement that lets a login read and write the rows of a table; None: the database has no logins. Where a
/// login has a host, it can be written as `name@host`; without one, it is every host.
///
/// # Errors
/// `Unsupported` for a login that the dialect cannot write.
pub(crate) fn rows(table: &str, login: &str, dialect: &Dialect) -> Result<Option<Sql>> {
    let mut w = Writer::new(dialect);
    w.push("GRANT SELECT, INSERT, UPDATE, DELETE ON ").table(table).push(" TO ");
    match dialect.definitions.logins {
        Logins::None => return Ok(None),
        Logins::Name => drop(w.name(login)),
        Logins::NameAtHost => {
            let (name, host) = login.rsplit_once('@').unwrap_or((login, "%"));
            w.push(&literal(name, dialect)?).push("@").push(&literal(host, dialect)?);
        }
    }
    Ok(Some(w.finish(Access::Write).0))
}
