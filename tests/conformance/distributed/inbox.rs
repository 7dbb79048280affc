//! The inbox: a message has its effect once.

use activerecord::outbox::Inbox;
use activerecord::prelude::*;
use chrono::TimeDelta;

use super::workers::Effect;
use test_support::Database;

const EFFECTS: &str = "effects (id ID, task I64 NOT NULL)";

async fn deliver(database: &str, message: i64) -> Result<Option<i64>> {
    let effect = async || {
        let effect = Effect::with_connection(database, async || Effect::create(Effect { id: 0, task: message }).await);
        Ok(effect.await?.task)
    };
    Inbox::once(database, "tests", message, effect).await
}

#[tokio::test]
async fn a_message_has_its_effect_once() -> Result<()> {
    let database = Database::new([EFFECTS]).await;
    assert_eq!(deliver(&database, 1).await?, Some(1));
    assert_eq!(deliver(&database, 1).await?, None);
    assert_eq!(deliver(&database, 2).await?, Some(2));
    // Another consumer has its own inbox.
    assert_eq!(Inbox::once(&database, "others", 1, async || Ok("done")).await?, Some("done"));
    assert_eq!(Effect::using(&database).count().await?, 2);
    Ok(())
}

#[tokio::test]
async fn names_are_compared_exactly() -> Result<()> {
    let database = Database::new([]).await;
    let names = ["a", "a ", "a  ", "A", "\u{e4}", " a", "a\u{1}", "a \u{1}", "", " "];
    for consumer in names {
        for message in names {
            for expected in [Some(1), None] {
                let once = Inbox::once(&database, consumer, message, async || Ok(1)).await?;
                assert_eq!(once, expected, "{consumer:?} {message:?}");
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_failed_effect_can_be_repeated() -> Result<()> {
    let database = Database::new([EFFECTS]).await;
    let failed = Inbox::once(&database, "tests", 1, async || Err::<(), _>(Error::invalid("no")));
    assert!(failed.await.is_err_and(|error| error.is_invalid()));
    assert_eq!(deliver(&database, 1).await?, Some(1));
    Ok(())
}

#[tokio::test]
async fn one_of_two_concurrent_deliveries_has_its_effect() -> Result<()> {
    let database = Database::new([EFFECTS]).await;
    deliver(&database, 0).await?;
    for message in 1..=20 {
        let (one, other) = tokio::join!(deliver(&database, message), deliver(&database, message));
        let effects = [&one, &other].iter().filter(|result| matches!(result, Ok(Some(_)))).count();
        assert_eq!(effects, 1, "{one:?} {other:?}");
    }
    assert_eq!(Effect::using(&database).count().await?, 21);
    Ok(())
}

#[tokio::test]
async fn received_messages_can_be_forgotten() -> Result<()> {
    let database = Database::new([EFFECTS]).await;
    deliver(&database, 1).await?;
    let now = connection(&database)?.now().await?;
    assert_eq!(Inbox::forget_before(&database, now - TimeDelta::hours(1)).await?, 0);
    assert_eq!(Inbox::forget_before(&database, now + TimeDelta::hours(1)).await?, 1);
    assert_eq!(deliver(&database, 1).await?, Some(1));
    Ok(())
}
