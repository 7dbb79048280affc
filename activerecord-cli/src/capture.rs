//! `activerecord capture`.

use activerecord::prelude::*;
use clap::Subcommand;
use serde_json::json;

use crate::Attention;
use crate::output::Output;

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Installs the triggers that write every change of a table to the outbox
    Install {
        /// The connection with the table
        #[arg(long, default_value = "primary")]
        on: String,
        /// The table
        table: String,
        /// The topic of the changes; the table and `_changes` unless set
        #[arg(long)]
        topic: Option<String>,
    },
    /// Removes them
    Remove {
        /// The connection with the table
        #[arg(long, default_value = "primary")]
        on: String,
        /// The table
        table: String,
    },
}

pub(crate) async fn run(command: Command, output: Output) -> Result<Attention> {
    match command {
        Command::Install { on, table, topic } => {
            Capture::install_table(&on, &table, topic.as_deref()).await?;
            output.value(&json!({ "captured": table }), |_| format!("changes of {table} on {on} go to its outbox"))?;
        }
        Command::Remove { on, table } => {
            Capture::remove_table(&on, &table).await?;
            output.value(&json!({ "removed": table }), |_| format!("changes of {table} on {on} are not captured"))?;
        }
    }
    Ok(Attention::None)
}
