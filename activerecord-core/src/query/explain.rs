//! Query plans.

use std::fmt;

use super::Query;
use crate::error::Result;
use crate::sql::{Access, Sql};
use crate::typed::Source;
use crate::value::{Row, Value};

/// The plan of a query, as the database describes it. `Display` prints it. It is for people: the columns and the text
/// differ between databases and between their versions.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Plan {
    /// The SQL text of the query.
    pub sql: String,
    /// The rows that the database returned.
    pub rows: Vec<Row>,
}

impl<S: Source, R: Send + 'static> Query<S, R> {
    /// Returns the database's plan for the query. The query itself does not run.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # #[derive(ActiveRecord)] struct User { id: i64, name: String, age: i32 }
    /// # async fn example() -> Result<()> {
    /// println!("{}", User::filter(User::AGE.ge(18)).explain().await?);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [Common errors](crate::ActiveRecord#common-errors).
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

/// Prints the query, then a line for each row.
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
