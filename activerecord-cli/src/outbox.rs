//! `activerecord outbox`.

use activerecord::prelude::*;
use clap::{Args, Subcommand};
use serde_json::json;

use crate::Attention;
use crate::output::{Output, age};

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// The dead letters
    List {
        #[command(flatten)]
        place: Place,
        /// How many at most, the oldest first
        #[arg(long, default_value_t = 100)]
        limit: u64,
    },
    /// Hands dead letters to the workers again: these, or all of a topic, or all
    Requeue(Chosen),
    /// Deletes dead letters: these, or all of a topic, or all with --all
    Purge {
        #[command(flatten)]
        chosen: Chosen,
        /// All of every topic
        #[arg(long)]
        all: bool,
    },
    /// How many messages there are, by topic
    Stats {
        /// The connection with the outbox
        #[arg(long, default_value = "primary")]
        on: String,
    },
}

#[derive(Args, Debug)]
pub(crate) struct Place {
    /// The connection with the outbox
    #[arg(long, default_value = "primary")]
    on: String,
    /// Those of one topic
    #[arg(long)]
    topic: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct Chosen {
    #[command(flatten)]
    place: Place,
    /// Their ids
    ids: Vec<i64>,
}

pub(crate) async fn run(command: Command, output: Output) -> Result<Attention> {
    match command {
        Command::List { place, limit } => list(&place, limit, output).await,
        Command::Requeue(Chosen { place, ids }) => {
            let count = Outbox::requeue(&place.on, place.topic.as_deref(), &ids).await?;
            output.value(&json!({ "requeued": count }), |_| format!("{count} messages are handed out again"))?;
            Ok(Attention::None)
        }
        Command::Purge { chosen: Chosen { place, ids }, all } => {
            if ids.is_empty() && place.topic.is_none() && !all {
                return Err(Error::configuration("name ids or a --topic, or say --all"));
            }
            let count = Outbox::purge(&place.on, place.topic.as_deref(), &ids).await?;
            output.value(&json!({ "purged": count }), |_| format!("{count} messages are deleted"))?;
            Ok(Attention::None)
        }
        Command::Stats { on } => stats(&on, output).await,
    }
}

async fn list(place: &Place, limit: u64, output: Output) -> Result<Attention> {
    let dead = Outbox::dead(&place.on, place.topic.as_deref(), limit).await?;
    output.list(&dead, "there are no dead letters", &["id", "topic", "key", "attempts", "last error"], |message| {
        vec![
            message.id.to_string(),
            message.topic.clone(),
            message.key.clone().unwrap_or_default(),
            message.attempts.to_string(),
            message.last_error.clone().unwrap_or_default(),
        ]
    })?;
    Ok((!dead.is_empty()).into())
}

async fn stats(on: &str, output: Output) -> Result<Attention> {
    let stats = Outbox::stats(on).await?;
    output.list(&stats, "the outbox is empty", &["topic", "due", "later", "leased", "dead", "oldest"], |topic| {
        let counts = [topic.due, topic.later, topic.leased, topic.dead].map(|count| count.to_string());
        let oldest = topic.oldest.map_or_else(String::new, |oldest| age(Some(oldest)));
        [topic.topic.clone()].into_iter().chain(counts).chain([oldest]).collect()
    })?;
    Ok(stats.iter().any(|topic| topic.dead > 0).into())
}
