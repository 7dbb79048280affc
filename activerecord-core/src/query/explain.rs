//! How a database would run a query.

use std::fmt;

use super::Query;
use crate::error::Result;
use crate::sql::{Access, Sql};
use crate::typed::Source;
use crate::value::{Row, Value};

/// What a database says about how it would run a query. It is for people: each database says it in its own way, and
/// another version in another.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Plan {
    /// The query's text.
    pub sql: String,
    /// The rows of the database's answer.
    pub rows: Vec<Row>,
}

impl<S: Source, R: Send + 'static> Query<S, R> {
    /// Asks the database how it would run the query. The query itself does not run.
    ///
    /// # Errors
    /// Whatever the database reports.
    pub async fn explain(self) -> Result<Plan> {
        let session = self.session()?;
        let label = self.label("explain");
        let sql = self.spell(&session)?;
        let text = format!("{}{}", session.dialect().explain, sql.text());
        let explained = Sql::new(text, sql.binds().to_vec(), Access::Read);
        let rows = session.fetch_rows(&explained, label).await?;
        Ok(Plan { sql: sql.text().to_string(), rows })
    }
}

/// The query, and a line for each row of the answer.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.sql)?;
        for row in &self.rows {
            write!(f, "\n ")?;
            for (name, value) in row.columns().zip(row.values()) {
                match value {
                    Value::Null(_) => {}
                    Value::Text(text) if row.values().len() == 1 => write!(f, " {text}")?,
                    value => write!(f, " {name}={}", value.to_json())?,
                }
            }
        }
        Ok(())
    }
}
