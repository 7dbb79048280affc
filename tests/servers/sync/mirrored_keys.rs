//! Keys of mirrored rows: those of the target that move between rows of the source, and those that look alike.

use activerecord::prelude::*;
use activerecord::queue::SqlQueue;
use activerecord::{Message, Publisher as _, Queue as _, RawEvent};
use test_support::until;

use super::mirrors::{apply, events};
use super::{Database, Profile, profiles};

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Account {
    id: i64,
    email: String,
}

const ACCOUNTS: &str = "accounts (id ID, email STRING NOT NULL)";

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Contact {
    #[primary_key]
    email: String,
    account: i64,
}

const CONTACTS: &str = "contacts (email STRING NOT NULL PRIMARY KEY, account I64 NOT NULL)";

fn contacts(from: &Database, to: &Database) -> SyncJob<Account, Contact> {
    let map = |account: Account| Contact { email: account.email, account: account.id };
    SyncJob::from::<Account>().using(&**from).to::<Contact>().on(&**to).map(map)
}

/// All orders of these events.
fn orders(events: &[RawEvent]) -> Vec<Vec<&RawEvent>> {
    let Some((first, rest)) = events.split_first() else { return vec![Vec::new()] };
    let with_first = orders(rest).into_iter().flat_map(|order| {
        (0..=order.len()).map(move |place| {
            let mut order = order.clone();
            order.insert(place, first);
            order
        })
    });
    with_first.collect()
}

fn source() -> &'static Profile {
    profiles().next().unwrap_or(Profile::least())
}

/// A key of the target moves from one row of the source to another. In every order of the events, each row stays.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_moves_between_rows() -> Result<()> {
    /// Statements, and the rows after them.
    type Change = (&'static [&'static str], &'static [(&'static str, i64)]);
    let changes: [Change; 4] = [
        // The first leaves `a`, the second takes it.
        (
            &["UPDATE accounts SET email = 'c' WHERE id = 1", "UPDATE accounts SET email = 'a' WHERE id = 2"],
            &[("a", 2), ("c", 1)],
        ),
        // Then the first is deleted.
        (
            &[
                "UPDATE accounts SET email = 'c' WHERE id = 1",
                "UPDATE accounts SET email = 'a' WHERE id = 2",
                "DELETE FROM accounts WHERE id = 1",
            ],
            &[("a", 2)],
        ),
        // A row moves twice: no event leaves its first key behind.
        (
            &["UPDATE accounts SET email = 'c' WHERE id = 1", "UPDATE accounts SET email = 'd' WHERE id = 1"],
            &[("b", 2), ("d", 1)],
        ),
        // The key goes through three rows.
        (
            &[
                "DELETE FROM accounts WHERE id = 1",
                "INSERT INTO accounts (id, email) VALUES (3, 'a')",
                "UPDATE accounts SET email = 'x' WHERE id = 3",
                "UPDATE accounts SET email = 'a' WHERE id = 2",
            ],
            &[("a", 2), ("x", 3)],
        ),
    ];
    for (statements, expected) in changes {
        let from = Database::on(source(), &[ACCOUNTS]).await?;
        let account = |id, email: &str| Account { id, email: email.to_owned() };
        Account::with_connection(&from, async || Account::bulk_insert(&[account(1, "a"), account(2, "b")]).await)
            .await?;
        Capture::install::<Account>().on(&*from).await?;
        let mut targets = Vec::new();
        for profile in profiles() {
            targets.push(Database::on(profile, &[CONTACTS]).await?);
        }
        for to in &targets {
            contacts(&from, to).run().await?;
        }
        let copied = Contact::using(&targets[0]).order_by(Contact::EMAIL.asc()).all().await?;
        for statement in statements {
            connection(&from)?.execute(statement, []).await?;
        }
        let events = events(&from, "accounts_changes").await?;
        for order in orders(&events) {
            for to in &targets {
                connection(to)?.execute("DELETE FROM contacts", []).await?;
                for contact in &copied {
                    Contact::with_connection(to, async || contact.clone().insert().await).await?;
                }
                // Each order is a mirror of its own.
                let name = order.iter().map(|event| event.id()).collect::<Vec<_>>().concat();
                let job = || contacts(&from, to).name(&name[name.len().saturating_sub(200)..]);
                apply(|queue| Mirror::new(job(), queue), order.iter().copied()).await?;
                let found = Contact::using(to).order_by(Contact::EMAIL.asc()).all().await?;
                let found: Vec<_> = found.iter().map(|contact| (&*contact.email, contact.account)).collect();
                let sequences: Vec<_> = order.iter().map(|event| event.sequence()).collect();
                assert_eq!(found, expected, "{statements:?} in the order {sequences:?}");
            }
        }
    }
    Ok(())
}

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Part {
    #[primary_key]
    one: String,
    #[primary_key]
    other: String,
    size: i32,
}

const PARTS: &str = "parts (one STRING NOT NULL, other STRING NOT NULL, size I32 NOT NULL, PRIMARY KEY (one, other))";

/// Keys whose texts in the message are equal are different rows, also when their events come late.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn similar_keys_are_different_rows() -> Result<()> {
    let part = |one: &str, other: &str, size| Part { one: one.into(), other: other.into(), size };
    let long = "x".repeat(120);
    let long = |last: &str| part(&long, &format!("{long}{}{last}", "y".repeat(20)), 3);
    let parts = [part("a,b", "c", 1), part("a", "b,c", 2), long("1"), long("2")];
    for profile in profiles() {
        let (from, to) = (Database::on(profile, &[PARTS]).await?, Database::on(profile, &[PARTS]).await?);
        Capture::install::<Part>().on(&*from).await?;
        for part in &parts {
            Part::with_connection(&from, async || part.clone().insert().await).await?;
        }
        let events = events(&from, "parts_changes").await?;
        let job = || SyncJob::from::<Part>().using(&*from).to::<Part>().on(&*to);
        apply(|queue| Mirror::new(job(), queue), events.iter().rev()).await?;
        assert_eq!(Part::using(&to).count().await?, 4);
        assert!(job().verify().await?.is_empty());
    }
    Ok(())
}

/// Rows exchange their keys in one statement, with a key that is checked at its end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_change_places() -> Result<()> {
    for profile in profiles().filter(|profile| profile.deferred_constraints) {
        let (from, to) = (Database::on(profile, &[]).await?, Database::on(profile, &[ACCOUNTS]).await?);
        if !connection(&from)?.capabilities().truncate_triggers {
            continue;
        }
        let create = "CREATE TABLE accounts (id BIGINT PRIMARY KEY DEFERRABLE, email TEXT)";
        let handle = connection(&from)?;
        handle.execute(create, []).await?;
        handle.execute("INSERT INTO accounts VALUES (1, 'one'), (2, 'two')", []).await?;
        Capture::install::<Account>().on(&*from).await?;
        let job = || SyncJob::from::<Account>().using(&*from).to::<Account>().on(&*to);
        job().run().await?;
        handle.execute("UPDATE accounts SET id = 3 - id", []).await?;
        let events = events(&from, "accounts_changes").await?;
        for order in orders(&events) {
            apply(|queue| Mirror::new(job(), queue), order).await?;
            assert!(job().verify().await?.is_empty());
        }
    }
    Ok(())
}

/// Random changes of rows that give each other their keys, in a random order, by two mirrors at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_changes_end_with_the_source() -> Result<()> {
    const TOPIC: &str = "accounts_changes";
    for profile in profiles() {
        let seed = fastrand::u64(..);
        let mut random = fastrand::Rng::with_seed(seed);
        let (from, to) = (Database::on(source(), &[ACCOUNTS]).await?, Database::on(profile, &[CONTACTS]).await?);
        connection(&from)?.execute("CREATE UNIQUE INDEX accounts_email ON accounts (email)", []).await?;
        for id in 1..=4 {
            Account::with_connection(&from, async || Account { id, email: format!("e{id}") }.insert().await).await?;
        }
        Capture::install::<Account>().on(&*from).await?;
        contacts(&from, &to).run().await?;
        for _ in 0..80 {
            let (id, email) = (random.i64(1..=6), format!("e{}", random.u32(1..=8)));
            let taken = Account::using(&from).filter(Account::EMAIL.eq(&email)).exists().await?;
            let exists = Account::using(&from).filter(Account::ID.eq(id)).exists().await?;
            Account::with_connection(&from, async || match (taken, exists) {
                (true, _) => Account::query().filter(Account::EMAIL.eq(&email)).delete().await.map(drop),
                (false, true) => {
                    Account::query().filter(Account::ID.eq(id)).update((Account::EMAIL.set(&email),)).await.map(drop)
                }
                (false, false) => Account { id, email: email.clone() }.insert().await,
            })
            .await?;
        }
        let mut events = events(&from, TOPIC).await?;
        random.shuffle(&mut events);
        let queue = SqlQueue::on(&*to);
        let (job, name) = (|| contacts(&from, &to).name("random"), "random");
        drop(queue.subscribe(TOPIC, name).await?);
        for result in queue.publish(&events).await {
            result.map_err(|error| Error::custom(error.to_string()))?;
        }
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let run = || {
            let (mut stopped, mirror) = (stopped.clone(), Mirror::new(job(), queue.clone()));
            tokio::spawn(mirror.run_until(async move {
                let _ = stopped.wait_for(|stop| *stop).await;
            }))
        };
        let (one, other) = (run(), run());
        until("the queue is empty", async || Ok(Message::using(&to).count().await? == 0)).await?;
        let _ = stop.send(true);
        one.await.map_err(Error::custom)??;
        other.await.map_err(Error::custom)??;
        let differences = job().verify().await?;
        assert!(differences.is_empty(), "seed {seed}: {:?}", differences.rows);
    }
    Ok(())
}
