//! `activerecord relay`.

use std::sync::Arc;

use activerecord::Queue;
use activerecord::prelude::*;
use activerecord::queue::{NatsQueue, RabbitQueue, RedisQueue, SqlQueue};
use clap::Args;
use serde_json::json;

use crate::Attention;
use crate::output::Output;

/// Publishes the messages of an outbox to a queue, until it is interrupted
#[derive(Args, Debug)]
pub(crate) struct Relay {
    /// The connection with the outbox
    #[arg(long, default_value = "primary")]
    on: String,
    /// A topic to publish; can be repeated
    #[arg(long = "topic", value_name = "TOPIC", required = true)]
    topics: Vec<String>,
    /// The queue: the URL of a broker (nats:, amqp:, redis:) or the name of a connection
    #[arg(long)]
    to: String,
    /// How many messages to publish together
    #[arg(long, default_value_t = 100)]
    batch: usize,
    /// Publishes the messages that are due now, and exits
    #[arg(long)]
    once: bool,
}

pub(crate) async fn run(arguments: Relay, output: Output) -> Result<Attention> {
    let Relay { on, topics, to, batch, once } = arguments;
    let relay = activerecord::Relay::from(&on).batch(batch).to(queue(&to).await?);
    let relay = topics.into_iter().fold(relay, activerecord::Relay::topic);
    if once {
        let count = relay.run_once().await?;
        output.value(&json!({ "published": count }), |_| format!("published messages: {count}"))?;
    } else {
        relay.run_until(async { _ = tokio::signal::ctrl_c().await }).await?;
    }
    Ok(Attention::None)
}

async fn queue(to: &str) -> Result<Arc<dyn Queue>> {
    match to.split_once(':').map(|(scheme, _)| scheme) {
        Some("nats" | "tls") => Ok(Arc::new(NatsQueue::connect(to).await?)),
        Some("amqp" | "amqps") => Ok(Arc::new(RabbitQueue::connect(to).await?)),
        Some("redis" | "rediss") => Ok(Arc::new(RedisQueue::connect(to).await?)),
        Some(scheme) => Err(Error::configuration(format!(
            "unknown scheme `{scheme}`; expected nats:, amqp:, redis:, or the name of a connection"
        ))),
        None => {
            connection(to)?;
            Ok(Arc::new(SqlQueue::on(to)))
        }
    }
}
