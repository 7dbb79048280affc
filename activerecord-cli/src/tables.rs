//! `activerecord tables`.

use activerecord::connection::ConnectionHandle;
use activerecord::prelude::*;
use activerecord::tables;
use clap::Args;

use crate::Attention;
use crate::output::Output;

/// Lists this library's tables, or prints the SQL that creates them
#[derive(Args, Debug)]
pub(crate) struct Tables {
    /// The connection
    #[arg(long, default_value = "primary")]
    on: String,
    /// Prints the SQL that creates the tables in the database of the connection, and adds the columns that existing tables lack
    #[arg(long)]
    sql: bool,
    /// Prints also the SQL that lets a login use the tables. Default: `app`. On MySQL and MariaDB it can be NAME@HOST
    #[arg(long, requires = "sql", value_name = "LOGIN", num_args = 0..=1, default_missing_value = "app")]
    grants: Option<String>,
}

pub(crate) async fn run(arguments: Tables, output: Output) -> Result<Attention> {
    let connection = connection(&arguments.on)?;
    if arguments.sql {
        return print_sql(&connection, arguments.grants.as_deref()).await;
    }
    let present = connection.tables().await?;
    let rows: Vec<_> = tables::definitions()
        .into_iter()
        .map(|table| serde_json::json!({ "table": table.table, "exists": present.iter().any(|name| *name == table.table) }))
        .collect();
    output.list(&rows, "no tables", &["table", "exists"], |row| {
        let exists = if row["exists"] == true { "yes" } else { "no" };
        vec![row["table"].as_str().unwrap_or_default().to_owned(), exists.to_owned()]
    })?;
    Ok(Attention::None)
}

async fn print_sql(connection: &ConnectionHandle, login: Option<&str>) -> Result<Attention> {
    for table in tables::definitions() {
        let mut statements = connection.create_table_sql(&table)?;
        if let Some(found) = connection.describe(&table.table).await? {
            statements.extend(connection.add_columns_sql(&table, &found.missing_columns(&table))?);
        }
        for statement in statements {
            println!("{statement};");
        }
        let grant = login.map(|login| connection.grant_rows_sql(&table.table, login)).transpose()?.flatten();
        if let Some(grant) = grant {
            println!("{grant};");
        }
    }
    Ok(Attention::None)
}
