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

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Tile {
    #[primary_key]
    x: i32,
    #[primary_key]
    y: i32,
    kind: String,
}

/// The same, with hooks and a version.
#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[hooks]
struct Block {
    #[primary_key]
    batch: Uuid,
    #[primary_key]
    number: i64,
    kind: String,
    #[version]
    version: i32,
}

impl Hooks for Block {}

#[tokio::test]
async fn a_composite_key_of_zeros_is_a_key() -> Result<()> {
    let db = Database::new([
        "tiles (x I32, y I32, kind TEXT NOT NULL, PRIMARY KEY (x, y))",
        "blocks (batch UUID, number I64, kind TEXT NOT NULL, version I32 NOT NULL, PRIMARY KEY (batch, number))",
    ]);
    with_connection(&db.await, async || {
        macro_rules! case {
            ($model:ident, $key:expr, $first:ident, $second:ident) => {{
                let mut record = $model { kind: "grass".into(), ..$model::default() };
                assert!(record.update().await.unwrap_err().is_not_found());
                record.save().await?;
                assert_eq!($model::find($key).await?, record);
                record.kind = "sand".into();
                record.save().await?;
                record.update().await?;
                record.update_columns($model::KIND.set("rock")).await?;
                record.reload().await?;
                assert_eq!(record.kind, "rock");
                assert!($model::create($model::default()).await.unwrap_err().is_unique_violation());
                $model::insert_or_update(&record, ($model::$first, $model::$second)).await?;
                $model::find($key).await?.destroy().await?;
                $model::bulk_insert(&[$model::default()]).await?;
                $model::find($key).await?.purge().await?;
                assert_eq!($model::count().await?, 0);
            }};
        }
        case!(Tile, (0, 0), X, Y);
        case!(Block, (Uuid::nil(), 0), BATCH, NUMBER);
        Ok(())
    })
    .await
}

/// A generated key is never 0, which means that a key is not set, whatever keys the table has.
#[tokio::test]
async fn a_generated_key_is_set() -> Result<()> {
    with_connection(&database().await, async || {
        for (first, second) in [(-1, -7), (-7, -1)] {
            Remark::query().purge().await?;
            Remark::create(Remark { id: Some(first), text: "own".into() }).await?;
            let mut own = Remark { id: Some(second), text: "own too".into() };
            own.save().await?;
            own.save().await?;
            let mut remark = Remark { id: None, text: "generated".into() };
            remark.save().await?;
            assert!(remark.id > Some(0), "{remark:?}");
            remark.save().await?;
            Remark::bulk_insert(&[Remark { id: None, text: "a".into() }, Remark { id: None, text: "b".into() }])
                .await?;
            assert_eq!(Remark::filter(Remark::ID.gt(0)).count().await?, 3);
            assert_eq!((Remark::find(second).await?, Remark::find(remark.id).await?), (own, remark));
            assert_eq!(Remark::count().await?, 5);
        }
        Ok(())
    })
    .await
}

/// The same after raw SQL, before and after this program's first insert.
#[tokio::test]
async fn a_generated_key_is_set_after_raw_sql() -> Result<()> {
    let db = database().await;
    with_connection(&db, async || {
        let raw = async |sql| connection(&db)?.execute(sql, []).await;
        raw("INSERT INTO remarks (id, text) VALUES (-1, 'raw')").await?;
        assert_eq!(Remark::create(Remark::default()).await?.id, Some(1));
        raw("DELETE FROM remarks WHERE id > 0").await?;
        let mut remark = Remark::create(Remark::default()).await?;
        assert!(remark.id > Some(0));
        raw("DELETE FROM remarks").await?;
        remark.insert().await?;
        raw("UPDATE remarks SET id = -1").await?;
        let remark = Remark::create(Remark::default()).await?;
        assert!(remark.id > Some(0) && Remark::count().await? == 2, "{remark:?}");
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
