//! `update_columns`: what is assigned is validated, written and read back, also when it is the key.

use activerecord::prelude::*;

use super::{Airport, Plane, database};
use test_support::Database;

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[hooks]
struct Account {
    id: i64,
    email: String,
    logins: i32,
    #[version]
    version: i32,
    #[skip]
    validated: Vec<String>,
}

impl Hooks for Account {
    async fn before_validate(&mut self) -> Result<()> {
        self.email = self.email.trim().to_owned();
        Ok(())
    }

    fn validate(&self) -> Result<()> {
        if self.email.contains('@') { Ok(()) } else { Err(Error::invalid("an e-mail address has an @")) }
    }

    async fn after_validate(&mut self) -> Result<()> {
        self.validated.push(self.email.clone());
        Ok(())
    }

    async fn before_save(&mut self) -> Result<()> {
        self.email = self.email.to_lowercase();
        self.logins += 100;
        Ok(())
    }
}

async fn accounts() -> Database {
    Database::new(["accounts (id ID, email STRING NOT NULL, logins I32 NOT NULL, version I32 NOT NULL)"]).await
}

async fn account() -> Result<Account> {
    let mut account = Account::create(Account { email: "a@b.c".into(), ..Account::default() }).await?;
    account.reload().await?;
    Ok(account)
}

#[tokio::test]
async fn hooks_see_the_assigned_values() -> Result<()> {
    with_connection(&accounts().await, async || {
        let mut account = account().await?;
        account.update_columns(Account::EMAIL.set(" BIG@X.Y ")).await?;
        assert_eq!(
            (account.email.as_str(), account.validated.last().map(String::as_str)),
            ("big@x.y", Some("BIG@X.Y"))
        );
        let row = Account::find(account.id).await?;
        // The hook changes `logins` too, which is not assigned.
        assert_eq!((row.email.as_str(), row.version, row.logins), ("big@x.y", 1, 100));

        let before = account.clone();
        let error = account.update_columns(Account::EMAIL.set("nope")).await.unwrap_err();
        assert!(error.is_invalid() && error.model() == Some("Account"), "{error}");
        assert_eq!((&account, Account::find(account.id).await?.email.as_str()), (&before, "big@x.y"));

        // An invalid row can be mended.
        Account::query().update(Account::EMAIL.set("broken")).await?;
        account.reload().await?;
        assert!(account.update_columns(Account::LOGINS.set(1)).await.unwrap_err().is_invalid());
        account.update_columns(Account::EMAIL.set("good@x.y")).await?;
        assert_eq!(Account::find(account.id).await?.email, "good@x.y");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn hooks_see_an_expression_only_afterwards() -> Result<()> {
    with_connection(&accounts().await, async || {
        let mut account = account().await?;
        account.update_columns((Account::LOGINS.add(1), Account::EMAIL.set("C@D.E"))).await?;
        assert_eq!((account.logins, account.email.as_str()), (101, "c@d.e"));
        let row = Account::find(account.id).await?;
        assert_eq!((row.logins, row.email.as_str(), row.version), (101, "c@d.e", 1));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn nothing_assigned_is_nothing_done() -> Result<()> {
    with_connection(&accounts().await, async || {
        let mut account = account().await?;
        account.email = "not valid".into();
        account.update_columns(Vec::new()).await?;
        assert!(account.validated.is_empty());
        assert_eq!((account.version, Account::find(account.id).await?.version), (0, 0));
        Ok(())
    })
    .await?;
    with_connection(&database().await, async || {
        let mut plane = Plane::create(Plane::new("N10156")).await?;
        plane.update_columns([]).await?;
        let row = Plane::find(plane.id).await?;
        assert_eq!((row.version, row.updated_at), (0, plane.updated_at));
        let error = Plane::new("N10156").update_columns([]).await.unwrap_err();
        assert!(error.is_not_found(), "{error}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_key_can_be_changed() -> Result<()> {
    with_connection(&accounts().await, async || {
        let mut account = account().await?;
        account.update_columns((Account::ID.set(700), Account::EMAIL.set("X@Y.Z"))).await?;
        assert_eq!((account.id, account.version, account.email.as_str()), (700, 1, "x@y.z"));
        account.update_columns((Account::ID.set(701), Account::LOGINS.set(Account::LOGINS + 1))).await?;
        assert_eq!((account.id, account.version, account.logins), (701, 2, 101));
        account.update_columns(Account::ID.add(1)).await?;
        assert_eq!((account.id, account.version), (702, 3));
        account.email = "still@here".into();
        account.save().await?;
        assert_eq!(Account::select((Account::ID, Account::EMAIL)).all().await?, [(702, "still@here".into())]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_key_can_be_changed_without_hooks_too() -> Result<()> {
    with_connection(&database().await, async || {
        let mut airport = Airport::create(Airport::new("LGA", "La Guardia")).await?;
        airport.update_columns(Airport::FAA.set("LGB")).await?;
        assert_eq!((airport.faa.as_str(), Airport::find("LGB").await?), ("LGB", airport.clone()));

        let mut plane = Plane::create(Plane::new("N10156")).await?;
        let other = Plane::create(Plane::new("N102UW")).await?;
        let before = plane.clone();
        let taken = plane.update_columns(Plane::ID.set(other.id)).await.unwrap_err();
        assert!(taken.is_unique_violation() && plane == before, "{taken}");
        let unset = plane.update_columns(Plane::ID.set(0)).await.unwrap_err();
        assert!(unset.is_unsupported() && plane == before && unset.message().contains("`id`"), "{unset}");
        plane.update_columns((Plane::ID.set(Plane::ID + 50), Plane::SEATS.add(1))).await?;
        assert_eq!((plane.id, plane.seats), (before.id + 50, before.seats + 1));
        assert_eq!(Plane::find(plane.id).await?, plane);
        let mut stale = Plane { id: plane.id, ..before };
        assert!(stale.update_columns(Plane::ID.add(1)).await.unwrap_err().is_stale());
        Ok(())
    })
    .await
}

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Seat {
    #[primary_key]
    flight: i32,
    #[primary_key]
    place: String,
    taken: i32,
}

#[tokio::test]
async fn a_part_of_a_key_can_be_changed() -> Result<()> {
    let db = Database::new(["seats (flight I32, place STRING, taken I32 NOT NULL, PRIMARY KEY (flight, place))"]);
    with_connection(&db.await, async || {
        let mut seat = Seat::create(Seat { flight: 1, place: "1A".into(), taken: 1 }).await?;
        seat.update_columns(Seat::FLIGHT.set(0)).await?;
        seat.update_columns((Seat::FLIGHT.add(2), Seat::TAKEN.add(1))).await?;
        seat.update_columns((Seat::PLACE.set("1B"), Seat::TAKEN.add(1))).await?;
        assert_eq!(seat, Seat { flight: 2, place: "1B".into(), taken: 3 });
        assert_eq!(Seat::all().await?, [seat]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn what_cannot_be_assigned_is_refused_before_anything_is_sent() -> Result<()> {
    with_connection(&database().await, async || {
        let mut plane = Plane::create(Plane::new("N10156")).await?;
        let twice = plane.update_columns((Plane::SEATS.set(1), Plane::SEATS.add(1))).await.unwrap_err();
        assert!(twice.message().contains("`seats` is assigned twice"), "{twice}");
        assert_eq!(Plane::find(plane.id).await?, plane);
        Ok(())
    })
    .await
}
