//! Connections from a TOML file.
//!
//! ```toml
//! [connections.primary]
//! url = "postgres://app:${DB_PASSWORD}@${DB_HOST:-localhost}/app"
//! on_connect = ["SET ROLE app_reader"]
//!
//! [connections.primary.pool]
//! max_connections = 20
//! acquire_timeout = "3s"
//!
//! [[connections.primary.replicas]]
//! url = "${REPLICA_URL}"
//!
//! [connections.local]
//! backend = "sqlite"
//! database = "local.db"
//! options = { mode = "rwc" }
//! ```

use std::path::Path;

use toml::{Table, Value};

use super::nearest::unknown;
use super::options::parse_duration;
use super::{Config, PoolOptions};
use crate::error::{Error, Result};

const CONNECTION_KEYS: [&str; 11] =
    ["url", "backend", "host", "port", "username", "password", "database", "options", "pool", "replicas", "on_connect"];
const POOL_KEYS: [&str; 5] = ["max_connections", "acquire_timeout", "idle_check", "idle_timeout", "max_lifetime"];

/// Reads the connections of a file, with their names.
pub(crate) fn read(path: &Path) -> Result<Vec<(String, Config)>> {
    let at_file = |error: Error| error.context(path.display());
    let text = std::fs::read_to_string(path)
        .map_err(|error| at_file(Error::configuration("the file cannot be read").with_source(error)))?;
    parse(&text, &|name| std::env::var(name).ok()).map_err(at_file)
}

/// Reads the connections of a text. `variable` looks up environment variables.
fn parse(text: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<Vec<(String, Config)>> {
    // The display of the parser's error contains the line, which can contain a password.
    let mut table: Table = text.parse().map_err(|error: toml::de::Error| {
        let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].lines().count().max(1));
        Error::configuration(format!("line {line} is not valid TOML: {}", error.message()))
    })?;
    known_keys("key", &table, &["connections"])?;
    let Some(Value::Table(connections)) = table.remove("connections") else {
        return Err(Error::configuration("expected a table [connections.NAME]"));
    };
    connections
        .into_iter()
        .map(|(name, value)| {
            let config = Reader { variable }.connection(value);
            config
                .map(|config| (name.clone(), config))
                .map_err(|error| error.context(format_args!("connections.{name}")))
        })
        .collect()
}

fn known_keys(what: &str, table: &Table, known: &[&str]) -> Result<()> {
    match table.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(unknown(what, key, known)),
        None => Ok(()),
    }
}

/// Reads values and expands environment variables in them.
struct Reader<'v> {
    variable: &'v dyn Fn(&str) -> Option<String>,
}

impl Reader<'_> {
    fn connection(&self, value: Value) -> Result<Config> {
        let Value::Table(mut table) = value else { return Err(Error::configuration("expected a table")) };
        known_keys("key", &table, &CONNECTION_KEYS)?;
        let mut config = self.base(&mut table)?;
        if let Some(pool) = table.remove("pool") {
            config = config.pool(self.pool(pool)?);
        }
        if let Some(statements) = table.remove("on_connect") {
            config = config.on_connect(self.statements(statements)?);
        }
        for replica in self.replicas(table.remove("replicas"))? {
            config = config.replica(replica);
        }
        Ok(config)
    }

    /// Reads the settings from `url`, or from `backend` and `database`, and adds the other keys.
    fn base(&self, table: &mut Table) -> Result<Config> {
        let mut text = |key: &str| table.remove(key).map(|value| self.text(key, value)).transpose();
        let mut config = match (text("url")?, text("backend")?) {
            (Some(url), None) => Config::url(url)?,
            (None, Some(backend)) => Config::new(backend, text("database")?.unwrap_or_default()),
            _ => {
                return Err(Error::configuration("a connection needs either a `url`, or a `backend` and a `database`"));
            }
        };
        if let Some(host) = text("host")? {
            config = config.host(host);
        }
        if let Some(username) = text("username")? {
            config = config.username(username);
        }
        if let Some(password) = text("password")? {
            config = config.password(password);
        }
        if text("database")?.is_some() {
            return Err(Error::configuration("`database` cannot be combined with `url`, which contains it"));
        }
        if let Some(port) = table.remove("port") {
            config = config.port(self.number("port", port)?);
        }
        let Some(options) = table.remove("options") else { return Ok(config) };
        let Value::Table(options) = options else { return Err(Error::configuration("`options` must be a table")) };
        for (name, value) in options {
            let value = self.scalar(&name, value)?;
            config = config.option(name, value);
        }
        Ok(config)
    }

    fn pool(&self, value: Value) -> Result<PoolOptions> {
        let Value::Table(table) = value else { return Err(Error::configuration("`pool` must be a table")) };
        known_keys("key of `pool`", &table, &POOL_KEYS)?;
        let mut pool = PoolOptions::new();
        for (key, value) in table {
            pool = match key.as_str() {
                "max_connections" => pool.max_connections(self.number(&key, value)?),
                "acquire_timeout" => pool.acquire_timeout(parse_duration(&key, &self.text(&key, value)?)?),
                "idle_check" => pool.idle_check(parse_duration(&key, &self.text(&key, value)?)?),
                "idle_timeout" => pool.idle_timeout(Some(parse_duration(&key, &self.text(&key, value)?)?)),
                _ => pool.max_lifetime(Some(parse_duration(&key, &self.text(&key, value)?)?)),
            };
        }
        Ok(pool)
    }

    /// Reads the replicas: an array of URLs, or of tables with a `url`.
    fn replicas(&self, value: Option<Value>) -> Result<Vec<String>> {
        let Some(value) = value else { return Ok(Vec::new()) };
        let Value::Array(replicas) = value else { return Err(Error::configuration("`replicas` must be an array")) };
        replicas
            .into_iter()
            .map(|replica| match replica {
                Value::Table(mut table) => {
                    known_keys("key of a replica", &table, &["url"])?;
                    self.text("url", table.remove("url").unwrap_or(Value::String(String::new())))
                }
                url => self.text("replicas", url),
            })
            .collect()
    }

    fn statements(&self, value: Value) -> Result<Vec<String>> {
        let Value::Array(statements) = value else {
            return Err(Error::configuration("`on_connect` must be an array of SQL statements"));
        };
        statements.into_iter().map(|statement| self.text("on_connect", statement)).collect()
    }

    fn text(&self, key: &str, value: Value) -> Result<String> {
        match value {
            Value::String(text) => self.expand(&text),
            _ => Err(Error::configuration(format!("`{key}` must be a string"))),
        }
    }

    /// Reads a number, or a string that contains one after variables are expanded.
    fn number<T: std::str::FromStr>(&self, key: &str, value: Value) -> Result<T> {
        let text = self.scalar(key, value)?;
        text.parse().map_err(|_| Error::configuration(format!("`{key}` is not a number, or is out of range")))
    }

    fn scalar(&self, key: &str, value: Value) -> Result<String> {
        match value {
            Value::Integer(n) => Ok(n.to_string()),
            Value::Boolean(b) => Ok(if b { "on" } else { "off" }.into()),
            value => self.text(key, value),
        }
    }

    /// Replaces `${VAR}` and `${VAR:-default}` by the variable, and `$$` by a dollar sign.
    fn expand(&self, text: &str) -> Result<String> {
        let mut expanded = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            expanded.push_str(before);
            if let Some(after) = after.strip_prefix('$') {
                expanded.push('$');
                rest = after;
            } else if let Some(inner) = after.strip_prefix('{') {
                let (inside, after) =
                    inner.split_once('}').ok_or_else(|| Error::configuration("a `${` has no closing `}`"))?;
                expanded.push_str(&self.variable(inside)?);
                rest = after;
            } else {
                expanded.push('$');
                rest = after;
            }
        }
        expanded.push_str(rest);
        Ok(expanded)
    }

    fn variable(&self, inside: &str) -> Result<String> {
        let (name, default) = inside.split_once(":-").map_or((inside, None), |(name, default)| (name, Some(default)));
        // As in a shell, the default also replaces an empty variable.
        let value = (self.variable)(name).filter(|value| default.is_none() || !value.is_empty());
        value.or_else(|| default.map(str::to_owned)).ok_or_else(|| {
            Error::configuration(format!(
                "the environment variable `{name}` is not set; `${{{name}:-default}}` gives it a default"
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn with_env(text: &str) -> Result<Vec<(String, Config)>> {
        parse(text, &|name| match name {
            "HOST" => Some("db1".into()),
            "EMPTY" => Some(String::new()),
            _ => None,
        })
    }

    fn one(text: &str) -> Config {
        with_env(text).unwrap().remove(0).1
    }

    #[test]
    fn every_key() {
        let config = one(
            "[connections.a]\nbackend = 'postgres'\nhost = '${HOST}'\nport = 5433\nusername = 'app'\npassword = 'p$$w'\n\
             database = '${DB:-shop}'\noptions = { sslmode = 'require', keepalive = true }\nreplicas = ['postgres://r1/shop']\non_connect = [\"SET x = '${HOST}'\", 'SET ROLE a']\n\
             [connections.a.pool]\nmax_connections = 7\nacquire_timeout = '250ms'\nidle_check = '1m'\nidle_timeout = '5m'\nmax_lifetime = '1h'",
        );
        let pool = PoolOptions::new()
            .max_connections(7)
            .acquire_timeout(Duration::from_millis(250))
            .idle_check(Duration::from_secs(60))
            .idle_timeout(Some(Duration::from_secs(300)))
            .max_lifetime(Some(Duration::from_secs(3600)));
        let expected = Config::postgres("db1", "shop")
            .port(5433)
            .username("app")
            .password("p$w")
            .option("sslmode", "require")
            .option("keepalive", "on")
            .replica("postgres://r1/shop")
            .on_connect(["SET x = 'db1'"])
            .on_connect(["SET ROLE a"])
            .pool(pool);
        assert_eq!(config, expected);
    }

    #[test]
    fn variables() {
        let url = |text: &str| one(&format!("[connections.a]\nurl = \"{text}\"")).database.clone();
        assert_eq!(url("sqlite:${HOST}.db"), "db1.db");
        assert_eq!(url("sqlite:${EMPTY:-x}.db"), "x.db");
        assert_eq!(url("sqlite:${NONE:-}x.db"), "x.db");
        let error = with_env("[connections.a]\nurl = 'sqlite:${NONE}'").unwrap_err();
        assert!(error.to_string().contains("connections.a: the environment variable `NONE` is not set"), "{error}");
    }

    #[test]
    fn mistakes_are_named() {
        for (text, expected) in [
            ("[connection.a]\nurl = 'sqlite:x'", "unknown key `connection`; did you mean `connections`?"),
            ("[connections.a]\nurll = 'sqlite:x'", "connections.a: unknown key `urll`; did you mean `url`?"),
            ("[connections.a]\nurl = 'sqlite:x'\npool = { max_conections = 1 }", "did you mean `max_connections`?"),
            ("[connections.a]\nurl = 'sqlite:x'\npool = { acquire_timeout = 'soon' }", "`soon`; expected a duration"),
            ("[connections.a]\nurl = 'sqlite:x'\nbackend = 'sqlite'", "either a `url`, or a `backend`"),
            (
                "[connections.a]\nbackend = 'postgres'\ndatabase = 'a'\nport = 99999",
                "`port` is not a number, or is out of range",
            ),
            (
                "[connections.a]\nurl = 'sqlite:x'\non_connect = 'SET a = 1'",
                "`on_connect` must be an array of SQL statements",
            ),
            ("[connections.a]\nurl = 'sqlite:x'\non_connect = [1]", "`on_connect` must be a string"),
            ("[connections.a]\nurl = 3", "`url` must be a string"),
            ("x = 'secret", "line 1 is not valid TOML"),
            ("", "expected a table [connections.NAME]"),
        ] {
            let error = with_env(text).unwrap_err();
            assert!(error.is_configuration() && error.to_string().contains(expected), "{text}: {error}");
            assert!(!format!("{error:?}").contains("secret"), "{error:?}");
        }
    }
}
