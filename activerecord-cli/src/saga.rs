//! `activerecord saga`.

use activerecord::prelude::*;
use activerecord::saga::{SagaState, Sagas};
use clap::{Args, Subcommand};
use serde_json::json;

use crate::Attention;
use crate::output::Output;

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// The sagas of a log: those that are stuck, unless --all
    List {
        /// The connection with the log
        #[arg(long, default_value = "primary")]
        on: String,
        /// Those in every state
        #[arg(long)]
        all: bool,
        /// How many at most, the oldest first
        #[arg(long, default_value_t = 100)]
        limit: u64,
    },
    /// Has a stuck saga taken up again by its program's next `Saga::resume_all`
    Resume(Decision),
    /// Passes over the step at which a stuck saga stopped, and has it taken up again
    Skip(Decision),
    /// Gives a stuck saga up as it is
    Abandon(Decision),
}

#[derive(Args, Debug)]
pub(crate) struct Decision {
    /// The saga's id
    id: Uuid,
    /// The connection with the log
    #[arg(long, default_value = "primary")]
    on: String,
    /// Why, for the record
    #[arg(long)]
    reason: String,
}

pub(crate) async fn run(command: Command, output: Output) -> Result<Attention> {
    let (decision, done) = match command {
        Command::List { on, all, limit } => return list(&on, all, limit, output).await,
        Command::Resume(decision) => {
            Sagas::on(&decision.on).release(decision.id, &decision.reason).await?;
            (decision, "is taken up again by the next Saga::resume_all of its program")
        }
        Command::Skip(decision) => {
            Sagas::on(&decision.on).skip(decision.id, &decision.reason).await?;
            (decision, "passes over its step, and is taken up again by the next Saga::resume_all of its program")
        }
        Command::Abandon(decision) => {
            Sagas::on(&decision.on).abandon(decision.id, &decision.reason).await?;
            (decision, "is given up")
        }
    };
    output.value(&json!({ "id": decision.id, "done": done }), |_| format!("{} {done}", decision.id))?;
    Ok(Attention::None)
}

async fn list(on: &str, all: bool, limit: u64, output: Output) -> Result<Attention> {
    let state = (!all).then_some(SagaState::Stuck);
    let sagas = Sagas::on(on).list(state, limit).await?;
    let nothing = if all { "there are no sagas" } else { "no saga is stuck" };
    output.list(&sagas, nothing, &["saga", "name", "version", "state", "begun", "why"], |saga| {
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
