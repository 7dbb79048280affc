//! The servers: their names, the variables with their URLs, and their families.

use std::fmt;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// A server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Service {
    Postgres,
    #[serde(rename = "postgres-2")]
    #[value(name = "postgres-2")]
    Postgres2,
    PostgresReplica,
    Mariadb,
    #[serde(rename = "mariadb-2")]
    #[value(name = "mariadb-2")]
    Mariadb2,
    MariadbReplica,
    Galera,
    Mysql,
    Nats,
    Rabbitmq,
    Redis,
}

/// The servers of one program. They start one after the other; families start at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    Postgres,
    Mariadb,
    Mysql,
    Nats,
    Rabbitmq,
    Redis,
}

impl Service {
    pub(crate) const ALL: [Self; 11] = [
        Self::Postgres,
        Self::Postgres2,
        Self::PostgresReplica,
        Self::Mariadb,
        Self::Mariadb2,
        Self::MariadbReplica,
        Self::Galera,
        Self::Mysql,
        Self::Nats,
        Self::Rabbitmq,
        Self::Redis,
    ];

    /// Returns the name on the command line, in the state file, and of the folder.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Postgres2 => "postgres-2",
            Self::PostgresReplica => "postgres-replica",
            Self::Mariadb => "mariadb",
            Self::Mariadb2 => "mariadb-2",
            Self::MariadbReplica => "mariadb-replica",
            Self::Galera => "galera",
            Self::Mysql => "mysql",
            Self::Nats => "nats",
            Self::Rabbitmq => "rabbitmq",
            Self::Redis => "redis",
        }
    }

    /// Returns the environment variable with the URL.
    pub(super) fn variable(self) -> &'static str {
        match self {
            Self::Postgres => "DATABASE_URL_POSTGRES",
            Self::Postgres2 => "DATABASE_URL_POSTGRES_2",
            Self::PostgresReplica => "DATABASE_URL_POSTGRES_REPLICA",
            Self::Mariadb => "DATABASE_URL_MARIADB",
            Self::Mariadb2 => "DATABASE_URL_MARIADB_2",
            Self::MariadbReplica => "DATABASE_URL_MARIADB_REPLICA",
            Self::Galera => "DATABASE_URL_GALERA",
            Self::Mysql => "DATABASE_URL_MYSQL",
            Self::Nats => "NATS_URL",
            Self::Rabbitmq => "AMQP_URL",
            Self::Redis => "REDIS_URL",
        }
    }

    /// Returns the primary of a replica.
    pub(super) fn primary(self) -> Option<Self> {
        match self {
            Self::PostgresReplica => Some(Self::Postgres),
            Self::MariadbReplica => Some(Self::Mariadb),
            _ => None,
        }
    }

    /// Whether `cargo xtask services up` starts it only with `--with`. The tests start it.
    pub(super) fn is_on_request(self) -> bool {
        self == Self::Galera
    }

    pub(super) fn family(self) -> Family {
        match self {
            Self::Postgres | Self::Postgres2 | Self::PostgresReplica => Family::Postgres,
            Self::Mariadb | Self::Mariadb2 | Self::MariadbReplica | Self::Galera => Family::Mariadb,
            Self::Mysql => Family::Mysql,
            Self::Nats => Family::Nats,
            Self::Rabbitmq => Family::Rabbitmq,
            Self::Redis => Family::Redis,
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_has_the_same_name_everywhere() {
        for service in Service::ALL {
            let argument = service.to_possible_value().unwrap();
            assert_eq!(argument.get_name(), service.name());
            assert_eq!(serde_json::to_value(service).unwrap(), service.name());
        }
        assert_eq!(Service::ALL.len(), Service::value_variants().len());
    }

    #[test]
    fn a_replica_comes_after_its_primary() {
        for (index, service) in Service::ALL.into_iter().enumerate() {
            let Some(primary) = service.primary() else { continue };
            assert_eq!(primary.family(), service.family());
            assert!(Service::ALL[..index].contains(&primary), "{service}");
        }
    }
}
