//! `activerecord saga`.

use activerecord::prelude::*;
use activerecord::saga::{SagaState, Sagas};
use clap::{Args, Subcommand};
use serde_json::json;

use crate::Attention;
use crate::output::Output;

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Lists stuck sagas, or all sagas with --all
    List {
        /// The connection with the saga log
        #[arg(long, default_value = "primary")]
        on: String,
        /// Lists sagas in every state
        #[arg(long)]
        all: bool,
        /// The largest number to list, oldest first
        #[arg(long, default_value_t = 100)]
        limit: u64,
    },
    /// Releases a stuck saga: its program's next `Saga::resume_all` resumes it
    Resume(Decision),
    /// Skips the step at which a stuck saga stopped, and releases the saga
    Skip(Decision),
    /// Abandons a stuck saga in its current state
    Abandon(Decision),
}

#[derive(Args, Debug)]
pub(crate) struct Decision {
    /// The saga's id
    id: Uuid,
    /// The connection with the saga log
    #[arg(long, default_value = "primary")]
    on: String,
    /// The reason, for the log
    #[arg(long)]
    reason: String,
}

pub(crate) async fn run(command: Command, output: Output) -> Result<Attention> {
    let (decision, done) = match command {
        Command::List { on, all, limit } => return list(&on, all, limit, output).await,
        Command::Resume(decision) => {
            Sagas::on(&decision.on).release(decision.id, &decision.reason).await?;
            (decision, "is released: the next Saga::resume_all of its program resumes it")
        }
        Command::Skip(decision) => {
            Sagas::on(&decision.on).skip(decision.id, &decision.reason).await?;
            (decision, "skips its step and is released: the next Saga::resume_all of its program resumes it")
        }
        Command::Abandon(decision) => {
            Sagas::on(&decision.on).abandon(decision.id, &decision.reason).await?;
            (decision, "is abandoned")
        }
    };
    output.value(&json!({ "id": decision.id, "done": done }), |_| format!("{} {done}", decision.id))?;
    Ok(Attention::None)
}

async fn list(on: &str, all: bool, limit: u64, output: Output) -> Result<Attention> {
    let state = (!all).then_some(SagaState::Stuck);
    let sagas = Sagas::on(on).list(state, limit).await?;
    let empty = if all { "no sagas" } else { "no saga is stuck" };
    output.list(&sagas, empty, &["saga", "name", "version", "state", "started", "error"], |saga| {
        vec![
            saga.id.to_string(),
            saga.name.clone(),
            saga.definition_version.to_string(),
            format!("{:?}", saga.state).to_lowercase(),
            saga.created_at.to_string(),
            saga.error.clone().unwrap_or_default(),
        ]
    })?;
    Ok(sagas.iter().any(|saga| saga.state == SagaState::Stuck).into())
}
