//! The registry of connections.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, LazyLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use tokio::time::timeout;

use super::endpoint::Endpoint;
use super::pool::Purpose;
use super::scope;
use crate::backend::{Backend, BackendFactory, current_runtime};
use crate::config::{Config, IntoConfig, env, file, nearest, unknown};
use crate::error::{Error, ErrorKind, Result};

static ENDPOINTS: LazyLock<RwLock<BTreeMap<Arc<str>, Arc<Endpoint>>>> = LazyLock::new(RwLock::default);

/// The registry of the program's connections, by name. It belongs to the process.
///
/// Registering a connection validates its settings. The first statement opens it.
#[derive(Debug)]
pub struct ConnectionManager;

impl ConnectionManager {
    /// Registers a connection by a URL or a [`Config`].
    ///
    /// ```no_run
    /// # use activerecord_core::{Config, ConnectionManager, Result};
    /// # fn example() -> Result<()> {
    /// ConnectionManager::configure("primary", "sqlite://main.db?mode=rwc")?;
    /// ConnectionManager::configure("analytics", Config::postgres("localhost", "analytics").username("app"))?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Configuration` when the name is already configured, the URL is not valid, no backend for its scheme is compiled
    /// in, or a setting is unknown or wrong.
    pub fn configure(name: &str, config: impl IntoConfig) -> Result<()> {
        let endpoint = build(name, config)?;
        let mut endpoints = write();
        if endpoints.contains_key(name) {
            return Err(Error::configuration(format!(
                "connection `{name}` is already configured; use `ConnectionManager::replace` to replace it"
            )));
        }
        endpoints.insert(Arc::clone(endpoint.name()), endpoint);
        Ok(())
    }

    /// Registers every `[connections.NAME]` table of a TOML file. `${VAR}` and `${VAR:-default}` in its strings are
    /// replaced by environment variables.
    ///
    /// ```no_run
    /// # use activerecord_core::{ConnectionManager, Result};
    /// # fn example() -> Result<()> {
    /// // [connections.primary]
    /// // url = "postgres://app:${DB_PASSWORD}@${DB_HOST:-localhost}/app"
    /// ConnectionManager::configure_from_file("activerecord.toml")?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Configuration`, with the file, the connection and the key. Then no connection of the file is registered.
    pub fn configure_from_file(path: impl AsRef<Path>) -> Result<()> {
        configure_all(file::read(path.as_ref())?)
    }

    /// Registers `DATABASE_URL` as `primary`, and every `DATABASE_URL_NAME` as `name`, in lower case.
    ///
    /// ```no_run
    /// # use activerecord_core::{ConnectionManager, Result};
    /// # fn example() -> Result<()> {
    /// // DATABASE_URL=postgres://localhost/app DATABASE_URL_ANALYTICS=mysql://localhost/analytics
    /// ConnectionManager::configure_from_env()?;
    /// println!("{:?}", ConnectionManager::names());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Configuration`, with the variable. Then no connection of the environment is registered.
    pub fn configure_from_env() -> Result<()> {
        configure_all(env::read()?)
    }

    /// Opens every connection once. Call it at the start of a program to find wrong settings before the first request.
    ///
    /// ```no_run
    /// # use activerecord_core::{ConnectionManager, Result};
    /// # async fn example() -> Result<()> {
    /// ConnectionManager::configure_from_env()?;
    /// ConnectionManager::verify_all().await
    /// # }
    /// ```
    ///
    /// # Errors
    /// The error of the connection that fails. If several fail, the error has the kind of the first one and the
    /// messages of all.
    pub async fn verify_all() -> Result<()> {
        let endpoints: Vec<_> = read().values().cloned().collect();
        let mut failures = Vec::new();
        for endpoint in endpoints {
            failures.extend(verify(&endpoint).await.err());
        }
        match failures.len() {
            0 => Ok(()),
            1 => Err(failures.remove(0)),
            _ => {
                let messages: Vec<_> = failures.iter().map(ToString::to_string).collect();
                Err(Error::new(
                    failures[0].kind(),
                    format!("{} connections failed: {}", failures.len(), messages.join("; ")),
                ))
            }
        }
    }

    /// Replaces the connection with this name, or registers it. New statements use the new connection at once.
    /// Statements and transactions in progress finish on the old one; this waits for them, then closes the old one.
    ///
    /// ```no_run
    /// # use activerecord_core::{ConnectionManager, Result};
    /// # async fn example() -> Result<()> {
    /// ConnectionManager::replace("primary", "postgres://db2/shop").await
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of [`configure`](Self::configure), except for the taken name; the old connection then stays. `Transaction`
    /// inside a transaction on this connection, because it would wait for itself.
    pub async fn replace(name: &str, config: impl IntoConfig) -> Result<()> {
        scope::refuse_inside_transaction(name)?;
        let endpoint = build(name, config)?;
        let old = write().insert(Arc::clone(endpoint.name()), endpoint);
        if let Some(old) = old {
            old.drain().await;
        }
        Ok(())
    }

    /// Removes a connection. New statements fail. This waits for statements and transactions in progress, then closes
    /// the connection.
    ///
    /// ```no_run
    /// # use activerecord_core::{ConnectionManager, Result};
    /// # async fn example() -> Result<()> {
    /// ConnectionManager::remove("analytics").await
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Configuration` when no connection has this name. `Transaction` inside a transaction on this connection, because
    /// it would wait for itself.
    pub async fn remove(name: &str) -> Result<()> {
        scope::refuse_inside_transaction(name)?;
        let removed = write().remove(name);
        removed.ok_or_else(|| unknown_connection(name))?.drain().await;
        Ok(())
    }

    /// Returns the names of all connections in alphabetical order.
    pub fn names() -> Vec<String> {
        read().keys().map(ToString::to_string).collect()
    }

    /// Sets the policy for statements on one connection while a transaction is open only on another one. The default is
    /// one warning event for each transaction. The transaction around a single write of a model with `#[hooks]` does
    /// not count.
    ///
    /// ```
    /// # use activerecord_core::{ConnectionManager, OutsideTransaction};
    /// ConnectionManager::outside_transactions(OutsideTransaction::Deny);
    /// ```
    pub fn outside_transactions(policy: scope::OutsideTransaction) {
        scope::set_policy(policy);
    }
}

/// Returns the endpoint with this name.
pub(crate) fn endpoint(name: &str) -> Result<Arc<Endpoint>> {
    read().get(name).cloned().ok_or_else(|| unknown_connection(name))
}

fn read() -> RwLockReadGuard<'static, BTreeMap<Arc<str>, Arc<Endpoint>>> {
    ENDPOINTS.read().unwrap_or_else(PoisonError::into_inner)
}

fn write() -> RwLockWriteGuard<'static, BTreeMap<Arc<str>, Arc<Endpoint>>> {
    ENDPOINTS.write().unwrap_or_else(PoisonError::into_inner)
}

async fn verify(endpoint: &Arc<Endpoint>) -> Result<()> {
    // A timer needs a runtime.
    current_runtime().map_err(|error| error.with_connection(endpoint.name()))?;
    let mut connection = endpoint.acquire(Purpose::Verify).await?;
    let answer = timeout(endpoint.acquire_timeout(), connection.ping()).await;
    answer.unwrap_or_else(|_| Err(silent(endpoint))).map_err(|error| error.with_connection(endpoint.name()))
}

#[cold]
fn silent(endpoint: &Endpoint) -> Error {
    let waited = humantime::format_duration(endpoint.acquire_timeout());
    Error::new(ErrorKind::ConnectionLost, format!("the server of `{}` did not answer within {waited}", endpoint.name()))
}

fn configure_all(configs: Vec<(String, Config)>) -> Result<()> {
    let endpoints = configs.into_iter().map(|(name, config)| build(&name, config)).collect::<Result<Vec<_>>>()?;
    let names = || endpoints.iter().map(|endpoint| endpoint.name());
    if let Some((_, twice)) = names().enumerate().find(|(n, name)| names().take(*n).any(|other| other == *name)) {
        return Err(Error::configuration(format!("connection `{twice}` is configured twice")));
    }
    let mut registered = write();
    if let Some(taken) = endpoints.iter().find(|endpoint| registered.contains_key(endpoint.name())) {
        return Err(Error::configuration(format!("connection `{}` is already configured", taken.name())));
    }
    registered.extend(endpoints.into_iter().map(|endpoint| (Arc::clone(endpoint.name()), endpoint)));
    Ok(())
}

fn build(name: &str, config: impl IntoConfig) -> Result<Arc<Endpoint>> {
    let at_name = |error: Error| error.with_connection(&name.into());
    if name.is_empty() {
        return Err(Error::configuration("a connection needs a name"));
    }
    let config = config.into_config().map_err(at_name)?;
    let backend = open(&config).map_err(at_name)?;
    for replica in config.replica_configs().map_err(at_name)? {
        open(&replica).map_err(at_name)?;
    }
    Endpoint::new(name, backend, &config).map(Arc::new).map_err(at_name)
}

/// Creates the backend for the scheme of the settings.
fn open(config: &Config) -> Result<Arc<dyn Backend>> {
    let scheme = config.scheme.as_str();
    let factories = || inventory::iter::<BackendFactory>.into_iter();
    if let Some(factory) = factories().find(|factory| factory.schemes.contains(&scheme)) {
        return (factory.open)(config);
    }
    if let "postgres" | "postgresql" | "mysql" | "mariadb" | "sqlite" = scheme {
        return Err(Error::configuration(format!(
            "the backend for `{scheme}:` is not compiled in; activerecord has the features `sqlite`, `postgres` and `mysql`"
        )));
    }
    let schemes: Vec<_> = factories().flat_map(|factory| factory.schemes).copied().collect();
    Err(unknown("database in the URL:", scheme, &schemes))
}

#[cold]
fn unknown_connection(name: &str) -> Error {
    let names = ConnectionManager::names();
    let hint = match nearest(name, names.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None if names.is_empty() => "no connection is: call ConnectionManager::configure first".into(),
        None => format!("configured connections: {}", names.join(", ")),
    };
    Error::configuration(format!("connection `{name}` is not configured; {hint}"))
}
