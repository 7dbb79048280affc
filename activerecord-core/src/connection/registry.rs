//! The connections of the program, by name.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, LazyLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::endpoint::Endpoint;
use super::pool::Purpose;
use super::scope;
use crate::backend::{Backend, BackendFactory};
use crate::config::{Config, IntoConfig, env, file, nearest, unknown};
use crate::error::{Error, Result};

static ENDPOINTS: LazyLock<RwLock<BTreeMap<Arc<str>, Arc<Endpoint>>>> = LazyLock::new(RwLock::default);

/// The program's connections, registered by name.
///
/// Registering validates the settings and opens nothing: the first statement does. Names are process-wide.
#[derive(Debug)]
pub struct ConnectionManager;

impl ConnectionManager {
    /// Registers a connection: by a URL (`"sqlite://main.db?mode=rwc"`) or a [`Config`].
    ///
    /// # Errors
    /// `Configuration` when the name is taken, the URL cannot be read, no backend for its scheme is compiled in, or a
    /// setting is unknown or wrong.
    pub fn configure(name: &str, config: impl IntoConfig) -> Result<()> {
        let endpoint = build(name, config)?;
        let mut endpoints = write();
        if endpoints.contains_key(name) {
            return Err(Error::configuration(format!(
                "connection `{name}` is configured already; `ConnectionManager::replace` swaps it"
            )));
        }
        endpoints.insert(Arc::clone(endpoint.name()), endpoint);
        Ok(())
    }

    /// Registers every `[connections.NAME]` table of a TOML file. `${VAR}` and `${VAR:-default}` in its strings are taken
    /// from the environment.
    ///
    /// # Errors
    /// `Configuration`, naming the file, the connection and the key; then nothing of the file is registered.
    pub fn configure_from_file(path: impl AsRef<Path>) -> Result<()> {
        configure_all(file::read(path.as_ref())?)
    }

    /// Registers `DATABASE_URL` as `primary`, and every `DATABASE_URL_NAME` as `name` (lower case).
    ///
    /// # Errors
    /// `Configuration`, naming the variable; then nothing of the environment is registered.
    pub fn configure_from_env() -> Result<()> {
        configure_all(env::read()?)
    }

    /// Connects every connection once: what is wrong with any of them is known before the first request.
    ///
    /// # Errors
    /// The error of a connection that fails; when several do, the first one's kind, with the messages of all.
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

    /// Swaps the connection of this name for a new one, or registers it. Statements and transactions that are under way
    /// finish on the old one, then its connections are closed; new ones take the new one at once.
    ///
    /// # Errors
    /// As [`configure`](Self::configure); then the old one stays. `Transaction` inside a transaction of this connection,
    /// which it would wait for.
    pub async fn replace(name: &str, config: impl IntoConfig) -> Result<()> {
        scope::refuse_inside_transaction(name)?;
        let endpoint = build(name, config)?;
        let old = write().insert(Arc::clone(endpoint.name()), endpoint);
        if let Some(old) = old {
            old.drain().await;
        }
        Ok(())
    }

    /// Forgets a connection: new uses fail, those under way finish, then its connections are closed.
    ///
    /// # Errors
    /// `Configuration` when there is none of this name. `Transaction` inside a transaction of this connection, which it
    /// would wait for.
    pub async fn remove(name: &str) -> Result<()> {
        scope::refuse_inside_transaction(name)?;
        let removed = write().remove(name);
        removed.ok_or_else(|| unknown_connection(name))?.drain().await;
        Ok(())
    }

    /// The names of all connections, in alphabetical order.
    pub fn names() -> Vec<String> {
        read().keys().map(ToString::to_string).collect()
    }

    /// What happens to a statement on one connection while only another has a transaction open: nothing, one warning
    /// event for each transaction (the default), or an error. Of models with `#[hooks]`, the transaction around a single
    /// write does not count.
    pub fn outside_transactions(policy: scope::OutsideTransaction) {
        scope::set_policy(policy);
    }
}

/// The endpoint of this name.
pub(crate) fn endpoint(name: &str) -> Result<Arc<Endpoint>> {
    read().get(name).cloned().ok_or_else(|| unknown_connection(name))
}

fn read() -> RwLockReadGuard<'static, BTreeMap<Arc<str>, Arc<Endpoint>>> {
    ENDPOINTS.read().unwrap_or_else(PoisonError::into_inner)
}

fn write() -> RwLockWriteGuard<'static, BTreeMap<Arc<str>, Arc<Endpoint>>> {
    ENDPOINTS.write().unwrap_or_else(PoisonError::into_inner)
}

async fn verify(endpoint: &Endpoint) -> Result<()> {
    let mut connection = endpoint.acquire(Purpose::Verify).await?;
    connection.ping().await.map_err(|error| error.with_connection(endpoint.name()))
}

fn configure_all(configs: Vec<(String, Config)>) -> Result<()> {
    let endpoints = configs.into_iter().map(|(name, config)| build(&name, config)).collect::<Result<Vec<_>>>()?;
    let names = || endpoints.iter().map(|endpoint| endpoint.name());
    if let Some((_, twice)) = names().enumerate().find(|(n, name)| names().take(*n).any(|other| other == *name)) {
        return Err(Error::configuration(format!("connection `{twice}` is configured twice")));
    }
    let mut registered = write();
    if let Some(taken) = endpoints.iter().find(|endpoint| registered.contains_key(endpoint.name())) {
        return Err(Error::configuration(format!("connection `{}` is configured already", taken.name())));
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
    Ok(Arc::new(Endpoint::new(name, backend, &config)))
}

/// The backend for the scheme of the settings.
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
        None if names.is_empty() => "none is: call ConnectionManager::configure first".into(),
        None => format!("configured are {}", names.join(", ")),
    };
    Error::configuration(format!("connection `{name}` is not configured; {hint}"))
}
