use std::fmt;
use std::path::PathBuf;

/// A kind of database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Database {
    /// SQLite, in the process.
    Sqlite,
    /// PostgreSQL, a server.
    Postgres,
    /// MariaDB, a server.
    Mariadb,
}

/// The location of a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Store {
    /// SQLite, in the process's memory.
    Memory,
    /// SQLite, in a file that does not exist yet.
    File(PathBuf),
    /// PostgreSQL, at a URL that begins with `postgres://`.
    Postgres(String),
    /// MariaDB, at a URL that begins with `mysql://`.
    Mariadb(String),
}

impl Store {
    /// The kind of database.
    pub fn database(&self) -> Database {
        match self {
            Self::Memory | Self::File(_) => Database::Sqlite,
            Self::Postgres(_) => Database::Postgres,
            Self::Mariadb(_) => Database::Mariadb,
        }
    }

    /// The URL of a server.
    pub fn url(&self) -> Option<&str> {
        match self {
            Self::Memory | Self::File(_) => None,
            Self::Postgres(url) | Self::Mariadb(url) => Some(url),
        }
    }

    /// Returns another database of the same server, without TLS if the URL can express that for every driver. Otherwise
    /// no contestant uses TLS by default.
    pub(crate) fn with_database(&self, name: &str) -> Self {
        let replaced = |url: &str| match url.rsplit_once('/') {
            Some((server, _)) => format!("{server}/{name}"),
            None => url.to_owned(),
        };
        match self {
            Self::Memory | Self::File(_) => self.clone(),
            Self::Postgres(url) => Self::Postgres(replaced(url) + "?sslmode=disable"),
            Self::Mariadb(url) => Self::Mariadb(replaced(url)),
        }
    }
}

impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => f.write_str("memory"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Postgres(url) | Self::Mariadb(url) => f.write_str(url),
        }
    }
}

impl From<&str> for Store {
    fn from(text: &str) -> Self {
        match text.split_once("://") {
            Some(("postgres" | "postgresql", rest)) => Self::Postgres(format!("postgres://{rest}")),
            Some(("mysql" | "mariadb", rest)) => Self::Mariadb(format!("mysql://{rest}")),
            _ if text == "memory" => Self::Memory,
            _ => Self::File(text.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_known_by_its_text() {
        assert_eq!(Store::from("memory"), Store::Memory);
        assert_eq!(Store::from("dir/a.db"), Store::File("dir/a.db".into()));
        assert_eq!(Store::from("postgresql://u@h/d"), Store::Postgres("postgres://u@h/d".into()));
        assert_eq!(Store::from("mariadb://u@h/d"), Store::Mariadb("mysql://u@h/d".into()));
    }

    #[test]
    fn another_database_of_the_same_server() {
        let store = Store::from("postgres://u:p@h:1/d").with_database("bench");
        assert_eq!(store.url(), Some("postgres://u:p@h:1/bench?sslmode=disable"));
        assert_eq!(Store::from("mysql://u@h/d").with_database("bench").url(), Some("mysql://u@h/bench"));
    }
}
