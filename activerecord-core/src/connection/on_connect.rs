//! The statements that a program runs on each new session.

use std::sync::Arc;

use crate::backend::{Backend, BoxFuture, Connection, Notifications};
use crate::config::Config;
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, Result};
use crate::sql::scan::{TokenKind, scan};
use crate::sql::{Sql, render};
use crate::statement::{RawSql, Statement};

/// Returns a backend whose sessions run the statements of [`Config::on_connect`] before anything else uses them.
///
/// # Errors
/// `Configuration` for a statement that is empty or has a placeholder.
pub(super) fn prepared(backend: Arc<dyn Backend>, config: &Config) -> Result<Arc<dyn Backend>> {
    if config.on_connect.is_empty() {
        return Ok(backend);
    }
    let dialect = backend.dialect();
    let statements = config.on_connect.iter().zip(1..).map(|(text, number)| Step::new(text, number, dialect));
    Ok(Arc::new(Prepared { statements: statements.collect::<Result<_>>()?, backend }))
}

/// A backend, and what its new sessions run.
#[derive(Debug)]
struct Prepared {
    backend: Arc<dyn Backend>,
    statements: Vec<Step>,
}

impl Backend for Prepared {
    fn dialect(&self) -> &'static Dialect {
        self.backend.dialect()
    }

    fn connect(&self) -> BoxFuture<'_, Result<Box<dyn Connection>>> {
        Box::pin(async {
            let mut connection = self.backend.connect().await?;
            for step in &self.statements {
                if let Err(error) = step.run(&mut *connection).await {
                    connection.close().await;
                    return Err(error);
                }
            }
            Ok(connection)
        })
    }

    fn is_bound_to_runtime(&self) -> bool {
        self.backend.is_bound_to_runtime()
    }

    fn listen<'a>(&'a self, channel: &'a str) -> BoxFuture<'a, Result<Box<dyn Notifications>>> {
        self.backend.listen(channel)
    }
}

/// One of the statements.
struct Step {
    number: usize,
    sql: Sql,
    /// The text without the content of its constants, which can be secret.
    shown: Arc<str>,
}

impl Step {
    fn new(text: &str, number: usize, dialect: &'static Dialect) -> Result<Self> {
        if scan(text, dialect).all(|token| token.is_blank() || token.kind == TokenKind::Semicolon) {
            return Err(Error::configuration(format!("statement {number} of `on_connect` is empty")));
        }
        let raw = RawSql { text: text.to_owned().into(), binds: Vec::new() };
        let sql = render(Statement::Raw(raw), dialect).map_err(|_| {
            Error::configuration(format!(
                "statement {number} of `on_connect` has a placeholder, and nothing to bind; write `??` for a question mark"
            ))
        })?;
        Ok(Self { number, sql, shown: shown(text, dialect).into() })
    }

    async fn run(&self, connection: &mut dyn Connection) -> Result<()> {
        match connection.execute(&self.sql).await {
            Err(error) => Err(self.failed(error)),
            Ok(_) if !connection.is_reusable() => Err(self.unusable()),
            Ok(_) => Ok(()),
        }
    }

    #[cold]
    fn failed(&self, error: Error) -> Error {
        error
            .context(format_args!(
                "statement {} of `on_connect` failed on a new session, which was closed",
                self.number
            ))
            .advice("correct the statement in the settings of the connection, or its permissions")
            .with_other_sql(&self.shown)
    }

    #[cold]
    fn unusable(&self) -> Error {
        let message = format!(
            "statement {} of `on_connect` leaves a transaction open on a new session, which was closed; remove it from the settings \
             of the connection",
            self.number
        );
        Error::new(ErrorKind::Configuration, message).with_sql(&self.shown)
    }
}

impl std::fmt::Debug for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.shown)
    }
}

/// The text with `'..'` instead of each constant.
fn shown(text: &str, dialect: &Dialect) -> String {
    scan(text, dialect).map(|token| if token.kind == TokenKind::Text { "'..'" } else { token.text }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::{MYSQL, POSTGRESQL, SQLITE};

    #[test]
    fn constants_are_not_shown() {
        for (dialect, text, expected) in [
            (&POSTGRESQL, "SET app.token = 'a''b'", "SET app.token = '..'"),
            (&POSTGRESQL, "SELECT set_config('a', $$secret$$, false)", "SELECT set_config('..', '..', false)"),
            (&SQLITE, "ATTACH 'secret.db' AS \"other\"", "ATTACH '..' AS \"other\""),
            (&MYSQL, "SET @a = \"secret\", @`b` = 1", "SET @a = '..', @`b` = 1"),
        ] {
            assert_eq!(shown(text, dialect), expected);
        }
    }

    #[test]
    fn mistakes_are_found_early() {
        for (text, part) in [(" ; -- nothing", "statement 3 of `on_connect` is empty"), ("SELECT ?", "placeholder")] {
            let error = Step::new(text, 3, &SQLITE).unwrap_err();
            assert!(error.is_configuration() && error.to_string().contains(part), "{error}");
        }
        assert!(Step::new("SELECT '??'", 1, &SQLITE).is_ok());
    }
}
