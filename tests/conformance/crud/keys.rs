//! Keys of every kind.

use activerecord::prelude::*;

use test_support::Database;

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Seat {
    #[primary_key]
    flight: i64,
    #[primary_key]
    place: String,
    taken: bool,
}

impl Seat {
    fn new(flight: i64, place: &str) -> Self {
        Self { flight, place: place.into(), taken: false }
    }
}

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Booking {
    id: Uuid,
    code: String,
}

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Remark {
    id: Option<i64>,
    text: String,
}

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Gate {
    #[primary_key]
    number: u16,
    open: bool,
}

async fn database() -> Database {
    Database::new([
        "seats (flight I64, place STRING, taken BOOL NOT NULL, PRIMARY KEY (flight, place))",
        "bookings (id UUID PRIMARY KEY, code STRING NOT NULL)",
        "remarks (id ID, text TEXT NOT NULL)",
        "gates (number ID, open BOOL NOT NULL)",
    ])
    .await
}

#[tokio::test]
async fn a_composite_key() -> Result<()> {
    with_connection(&database().await, async || {
        for (flight, place) in [(1, "1A"), (1, "1B"), (2, "1A")] {
            Seat::new(flight, place).save().await?;
        }
        let mut seat = Seat::find((1, "1B".to_owned())).await?;
        assert_eq!(seat, Seat::new(1, "1B"));
        seat.taken = true;
        seat.save().await?;
        assert_eq!(Seat::filter(Seat::TAKEN.eq(true)).all().await?, [seat.clone()]);
        seat.update_columns(Seat::TAKEN.set(false)).await?;
        seat.reload().await?;
        assert!(!seat.taken);
        assert!(Seat::new(1, "1B").insert().await.unwrap_err().is_unique_violation());
        seat.destroy().await?;
        assert_eq!(Seat::all().await?.len(), 2);
        assert!(Seat::find((1, "1B".to_owned())).await.unwrap_err().message().contains("flight, place"));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_composite_key_can_contain_zero() -> Result<()> {
    with_connection(&database().await, async || {
        let mut seat = Seat::new(0, "1A");
        seat.save().await?;
        seat.taken = true;
        seat.save().await?;
        assert_eq!(Seat::find((0, "1A".to_owned())).await?, seat);
        assert_eq!(Seat::first().await?, Seat::last().await?);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_nil_uuid_becomes_a_uuid_of_version_7() -> Result<()> {
    with_connection(&database().await, async || {
        let first = Booking::create(Booking { code: "a".into(), ..Default::default() }).await?;
        let second = Booking::create(Booking { code: "b".into(), ..Default::default() }).await?;
        assert_eq!((first.id.get_version_num(), second.id.get_version_num()), (7, 7));
        assert_eq!(Booking::all().await?.len(), 2);
        assert_eq!(Booking::find(first.id).await?, first);
        assert_eq!(Booking::first().await?.map(|booking| booking.code), Some("a".to_owned()));

        let id = Uuid::from_u128(0x1234);
        let mut given = Booking { id, code: "c".into() };
        given.save().await?;
        given.code = "d".into();
        given.save().await?;
        assert_eq!(Booking::find(id).await?, given);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_failed_insert_sets_no_uuid() -> Result<()> {
    let db = database().await;
    with_connection(&db, async || {
        connection(&db)?.execute("CREATE UNIQUE INDEX codes ON bookings (code)", []).await?;
        Booking::create(Booking { code: "a".into(), ..Default::default() }).await?;
        let mut booking = Booking { code: "a".into(), ..Default::default() };
        assert!(booking.insert().await.unwrap_err().is_unique_violation());
        assert!(booking.id.is_nil());
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_optional_key_is_generated_for_none() -> Result<()> {
    with_connection(&database().await, async || {
        let mut remark = Remark { id: None, text: "late".into() };
        remark.save().await?;
        assert_eq!(remark.id, Some(1));
        remark.text = "later".into();
        remark.save().await?;
        assert_eq!(Remark::find(1).await?, remark);
        assert_eq!(Remark::find(Some(1)).await?, remark);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_narrow_key_is_generated_too() -> Result<()> {
    with_connection(&database().await, async || {
        let gate = Gate::create(Gate { number: 0, open: true }).await?;
        assert_eq!(gate.number, 1);
        Gate { number: u16::MAX, open: false }.insert().await?;
        assert_eq!(Gate::last().await?.map(|gate| gate.number), Some(u16::MAX));
        Ok(())
    })
    .await
}

/// A model with only a generated key.
#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Ticket {
    id: i64,
}

#[tokio::test]
async fn a_row_with_only_a_generated_key() -> Result<()> {
    with_connection(&Database::new(["tickets (id ID)"]).await, async || {
        let mut ticket = Ticket::create(Ticket::default()).await?;
        assert_eq!(ticket.id, 1);
        ticket.save().await?;
        assert_eq!(Ticket::bulk_insert(&[Ticket { id: 0 }, Ticket { id: 0 }, Ticket { id: 9 }]).await?, 3);
        assert_eq!(Ticket::query().pluck(Ticket::ID).await?, [1, 2, 3, 9]);
        Ok(())
    })
    .await
}

/// A model whose names need quotes.
#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[table = "select"]
struct Odd {
    #[column = "a.b"]
    id: i64,
    #[column = "the \"order\""]
    order: i32,
    #[column = "größe `?`"]
    size: i32,
    r#type: i32,
}

#[tokio::test]
async fn all_names_are_quoted() -> Result<()> {
    let table = r#""select" ("a.b" ID, "the ""order""" I32, "größe `?`" I32, "type" I32)"#;
    with_connection(&Database::new([table]).await, async || {
        let mut odd = Odd::create(Odd { id: 0, order: 1, size: 2, r#type: 3 }).await?;
        odd.order = 4;
        odd.save().await?;
        odd.update_columns((Odd::SIZE.add(1), Odd::TYPE.set(5))).await?;
        assert_eq!(Odd::filter(Odd::SIZE.eq(3) & Odd::TYPE.gt(4)).order_by(Odd::ORDER.desc()).all().await?, [odd]);
        Odd::insert_or_update(&Odd { id: 1, order: 7, size: 8, r#type: 9 }, [Odd::ID]).await?;
        assert_eq!(Odd::find(1).await?.to_json(), serde_json::json!({ "id": 1, "order": 7, "size": 8, "type": 9 }));
        Ok(())
    })
    .await
}
