//! Parses the URL of a database. Errors never contain the URL, because it can contain a password.

use super::Config;
use super::nearest::unknown;
use crate::error::{Error, Result};

pub(super) fn parse(text: &str) -> Result<Config> {
    let scheme = text.split_once(':').map(|(scheme, _)| scheme).filter(|scheme| is_scheme(scheme));
    match scheme {
        Some("sqlite" | "sqlite3") => sqlite(text),
        Some(_) => server(text),
        None => Err(Error::configuration("the URL of a connection must start with sqlite:, postgres: or mysql:")),
    }
}

fn is_scheme(scheme: &str) -> bool {
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
}

/// `sqlite:PATH` or `sqlite://PATH`. The path is relative, unless it starts with another slash.
fn sqlite(text: &str) -> Result<Config> {
    let rest = text.split_once(':').map_or("", |(_, rest)| rest);
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    if path.is_empty() {
        return Err(Error::configuration("an SQLite URL needs a path: sqlite://main.db?mode=rwc, or sqlite::memory:"));
    }
    let config = Config::new("sqlite", decode(path)?);
    Ok(url::form_urlencoded::parse(query.as_bytes()).fold(config, |config, (name, value)| config.option(name, value)))
}

/// `SCHEME://USER:PASSWORD@HOST:PORT/DATABASE?OPTION=VALUE`
fn server(text: &str) -> Result<Config> {
    let url = url::Url::parse(text).map_err(|error| {
        Error::configuration("the URL of the connection is not valid; write special characters in a password as %XX")
            .with_source(error)
    })?;
    if !url.has_authority() {
        return Err(no_server(url.scheme()));
    }
    let mut config = Config::new(url.scheme(), decode(url.path().trim_start_matches('/'))?);
    if let Some(host) = url.host_str().filter(|host| !host.is_empty()) {
        config = config.host(decode(host)?);
    }
    if let Some(port) = url.port() {
        config = config.port(port);
    }
    if !url.username().is_empty() {
        config = config.username(decode(url.username())?);
    }
    if let Some(password) = url.password() {
        config = config.password(decode(password)?);
    }
    Ok(url.query_pairs().fold(config, |config, (name, value)| config.option(name, value)))
}

/// Without the slashes, `postgres:user:password@host/db` would be the name of a database, and errors would show it.
#[cold]
fn no_server(scheme: &str) -> Error {
    let servers = ["postgres", "postgresql", "mysql", "mariadb"];
    if servers.contains(&scheme) {
        return Error::configuration(format!("the URL of a connection needs a server: {scheme}://HOST/DATABASE"));
    }
    unknown("database in the URL:", scheme, &[&servers[..], &["sqlite"]].concat())
}

/// Decodes `%XX`.
fn decode(text: &str) -> Result<String> {
    let decoded = percent_encoding::percent_decode_str(text).decode_utf8();
    decoded.map(Into::into).map_err(|_| Error::configuration("the URL of the connection is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sqlite_paths() {
        for (url, path) in [
            ("sqlite://main.db?mode=rwc", "main.db"),
            ("sqlite:main.db", "main.db"),
            ("sqlite:///var/lib/main.db", "/var/lib/main.db"),
            ("sqlite::memory:", ":memory:"),
            ("sqlite://a%20b+c.db", "a b+c.db"),
        ] {
            assert_eq!(parse(url).unwrap().database, path, "{url}");
        }
        assert_eq!(parse("sqlite://main.db?mode=rwc").unwrap().text("mode"), Some("rwc"));
    }

    #[test]
    fn server_urls() {
        let config = parse("postgres://app%40x:p%2Fw@db1:5433/shop?sslmode=require").unwrap();
        let Config { host, port, username, password, database, .. } = &config;
        assert_eq!(
            (host.as_deref(), *port, username.as_deref(), password.as_deref(), database.as_str()),
            (Some("db1"), Some(5433), Some("app@x"), Some("p/w"), "shop")
        );
        assert_eq!(config.text("sslmode"), Some("require"));
    }

    #[test]
    fn errors_do_not_repeat_the_url() {
        for url in ["postgres://user:topsecret@host:99999/db", "topsecret", "sqlite:", ""] {
            let error = parse(url).unwrap_err();
            assert!(error.is_configuration() && !format!("{error} {error:?}").contains("topsecret"), "{error:?}");
        }
    }
}
