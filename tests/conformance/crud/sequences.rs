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
async fn keys_go_on_after_copied_keys() -> Result<()> {
    let db = Database::new([TICKETS]).await;
    with_connection(&db, async || {
        Ticket::advance_sequences().await?;
        Ticket::bulk_insert_or_update(&[Ticket::with(1), Ticket::with(2)], [Ticket::ID]).await?;
        Ticket::advance_sequences().await?;
        assert_eq!(Ticket::next().await?, 3);
        Ticket::bulk_insert(&[Ticket::with(70), Ticket::with(200_000)]).await?;
        connection(&db)?.advance_sequences("tickets").await?;
        assert_eq!(Ticket::next().await?, 200_001);
        Ticket::advance_sequences().await?;
        assert_eq!(Ticket::next().await?, 200_002);
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
                Ticket::advance_sequences().await
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
        Ticket::bulk_insert(&[Ticket::with(1), Ticket::with(2)]).await?;
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
