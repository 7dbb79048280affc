//! Generated keys after rows were written with their keys.

use activerecord::prelude::*;
use activerecord::{ConnectionHandle, ErrorKind};
use futures_util::future::{join, join_all};
use test_support::{Database, Profile};

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Ticket {
    id: i64,
    name: String,
}

#[derive(ActiveRecord, Clone, Debug, Default)]
struct User {
    id: i64,
    name: String,
}

impl Ticket {
    fn with(id: i64) -> Self {
        Self { id, name: format!("ticket {id}") }
    }

    async fn next() -> Result<i64> {
        Ok(Self::create(Self::default()).await?.id)
    }
}

const TICKETS: &str = "tickets (id ID, name TEXT)";

/// The next key of a database with sequences.
async fn next(here: &ConnectionHandle) -> Result<i64> {
    here.query("INSERT INTO tickets (name) VALUES ('new') RETURNING id", []).await?[0].get("id")
}

#[tokio::test]
async fn keys_go_on_after_written_keys() -> Result<()> {
    let db = Database::new([TICKETS]).await;
    with_connection(&db, async || {
        Ticket::bulk_insert_or_update(&[Ticket::with(1), Ticket::with(2)], [Ticket::ID]).await?;
        assert_eq!(Ticket::next().await?, 3);
        Ticket::create(Ticket::with(9)).await?;
        assert_eq!(Ticket::next().await?, 10);
        Ticket::with(40).save().await?;
        // A key behind the others, one that is generated, and one so far ahead that it is not reached in steps.
        Ticket::bulk_insert(&[Ticket::with(5), Ticket::default(), Ticket::with(200_000)]).await?;
        assert_eq!(Ticket::next().await?, 200_001);
        let transaction = Transaction::begin(&db[..]).await?;
        transaction.bulk_insert(&[Ticket::with(200_010)]).await?;
        transaction.insert(&mut Ticket::with(9_000_000)).await?;
        let mut next = Ticket::default();
        transaction.insert(&mut next).await?;
        assert_eq!(next.id, 9_000_001);
        transaction.commit().await?;
        assert_eq!(Ticket::next().await?, 9_000_002);
        Ok(())
    })
    .await
}

/// A lock of a sequence until the end of the transaction would make these two wait for each other.
#[tokio::test]
async fn written_keys_hold_no_lock() -> Result<()> {
    let db = Database::new([TICKETS, "users (id ID, name TEXT)"]).await;
    if !db.profile().capabilities.concurrent_writers {
        return Ok(());
    }
    let (first, second) = (Transaction::begin(&db[..]).await?, Transaction::begin(&db[..]).await?);
    for step in [1_000_000, 2_000_000] {
        first.insert(&mut Ticket::with(step)).await?;
        second.insert(&mut User { id: step + 1, name: String::new() }).await?;
        second.insert(&mut Ticket::with(step + 2)).await?;
        first.insert(&mut User { id: step + 3, name: String::new() }).await?;
    }
    first.commit().await?;
    second.commit().await?;
    with_connection(&db, async || {
        assert_eq!(Ticket::next().await?, 2_000_003);
        assert_eq!(User::create(User::default()).await?.id, 2_000_004);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn every_kind_of_sequence() -> Result<()> {
    for sequenced in Profile::current()?.sequenced {
        let db = Database::new([]).await;
        let here = connection(&db)?;
        for statement in sequenced.statements {
            here.execute(statement, []).await?;
        }
        with_connection(&db, async || {
            let first = next(&here).await?;
            for key in sequenced.copied {
                here.execute(&format!("{} (?, 'copied')", sequenced.insert), [*key]).await?;
            }
            Ticket::advance_sequences().await?;
            Ticket::advance_sequences().await?;
            assert_eq!(next(&here).await?, sequenced.next, "{sequenced:?}, first {first}");
            Ticket::advance_sequences().await?;
            Ok(())
        })
        .await?;
    }
    Ok(())
}

#[tokio::test]
async fn every_kind_of_sequence_follows_written_keys() -> Result<()> {
    let takes_keys = |insert: &str| insert == "INSERT INTO tickets (id, name) VALUES";
    for sequenced in Profile::current()?.sequenced.iter().filter(|sequenced| takes_keys(sequenced.insert)) {
        let db = Database::new([]).await;
        let here = connection(&db)?;
        for statement in sequenced.statements {
            here.execute(statement, []).await?;
        }
        with_connection(&db, async || {
            next(&here).await?;
            let records: Vec<_> = sequenced.copied.iter().map(|key| Ticket::with(*key)).collect();
            Ticket::bulk_insert(&records).await?;
            assert_eq!(next(&here).await?, sequenced.next, "{sequenced:?}");
            Ok(())
        })
        .await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_transaction_sees_its_own_rows() -> Result<()> {
    let db = Database::new([TICKETS]).await;
    with_connection(&db, async || {
        let transaction = Transaction::begin(&db[..]).await?;
        transaction.bulk_insert(&[Ticket::with(1), Ticket::with(99)]).await?;
        transaction.advance_sequences::<Ticket>().await?;
        let mut next = Ticket::default();
        transaction.insert(&mut next).await?;
        assert_eq!(next.id, 100);
        transaction.rollback().await?;
        assert!(Ticket::next().await? >= 1);
        Ok(())
    })
    .await
}

/// The copied keys are far ahead of the generated ones, so that no insert may ever fail.
#[tokio::test]
async fn no_insert_fails_while_a_sequence_moves() -> Result<()> {
    let db = Database::new([TICKETS]).await;
    let insert = async || -> Result<()> {
        let mut last = 0;
        for _ in 0..60 {
            let next = with_connection(&db, async || Ticket::next().await).await?;
            assert!(next > last, "{next} after {last}");
            last = next;
        }
        Ok(())
    };
    let copy = async |step: i64| -> Result<()> {
        for _ in 0..15 {
            with_connection(&db, async || {
                let greatest = Ticket::select(Ticket::ID.max()).one().await?.unwrap_or(0);
                // Another copy can have the same key.
                Ticket::bulk_insert(&[Ticket::with(greatest + step)]).await.ok();
                if greatest % 2 == 0 { Ticket::advance_sequences().await } else { Ok(()) }
            })
            .await?;
        }
        Ok(())
    };
    let inserts = join_all([insert(), insert(), insert()]);
    let copies = join_all([copy(1_000), copy(1_000_003)]);
    let (inserts, copies) = join(inserts, copies).await;
    inserts.into_iter().chain(copies).collect()
}

#[tokio::test]
async fn a_login_without_the_right_is_told_the_grant() -> Result<()> {
    let db = Database::new([TICKETS]).await;
    let statements = db.profile().without_sequence;
    let body = transaction(&db, async || {
        for statement in statements {
            connection(&db)?.execute(statement, []).await?;
        }
        connection(&db)?.advance_sequences("tickets").await?;
        Ticket::with_connection(&db, async || Ticket::bulk_insert(&[Ticket::with(5)]).await).await?;
        connection(&db)?.advance_sequences("tickets").await
    });
    match body.await {
        Ok(()) => assert!(statements.is_empty()),
        Err(error) => {
            assert!(error.kind() == ErrorKind::PermissionDenied && !statements.is_empty(), "{error}");
            let text = error.to_string();
            for part in ["tickets_id_seq", "GRANT USAGE, UPDATE ON SEQUENCE", "TO \"a \"\"lesser\"\" login\"", &db] {
                assert!(text.contains(part), "{part}: {text}");
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_key_that_exists_names_the_verb() -> Result<()> {
    let db = Database::new([TICKETS]).await;
    with_connection(&db, async || {
        connection(&db)?.execute("INSERT INTO tickets (id, name) VALUES (1, 'raw'), (2, 'raw')", []).await?;
        let hint = "Ticket::advance_sequences()";
        let errors = [
            transaction(&db, async || Ticket::create(Ticket::default()).await).await.map(drop),
            Ticket::create(Ticket::default()).await.map(drop),
        ];
        for result in errors {
            match result {
                Ok(()) => assert!(db.profile().keys_go_on),
                Err(error) => assert!(error.is_unique_violation() && error.to_string().contains(hint), "{error}"),
            }
        }
        let error = Ticket::create(Ticket::with(1)).await.unwrap_err();
        assert!(error.is_unique_violation() && !error.to_string().contains(hint), "{error}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_table_without_sequences_stays_as_it_is() -> Result<()> {
    let db = Database::new(["words (word STRING PRIMARY KEY, n I64)"]).await;
    let here = connection(&db)?;
    here.execute("INSERT INTO words VALUES ('a', 7)", []).await?;
    here.advance_sequences("words").await?;
    let error = here.advance_sequences("nothing").await.unwrap_err();
    assert!(error.kind() == ErrorKind::InvalidStatement && error.to_string().contains("`nothing`"), "{error}");
    Ok(())
}
