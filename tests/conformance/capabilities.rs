//! Each capability agrees with the profile of the database, and with the behaviour of the server.

use activerecord::prelude::*;
use activerecord::value::Value;

use test_support::{Database, Profile, patient_pool};

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Bag {
    id: i64,
    weight: i32,
}

async fn bags() -> Result<Database> {
    let db = Database::new(["bags (id ID, weight I32 NOT NULL)"]).await;
    let bags = [10, 20].map(|weight| Bag { id: 0, weight });
    with_connection(&db, async || Bag::bulk_insert(&bags).await).await?;
    Ok(db)
}

#[tokio::test]
async fn capabilities_agree_with_the_profile() -> Result<()> {
    let db = bags().await?;
    let (handle, expected) = (connection(&db)?, &db.profile().capabilities);
    let actual = handle.capabilities();
    macro_rules! same {
        ($($capability:ident),*) => {$(
            assert_eq!(actual.$capability, expected.$capability, stringify!($capability));
        )*};
    }
    same!(
        insert_returning,
        update_returning,
        row_locks,
        skip_locked,
        distinct_on,
        json_contains,
        concurrent_writers,
        arrays,
        isolation_levels,
        transactional_ddl,
        typed_columns,
        notifications,
        truncate_triggers,
        max_binds
    );
    let prepared = match db.profile().prepared_if {
        Some(question) => connection(&db)?.query(question, []).await?[0].get::<bool>(0)?,
        None => false,
    };
    assert_eq!(actual.prepared_transactions, prepared);
    Ok(())
}

#[tokio::test]
async fn returning() -> Result<()> {
    let db = bags().await?;
    let here = connection(&db)?;
    let inserted = here.query("INSERT INTO bags (weight) VALUES (?) RETURNING weight", [7]).await;
    assert_eq!(inserted.is_ok(), db.profile().capabilities.insert_returning, "{inserted:?}");
    let updated = here.query("UPDATE bags SET weight = ? RETURNING weight", [8]).await;
    assert_eq!(updated.is_ok(), db.profile().capabilities.update_returning, "{updated:?}");
    Ok(())
}

#[tokio::test]
async fn json_contains_and_distinct_on() -> Result<()> {
    let db = bags().await?;
    let (here, expected) = (connection(&db)?, &db.profile().capabilities);
    let first = here.query("SELECT DISTINCT ON (weight) id FROM bags ORDER BY weight", []).await;
    assert_eq!(first.is_ok(), expected.distinct_on, "{first:?}");
    let questions = ["SELECT CAST('[1, 2]' AS jsonb) @> CAST('[1]' AS jsonb)", "SELECT JSON_CONTAINS('[1, 2]', '[1]')"];
    let mut is_supported = false;
    for question in questions {
        is_supported = is_supported || here.query(question, []).await.is_ok();
    }
    assert_eq!(is_supported, expected.json_contains);
    Ok(())
}

/// A transaction locks a row. Another session skips it.
#[tokio::test]
async fn row_locks() -> Result<()> {
    let db = bags().await?;
    let Profile { capabilities, .. } = db.profile();
    let tx = Transaction::begin(&*db).independent().await?;
    let locked =
        tx.run(async || connection(&db)?.query("SELECT id FROM bags WHERE id = ? FOR UPDATE", [1]).await).await;
    assert_eq!(locked.is_ok(), capabilities.row_locks, "{locked:?}");
    let others = connection(&db)?.query("SELECT id FROM bags ORDER BY id FOR UPDATE SKIP LOCKED", []).await;
    assert_eq!(others.is_ok(), capabilities.skip_locked, "{others:?}");
    if let Ok(others) = others {
        let ids: Vec<i64> = others.iter().map(|row| row.get("id")).collect::<Result<_>>()?;
        assert_eq!(ids, [2]);
    }
    tx.rollback().await
}

#[tokio::test]
async fn concurrent_writers() -> Result<()> {
    let db = bags().await?;
    let other = db.alias("other", |config| db.profile().impatient(config))?;
    let tx = Transaction::begin(&*db).await?;
    Bag::on(&tx).filter(Bag::ID.eq(1)).update(Bag::WEIGHT.set(1)).await?;
    let written = Bag::using(&other).filter(Bag::ID.eq(2)).update(Bag::WEIGHT.set(2)).await;
    assert_eq!(written.is_ok(), db.profile().capabilities.concurrent_writers, "{written:?}");
    tx.commit().await?;
    Ok(())
}

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Log {
    id: i64,
}

#[tokio::test]
async fn transactional_ddl() -> Result<()> {
    let db = bags().await?;
    let undone: Result<()> = transaction(&db, async || {
        db.create("logs (id ID)").await?;
        Err(Error::invalid("undo"))
    })
    .await;
    // If CREATE TABLE would end the transaction, it is refused.
    let error = undone.unwrap_err();
    let transactional = db.profile().capabilities.transactional_ddl;
    assert!(if transactional { error.is_invalid() } else { error.is_unsupported() }, "{error:?}");
    assert!(Log::using(&db).count().await.is_err());
    db.create("logs (id ID)").await?;
    assert_eq!(Log::using(&db).count().await?, 0);
    Ok(())
}

/// Every listener receives a notification, also if the transaction around `notify` is rolled back.
#[tokio::test]
async fn notifications_to_other_sessions() -> Result<()> {
    let db = bags().await?;
    let here = connection(&db)?;
    let expected = db.profile().capabilities.notifications;
    // A name that needs quotes and that no other test uses.
    let channel = format!("a \"channel\" of {}", &*db);
    let (listening, sent) = (here.listen(&channel).await, here.notify(&channel, "outside a transaction").await);
    assert_eq!((listening.is_ok(), sent.is_ok()), (expected, expected), "{listening:?} {sent:?}");
    let Ok(mut listener) = listening else {
        assert!(sent.is_err_and(|error| error.is_unsupported() && error.to_string().contains(&*db)));
        return Ok(());
    };
    let undone: Result<()> = transaction(&db, async || {
        here.notify(&channel, "it's ? $1").await?;
        Err(Error::invalid("undo"))
    })
    .await;
    assert!(undone.is_err());
    here.notify("another channel", "not this one").await?;
    here.notify(&channel, "").await?;
    for text in ["outside a transaction", "it's ? $1", ""] {
        assert_eq!(listener.next().await?, text);
    }
    Ok(())
}

/// A listener does not use a connection of the pool. It ends when the connection is removed.
#[tokio::test]
async fn a_listener_uses_no_connection_of_the_pool() -> Result<()> {
    let db = bags().await?;
    if !connection(&db)?.capabilities().notifications {
        return Ok(());
    }
    let one = db.alias("one", |config| config.pool(patient_pool(1)))?;
    let mut listeners = Vec::new();
    for _ in 0..3 {
        listeners.push(connection(&one)?.listen(&one).await?);
    }
    connection(&one)?.notify(&one, "to all").await?;
    for listener in &mut listeners {
        assert_eq!(listener.next().await?, "to all");
    }
    ConnectionManager::remove(&one).await?;
    for listener in &mut listeners {
        assert!(listener.next().await.is_err_and(|error| error.is_configuration()));
    }
    Ok(())
}

/// The stated number of values can be bound. One more is refused before anything is sent.
#[tokio::test]
async fn max_binds() -> Result<()> {
    let db = bags().await?;
    let most = db.profile().capabilities.max_binds;
    let count = async |binds: usize| {
        let sql = format!("SELECT COUNT(*) FROM bags WHERE id IN ({})", vec!["?"; binds].join(", "));
        let values: Vec<Value> = (1..=i64::try_from(binds).unwrap_or(0)).map(Value::I64).collect();
        connection(&db)?.query(&sql, values).await?[0].get::<i64>(0)
    };
    assert_eq!(count(most).await?, 2);
    let error = count(most + 1).await.unwrap_err();
    assert!(error.is_unsupported(), "{error:?}");
    Ok(())
}
