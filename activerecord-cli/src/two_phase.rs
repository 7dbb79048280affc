//! `activerecord two-phase`.

use activerecord::prelude::*;
use clap::{ArgGroup, Subcommand};
use serde_json::json;

use crate::Attention;
use crate::output::{Output, age};

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Lists transactions that are in doubt
    List,
    /// Ends transactions of crashed coordinators by their decision
    Recover,
    /// Ends all visible branches of a transaction without its decision, if the decision is lost
    #[command(group(ArgGroup::new("how").required(true).args(["commit", "abort"])))]
    Force {
        /// The transaction's id
        gid: String,
        /// Commits the branches
        #[arg(long)]
        commit: bool,
        /// Rolls the branches back
        #[arg(long)]
        abort: bool,
        /// The reason, for the record
        #[arg(long)]
        reason: String,
    },
}

pub(crate) async fn run(command: Command, output: Output) -> Result<Attention> {
    match command {
        Command::List => list(output).await,
        Command::Recover => recover(output).await,
        Command::Force { gid, commit, reason, .. } => {
            if commit {
                TwoPhase::force_commit(&gid, &reason).await?;
            } else {
                TwoPhase::force_abort(&gid, &reason).await?;
            }
            let how = if commit { "committed" } else { "rolled back" };
            output.value(&json!({ "gid": gid, "forced": how }), |_| format!("{gid}: {how} by force"))?;
            Ok(Attention::None)
        }
    }
}

async fn list(output: Output) -> Result<Attention> {
    let survey = TwoPhase::survey().await?;
    output.list(
        &survey.in_doubt,
        "no transaction is in doubt",
        &["transaction", "state", "age", "prepared on", "note"],
        |transaction| {
            let branches: Vec<_> =
                transaction.branches.iter().map(|(name, label)| format!("{name} ({label})")).collect();
            let note = transaction.note.clone().unwrap_or_default();
            vec![
                transaction.gid.clone(),
                format!("{:?}", transaction.state).to_lowercase(),
                age(transaction.age),
                branches.join(", "),
                note,
            ]
        },
    )?;
    warn_unreachable(&survey.unreachable);
    Ok((!survey.in_doubt.is_empty() || !survey.unreachable.is_empty()).into())
}

async fn recover(output: Output) -> Result<Attention> {
    let recovered = TwoPhase::recover().await?;
    let unreachable_names: Vec<_> = recovered.unreachable.iter().map(|(name, _)| name).collect();
    let value = json!({
        "committed": recovered.committed,
        "aborted": recovered.aborted,
        "waiting": recovered.waiting,
        "foreign": recovered.foreign,
        "heuristic": recovered.heuristic,
        "unreachable": unreachable_names,
    });
    output.value(&value, |_| {
        let lists = [
            ("committed", &recovered.committed),
            ("rolled back", &recovered.aborted),
            ("still in doubt", &recovered.waiting),
            ("of other programs", &recovered.foreign),
            ("ended differently by hand", &recovered.heuristic),
        ];
        let lines: Vec<_> = lists
            .into_iter()
            .filter(|(_, gids)| !gids.is_empty())
            .map(|(what, gids)| format!("{what}: {}", gids.join(", ")))
            .collect();
        if lines.is_empty() { "nothing to recover".into() } else { lines.join("\n") }
    })?;
    warn_unreachable(&recovered.unreachable);
    let attention =
        !recovered.waiting.is_empty() || !recovered.heuristic.is_empty() || !recovered.unreachable.is_empty();
    Ok(attention.into())
}

fn warn_unreachable(connections: &[(String, Error)]) {
    for (name, error) in connections {
        eprintln!("warning: cannot reach `{name}`: {error}");
    }
}
