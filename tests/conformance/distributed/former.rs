//! The tables that the first version of this library created, with messages and sagas in them: commit d8a0520.

use std::time::Duration;

use activerecord::Message;
use activerecord::outbox::Task;
use activerecord::prelude::*;
use activerecord::saga::{SagaRecord, SagaState, Sagas, StepContext};

use super::workers::{Seen, eager};
use test_support::Database;

/// The statements of the former tables.
fn former(dialect: &str) -> &'static str {
    match dialect {
        "sqlite" => include_str!("former/sqlite.sql"),
        "postgresql" => include_str!("former/postgresql.sql"),
        _ => include_str!("former/mysql.sql"),
    }
}

/// What the former version wrote: two messages, one of which a worker that died has handled; a periodic message that is due
/// in a year; a saga whose second step was interrupted.
const ROWS: &str = "
INSERT INTO ar_outbox VALUES (7, 'mail', 'k', 'mail', '7', '{\"a\": \"b\"}', 'ready', 1, NULL, '2026-01-01 00:00:00.000000', NULL, NULL, '2026-01-01 00:00:00.000000');
INSERT INTO ar_outbox VALUES (8, 'mail', NULL, 'mail', '8', NULL, 'ready', 0, 3, '2026-01-01 00:00:00.000000', NULL, NULL, '2026-01-01 00:00:00.000000');
INSERT INTO ar_inbox VALUES ('mail', '7', '2026-01-01 00:00:00.000000');
INSERT INTO ar_outbox_schedule VALUES ('tick', '2099-01-01 00:00:00.000000');
INSERT INTO ar_saga VALUES ('01a22e08-beeb-739b-b983-d96f6a3881bc', 'NAME', 1, '1', 'running', FALSE, 1, '2026-01-01 00:00:00.000000', NULL, NULL, NULL, '2026-01-01 00:00:00.000000');
INSERT INTO ar_saga_step VALUES ('01a22e08-beeb-739b-b983-d96f6a3881bc', 0, 'one', 'succeeded', '5', 1, FALSE, NULL);
INSERT INTO ar_saga_step VALUES ('01a22e08-beeb-739b-b983-d96f6a3881bc', 1, 'two', 'started', NULL, 1, TRUE, NULL)";

async fn database() -> Result<Database> {
    let database = Database::new([]).await;
    let connection = connection(&database)?;
    let rows = ROWS.replace("NAME", &format!("former-{}", &*database));
    for statement in former(connection.dialect().name()).split(';').chain(rows.split(';')) {
        if !statement.trim().is_empty() {
            connection.execute(statement.trim(), []).await?;
        }
    }
    Ok(database)
}

#[tokio::test]
async fn former_messages_are_handled_once() -> Result<()> {
    let database = database().await?;
    let id = Outbox::enqueue("mail", &9).on(&database).await?;
    let new = Message::using(&database).filter(Message::ID.eq(id)).first().await?.and_then(|message| message.uuid);
    let (seen, name) = (Seen::default(), database.to_string());
    let handler = {
        let seen = seen.clone();
        async move |task: Task<i64>| {
            let effect = async || {
                seen.note((*task.payload(), task.uuid()));
                Ok(())
            };
            task.once(&name, effect).await.map(drop)
        }
    };
    let worker = eager(&database).every(Duration::from_secs(1), "tick").handle("mail", handler);
    assert_eq!(worker.run_once().await?, 3);
    // The inbox has the number of message 7, so its effect has happened.
    let mut seen = seen.all();
    seen.sort_unstable();
    assert_eq!(seen, [(8, None), (9, new)]);
    // A period that was shortened takes effect.
    let next = "SELECT next_at FROM ar_outbox_schedule";
    let next: chrono::DateTime<chrono::Utc> = connection(&database)?.query(next, []).await?[0].get(0)?;
    assert!(next < chrono::Utc::now() + chrono::TimeDelta::hours(1), "{next}");
    Ok(())
}

#[tokio::test]
async fn a_former_saga_is_resumed() -> Result<()> {
    let database = database().await?;
    let undo = async |_: &StepContext, _: i64| Ok(());
    Saga::new(format!("former-{}", &*database))
        .log_on(&*database)
        .step("one", async |_: &StepContext| Err::<i64, _>(Error::invalid("it has succeeded")), undo)
        .step("two", async |context: &StepContext| Ok(context.output::<i64>("one")? + 1), undo)
        .register()?;
    assert_eq!(Sagas::on(&*database).resume_all().await?.done.len(), 1);
    let saga = SagaRecord::using(&database).first().await?;
    assert_eq!(saga.map(|saga| saga.state), Some(SagaState::Done));
    Ok(())
}

/// Processes of both versions share the tables during a deploy: the former one does not know the new columns.
#[tokio::test]
async fn the_former_version_can_write_the_new_tables() -> Result<()> {
    let database = Database::new([]).await;
    Outbox::install(&database).await?;
    let insert = "INSERT INTO ar_outbox (aggregatetype, type, payload, state, attempts, available_at, created_at) \
                  VALUES ('mail', 'mail', '1', 'ready', 0, '2026-01-01 00:00:00.000000', '2026-01-01 00:00:00.000000')";
    connection(&database)?.execute(insert, []).await?;
    let next = "INSERT INTO ar_outbox_schedule (topic, next_at) VALUES ('tick', '2026-01-01 00:00:00.000000')";
    connection(&database)?.execute(next, []).await?;
    let worker = eager(&database).every(Duration::from_secs(3600), "tick");
    let ticks = async |_: Task<chrono::DateTime<chrono::Utc>>| Ok(());
    let handled = worker.handle("mail", async |_: Task<i64>| Ok(())).handle("tick", ticks).run_once().await?;
    assert_eq!(handled, 2);
    Ok(())
}

/// The numbers of a new outbox are greater than those of the former one, so a mirror does not take its events for old ones.
#[tokio::test]
async fn a_recreated_outbox_continues_after_the_former_one() -> Result<()> {
    let database = database().await?;
    let mut last = Outbox::enqueue("mail", &9).on(&database).await?;
    for name in ["recreated", "again"] {
        connection(&database)?.execute("DROP TABLE ar_outbox", []).await?;
        // Another process: it has not seen the table.
        let other = database.alias(name, |config| config)?;
        let next = Outbox::enqueue("mail", &10).on(&other).await?;
        assert!(next > last, "{next} after {last}");
        last = next;
    }
    Ok(())
}

/// Two outboxes can have messages with the same number. Both have their effect in one inbox.
#[tokio::test]
async fn messages_of_two_outboxes_are_two_messages() -> Result<()> {
    let (one, other) = (Database::new([]).await, Database::new([]).await);
    let seen = Seen::default();
    for database in [&one, &other] {
        let id = Outbox::enqueue("mail", &1).on(database).await?;
        Message::using(database).filter(Message::ID.eq(id)).update((Message::ID.set(1),)).await?;
        let (seen, name) = (seen.clone(), one.to_string());
        let handler = async move |task: Task<i64>| {
            let effect = async || {
                seen.note((task.id(), *task.payload()));
                Ok(())
            };
            task.once(&name, effect).await.map(drop)
        };
        eager(database).handle("mail", handler).run_once().await?;
    }
    assert_eq!(seen.all(), [(1, 1), (1, 1)]);
    Ok(())
}
