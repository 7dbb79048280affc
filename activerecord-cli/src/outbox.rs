//! `activerecord outbox`.

use activerecord::prelude::*;
use clap::{Args, Subcommand};
use serde_json::json;

use crate::Attention;
use crate::output::{Output, age};

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Lists the dead letters
    List {
        #[command(flatten)]
        place: Place,
        /// The largest number to list, oldest first
        #[arg(long, default_value_t = 100)]
        limit: u64,
    },
    /// Requeues dead letters: those with the ids, or all of a topic with --topic, or all with --all
    Requeue(Chosen),
    /// Deletes dead letters: those with the ids, or all of a topic with --topic, or all with --all
    Purge(Chosen),
    /// Counts the messages of each topic
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
    /// Only this topic
    #[arg(long)]
    topic: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct Chosen {
    #[command(flatten)]
    place: Place,
    /// Ids of dead letters
    ids: Vec<i64>,
    /// The dead letters of every topic
    #[arg(long, conflicts_with_all = ["ids", "topic"])]
    all: bool,
}

impl Chosen {
    /// Whether all dead letters, or all of the topic, are chosen.
    ///
    /// # Errors
    /// `Configuration` when none are chosen.
    fn is_all(&self) -> Result<bool> {
        match self.ids.is_empty() {
            true if self.place.topic.is_none() && !self.all => {
                Err(Error::configuration("name ids, or use --topic or --all"))
            }
            is_all => Ok(is_all),
        }
    }

    /// # Errors
    /// `NotFound` when there are fewer dead letters than ids.
    fn check(&self, found: u64) -> Result<()> {
        let named = self.ids.iter().collect::<std::collections::BTreeSet<_>>().len() as u64;
        if found >= named {
            return Ok(());
        }
        let message = format!("{} of the ids belong to no dead letter of `{}`", named - found, self.place.on);
        Err(Error::new(activerecord::ErrorKind::NotFound, message))
    }
}

pub(crate) async fn run(command: Command, output: Output) -> Result<Attention> {
    match command {
        Command::List { place, limit } => list(&place, limit, output).await,
        Command::Requeue(chosen) => {
            let (on, topic) = (&chosen.place.on, chosen.place.topic.as_deref());
            let count = match chosen.is_all()? {
                true => Outbox::requeue_all(on, topic).await?,
                false => Outbox::requeue(on, topic, &chosen.ids).await?,
            };
            output.value(&json!({ "requeued": count }), |_| format!("requeued messages: {count}"))?;
            chosen.check(count).map(|()| Attention::None)
        }
        Command::Purge(chosen) => {
            let (on, topic) = (&chosen.place.on, chosen.place.topic.as_deref());
            let count = match chosen.is_all()? {
                true => Outbox::purge_all(on, topic).await?,
                false => Outbox::purge(on, topic, &chosen.ids).await?,
            };
            output.value(&json!({ "purged": count }), |_| format!("deleted messages: {count}"))?;
            chosen.check(count).map(|()| Attention::None)
        }
        Command::Stats { on } => stats(&on, output).await,
    }
}

async fn list(place: &Place, limit: u64, output: Output) -> Result<Attention> {
    let dead = Outbox::dead(&place.on, place.topic.as_deref(), limit).await?;
    output.list(&dead, "no dead letters", &["id", "topic", "key", "attempts", "last error"], |message| {
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
