//! The outbox: messages, statistics, and the plan of a claim.

use std::time::Duration;

use activerecord::outbox::{Task, permanent};
use activerecord::prelude::*;
use activerecord::query::Plan;
use activerecord::{Message, MessageState};
use serde::{Deserialize, Serialize};

use test_support::Database;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Delayed {
    flight: i64,
    minutes: Option<i32>,
}

async fn messages(database: &str) -> Result<Vec<Message>> {
    Message::using(database).order_by(Message::ID.asc()).all().await
}

#[tokio::test]
async fn a_message_contains_what_was_enqueued() -> Result<()> {
    let database = Database::new([]).await;
    let payload = Delayed { flight: 1545, minutes: Some(11) };
    let id = transaction(&database, async || {
        Outbox::enqueue("delays", &payload).key("N14228").header("carrier", "UA").max_attempts(3).await
    })
    .await?;
    let [message] = messages(&database).await?.try_into().map_err(|all| Error::invalid(format!("{all:?}")))?;
    assert_eq!((message.id, &*message.topic, &*message.kind), (id, "delays", "delays"));
    assert_eq!(message.key.as_deref(), Some("N14228"));
    assert_eq!(message.payload::<Delayed>()?, payload);
    assert_eq!(message.headers.as_deref(), Some(r#"{"carrier":"UA"}"#));
    assert_eq!((message.state, message.attempts, message.max_attempts), (MessageState::Ready, 0, Some(3)));
    assert!(message.payload::<u32>().is_err_and(|error| error.is_conversion()));
    Ok(())
}

/// O1. A rollback removes the messages of the transaction. A message outside it stays.
#[tokio::test]
async fn o1_a_rollback_leaves_no_message() -> Result<()> {
    let database = Database::new([]).await;
    Outbox::install(&database).await?;
    let undone = transaction(&database, async || {
        Outbox::enqueue("undone", &1).await?;
        Outbox::enqueue_all("undone", [2, 3]).await?;
        Outbox::enqueue("alone", &4).on(&database).await?;
        Err::<(), _>(Error::invalid("no"))
    });
    assert!(undone.await.is_err_and(|error| error.is_invalid()));
    assert_eq!(messages(&database).await?.len(), 0);
    // The broken variant: the message is not in the transaction of its change.
    Outbox::enqueue("undone", &5).on(&database).await?;
    assert!(transaction(&database, async || Err::<(), _>(Error::invalid("no"))).await.is_err());
    assert_eq!(messages(&database).await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_message_uses_the_connection_of_the_scope() -> Result<()> {
    let (first, second) = (Database::new([]).await, Database::new([]).await);
    with_connection(&first, async || {
        Outbox::enqueue("scope", &1).await?;
        Outbox::enqueue("named", &1).on(&second).await?;
        Transaction::begin(&*second)
            .independent()
            .run(async || Outbox::enqueue("transaction", &1).await.map(drop))
            .await
    })
    .await?;
    let topics = |all: Vec<Message>| all.into_iter().map(|message| message.topic).collect::<Vec<_>>();
    assert_eq!(topics(messages(&first).await?), ["scope"]);
    assert_eq!(topics(messages(&second).await?), ["named", "transaction"]);
    Ok(())
}

#[tokio::test]
async fn a_payload_that_cannot_be_json_is_an_error() -> Result<()> {
    let database = Database::new([]).await;
    let keys = std::collections::HashMap::from([((1, 2), 3)]);
    let refused = Outbox::enqueue("pairs", &keys).on(&database).await;
    assert!(refused.as_ref().is_err_and(Error::is_conversion), "{refused:?}");
    assert!(refused.is_err_and(|error| error.message().contains("topic `pairs`")));
    Ok(())
}

#[tokio::test]
async fn statistics_count_by_topic() -> Result<()> {
    let database = Database::new([]).await;
    Outbox::enqueue("a", &1).on(&database).await?;
    Outbox::enqueue("a", &2).on(&database).delay(Duration::from_secs(3600)).await?;
    Outbox::enqueue("b", &3).on(&database).await?;
    Worker::new(&*database).handle("b", async |_: Task<i32>| Err(permanent(Error::invalid("no")))).run_once().await?;
    let stats = Outbox::stats(&database).await?;
    let counts: Vec<_> = stats.iter().map(|topic| (&*topic.topic, topic.due, topic.later, topic.dead)).collect();
    assert_eq!(counts, [("a", 1, 1, 0), ("b", 0, 0, 1)]);
    assert!(stats[0].oldest.is_some() && stats[1].oldest.is_none());
    Ok(())
}

/// O13. A claim does not sort.
#[tokio::test]
async fn o13_the_order_of_a_claim_comes_from_an_index() -> Result<()> {
    let database = Database::new([]).await;
    with_connection(&database, async || Outbox::enqueue_all("many", 0..5_000).await).await?;
    let sorts = |plan: &Plan| {
        let plan = plan.to_string().to_lowercase();
        ["sort", "temp b-tree"].iter().any(|sort| plan.contains(sort))
    };
    let good = Outbox::explain_claim(&database, "many", 100).await?;
    assert!(!sorts(&good), "{good}");
    // The broken variant: an order without an index.
    let bad = Message::using(&database).filter(Message::TOPIC.eq("many")).order_by(Message::CREATED_AT.asc());
    let bad = bad.limit(100).explain().await?;
    assert!(sorts(&bad), "{bad}");
    Ok(())
}
