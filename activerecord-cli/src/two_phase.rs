//! `activerecord two-phase`.

use activerecord::prelude::*;
use clap::{ArgGroup, Subcommand};
use serde_json::json;

use crate::Attention;
use crate::output::{Output, age};

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// The transactions that have not ended everywhere
    List,
    /// Ends what coordinators that died have left, as it was decided
    Recover,
    /// Ends the branches of one transaction that can be seen, whatever its decision may be: when that is lost
    #[command(group(ArgGroup::new("how").required(true).args(["commit", "abort"])))]
    Force {
        /// Its id
        gid: String,
        /// Commits them
        #[arg(long)]
        commit: bool,
        /// Rolls them back
        #[arg(long)]
        abort: bool,
        /// Why, for the record
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
            output.value(&json!({ "gid": gid, "forced": how }), |_| format!("{gid} is {how} by force"))?;
            Ok(Attention::None)
        }
    }
}

async fn list(output: Output) -> Result<Attention> {
    let survey = TwoPhase::survey().await?;
    output.list(
        &survey.in_doubt,
        "nothing is in doubt",
        &["transaction", "state", "age", "prepared on", "note"],
        |one| {
            let branches: Vec<_> = one.branches.iter().map(|(name, label)| format!("{name} ({label})")).collect();
            let note = one.note.clone().unwrap_or_default();
            vec![one.gid.clone(), format!("{:?}", one.state).to_lowercase(), age(one.age), branches.join(", "), note]
        },
    )?;
    unreachable(&survey.unreachable);
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
            ("waiting", &recovered.waiting),
            ("of other programs", &recovered.foreign),
            ("broken by hand", &recovered.heuristic),
        ];
        let lines: Vec<_> = lists
            .into_iter()
            .filter(|(_, gids)| !gids.is_empty())
            .map(|(what, gids)| format!("{what}: {}", gids.join(", ")))
            .collect();
        if lines.is_empty() { "there was nothing to recover".into() } else { lines.join("\n") }
    })?;
    unreachable(&recovered.unreachable);
    let attention =
        !recovered.waiting.is_empty() || !recovered.heuristic.is_empty() || !recovered.unreachable.is_empty();
    Ok(attention.into())
}

fn unreachable(connections: &[(String, Error)]) {
    for (name, error) in connections {
        eprintln!("warning: `{name}` could not be asked: {error}");
    }
}
