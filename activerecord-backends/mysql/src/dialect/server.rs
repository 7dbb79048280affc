//! The product and version of a server, and its capabilities.

use activerecord_core::{Capabilities, Error, MYSQL, Result};

/// The product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flavour {
    MySql,
    MariaDb,
}

/// A supported server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Server {
    pub(crate) flavour: Flavour,
}

type Version = (u32, u32, u32);

impl Server {
    /// Parses the version that a server reports: `9.4.0`, `10.11.6-MariaDB-log`.
    ///
    /// # Errors
    /// `Configuration` for a version that is too old.
    pub(crate) fn check(version: &str) -> Result<Self> {
        let (flavour, name, least): (_, _, Version) = if version.to_ascii_lowercase().contains("mariadb") {
            (Flavour::MariaDb, "MariaDB", (10, 6, 0))
        } else {
            // INTERSECT and EXCEPT came with 8.0.31.
            (Flavour::MySql, "MySQL", (8, 0, 31))
        };
        if number(version) < least {
            let (major, minor, patch) = least;
            return Err(Error::configuration(format!(
                "the server is {name} {version}; the oldest supported version is {major}.{minor}.{patch}"
            )));
        }
        Ok(Self { flavour })
    }

    /// Returns the capabilities of the server.
    pub(crate) fn capabilities(self) -> Capabilities {
        let mut capabilities = *MYSQL.capabilities();
        // MariaDB since 10.5. UPDATE .. RETURNING exists on neither.
        capabilities.insert_returning = self.flavour == Flavour::MariaDb;
        capabilities
    }
}

/// Parses the numbers at the start of a version. A missing one is 0.
fn number(version: &str) -> Version {
    // Some MariaDB servers prepend `5.5.5-` for old replicas.
    let version = version.strip_prefix("5.5.5-").filter(|rest| rest.contains("MariaDB")).unwrap_or(version);
    let end = version.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(version.len());
    let mut numbers = version[..end].split('.').map(|number| number.parse().unwrap_or(0));
    let mut next = || numbers.next().unwrap_or(0);
    (next(), next(), next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        for (version, flavour) in [
            ("8.0.31", Flavour::MySql),
            ("8.4.0-log", Flavour::MySql),
            ("9.7.0", Flavour::MySql),
            ("10.6.0-MariaDB", Flavour::MariaDb),
            ("10.11.19-MariaDB-0+deb12u1", Flavour::MariaDb),
            ("5.5.5-10.11.6-MariaDB", Flavour::MariaDb),
            ("12.0.2-MariaDB-ubu2404", Flavour::MariaDb),
        ] {
            assert_eq!(Server::check(version).unwrap().flavour, flavour, "{version}");
        }
    }

    #[test]
    fn old_servers_are_named() {
        for (version, needed) in
            [("5.6.51", "8.0.31"), ("8.0.30", "8.0.31"), ("10.5.29-MariaDB", "10.6.0"), ("strange", "8.0.31")]
        {
            let error = Server::check(version).unwrap_err();
            assert!(error.is_configuration(), "{error:?}");
            assert!(error.message().contains(version) && error.message().contains(needed), "{error}");
        }
    }
}
