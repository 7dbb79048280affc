//! Columns whose values come from the database: `#[column(generated)]` and `#[column(default)]`.

use activerecord::prelude::*;
use chrono::{DateTime, Utc};

use test_support::Database;

#[derive(ActiveEnum, Clone, Copy, Debug, Default, PartialEq)]
enum Level {
    #[default]
    Unset,
    Basic,
    Gold,
}

/// Defaults of several types, and columns that are computed from others.
#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Member {
    id: i64,
    name: String,
    #[column(default)]
    level: Level,
    #[column(name = "credit", default)]
    balance: i32,
    #[column(default)]
    note: Option<String>,
    #[column(default)]
    active: Option<bool>,
    points: i32,
    #[column(generated)]
    doubled: i32,
    #[column(name = "total", generated)]
    sum: Option<i32>,
    #[version]
    version: i32,
}

const MEMBERS: &str = "members (id ID, name STRING NOT NULL UNIQUE, level STRING NOT NULL DEFAULT 'basic',
    credit I32 NOT NULL DEFAULT 5, note STRING DEFAULT 'none', active BOOL NOT NULL DEFAULT TRUE, points I32 NOT NULL,
    doubled I32 GENERATED ALWAYS AS (points * 2) STORED, total I32 GENERATED ALWAYS AS (points + credit) STORED,
    version I32 NOT NULL)";

fn member(name: &str) -> Member {
    Member { name: name.into(), points: 10, ..Member::default() }
}

#[tokio::test]
async fn an_insert_leaves_them_out_and_reads_them_back() -> Result<()> {
    with_connection(&Database::new([MEMBERS]).await, async || {
        let unset = Member::create(member("a")).await?;
        assert_eq!((unset.level, unset.balance, unset.note.as_deref()), (Level::Basic, 5, Some("none")));
        assert_eq!((unset.active, unset.doubled, unset.sum), (Some(true), 20, Some(15)));
        assert_eq!(Member::find(unset.id).await?, unset);

        let set =
            Member { level: Level::Gold, balance: 7, note: Some(String::new()), active: Some(false), ..member("b") };
        let set = Member::create(set).await?;
        assert_eq!((set.level, set.balance, set.note.as_deref()), (Level::Gold, 7, Some("")));
        assert_eq!((set.active, set.doubled, set.sum), (Some(false), 20, Some(17)));
        assert_eq!(Member::find(set.id).await?, set);

        let mut keyed = Member { id: 50, balance: 1, ..member("c") };
        keyed.save().await?;
        assert_eq!((keyed.id, keyed.level, keyed.balance, keyed.sum), (50, Level::Basic, 1, Some(11)));
        assert_eq!(Member::find(50).await?, keyed);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_update_writes_defaults_and_reads_what_is_computed() -> Result<()> {
    with_connection(&Database::new([MEMBERS]).await, async || {
        let mut member = Member::create(member("a")).await?;
        (member.points, member.doubled, member.balance, member.note) = (11, 99, 0, None);
        member.save().await?;
        assert_eq!((member.doubled, member.sum, member.version), (22, Some(11), 1));
        assert_eq!(Member::find(member.id).await?, member);
        member.points = 12;
        member.update().await?;
        assert_eq!((member.doubled, member.sum, member.note.as_deref()), (24, Some(12), None));

        member.update_columns(Member::POINTS.set(13)).await?;
        assert_eq!((member.points, member.doubled, member.sum, member.version), (13, 26, Some(13), 3));
        member.update_columns((Member::POINTS.add(1), Member::BALANCE.set(1), Member::ID.set(60))).await?;
        assert_eq!((member.points, member.doubled, member.sum, member.id), (14, 28, Some(15), 60));
        assert_eq!(Member::find(60).await?, member);
        let error = member.update_columns(Member::DOUBLED.set(1)).await.unwrap_err();
        assert!(error.is_unsupported() && error.message().contains("`doubled`"), "{error}");

        let mut stale = Member { version: 0, ..member.clone() };
        assert!(stale.save().await.unwrap_err().is_stale());
        assert!(stale.update_columns(Member::POINTS.set(1)).await.unwrap_err().is_stale());
        assert_eq!(stale, Member { version: 0, ..member.clone() });
        Member::query().update(Member::POINTS.set(20)).await?;
        member.reload().await?;
        assert_eq!(member.doubled, 40);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn many_at_once() -> Result<()> {
    with_connection(&Database::new([MEMBERS]).await, async || {
        let gold = |name| Member { level: Level::Gold, ..member(name) };
        let rich = Member { id: 40, balance: 9, doubled: 1, ..member("e") };
        let members = [member("a"), gold("b"), gold("c"), member("d"), rich];
        assert_eq!(Member::bulk_insert(&members).await?, 5);
        let rows = Member::order_by(Member::NAME.asc()).all().await?;
        let levels: Vec<_> = rows.iter().map(|row| row.level).collect();
        assert_eq!(levels, [Level::Basic, Level::Gold, Level::Gold, Level::Basic, Level::Basic]);
        assert_eq!((rows[4].id, rows[4].balance, rows[4].doubled, rows[0].balance), (40, 9, 20, 5));

        // A field that is not set changes nothing in a row that exists.
        let again = Member { points: 30, ..member("b") };
        let richer = Member { points: 30, balance: 8, ..member("d") };
        Member::bulk_insert_or_update(&[again, richer, member("f")], Member::NAME).await?;
        let rows = Member::order_by(Member::NAME.asc()).all().await?;
        assert_eq!((rows[1].level, rows[1].balance, rows[1].doubled), (Level::Gold, 5, 60));
        assert_eq!((rows[3].level, rows[3].balance, rows[3].sum), (Level::Basic, 8, Some(38)));
        assert_eq!((rows.len(), rows[5].balance), (6, 5));
        Ok(())
    })
    .await
}

/// The same around hooks, which see the values after the statement, in an embedded struct, and with a mark of deletion.
#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[hooks]
struct Parcel {
    #[primary_key]
    place: i32,
    #[primary_key]
    number: i32,
    #[flatten(prefix = "at_")]
    size: Size,
    #[soft_delete]
    gone_at: Option<DateTime<Utc>>,
}

#[derive(Embedded, Clone, Debug, Default, PartialEq)]
struct Size {
    #[column(default)]
    width: i32,
    height: i32,
    #[column(generated)]
    area: i32,
}

impl Hooks for Parcel {
    async fn after_save(&self, _: &Change) -> Result<()> {
        if self.size.area == self.size.width * self.size.height { Ok(()) } else { Err(Error::invalid("an old area")) }
    }
}

#[tokio::test]
async fn hooks_see_them_after_the_statement() -> Result<()> {
    let db = Database::new(["parcels (place I32, number I32, at_width I32 NOT NULL DEFAULT 3, at_height I32 NOT NULL,
             at_area I32 GENERATED ALWAYS AS (at_width * at_height) STORED, gone_at TIMESTAMP, PRIMARY KEY (place, number))"]);
    with_connection(&db.await, async || {
        let mut parcel = Parcel::default();
        parcel.size.height = 2;
        parcel.save().await?;
        assert_eq!((parcel.size.width, parcel.size.area), (3, 6));
        parcel.size.height = 4;
        parcel.save().await?;
        assert_eq!(parcel.size.area, 12);
        parcel.update_columns(Parcel::SIZE.width.add(1)).await?;
        assert_eq!(parcel.size.area, 16);
        parcel.destroy().await?;
        parcel.restore().await?;
        assert_eq!(Parcel::find((0, 0)).await?, parcel);
        Ok(())
    })
    .await
}

/// A row of nothing but what the database supplies.
#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Ticket {
    id: i64,
    #[column(default)]
    price: i32,
}

#[tokio::test]
async fn a_row_of_defaults() -> Result<()> {
    with_connection(&Database::new(["tickets (id ID, price I32 NOT NULL DEFAULT 12)"]).await, async || {
        assert_eq!(Ticket::create(Ticket::default()).await?, Ticket { id: 1, price: 12 });
        assert_eq!(Ticket::bulk_insert(&[Ticket::default(), Ticket::default(), Ticket { id: 9, price: 0 }]).await?, 3);
        let rows = Ticket::order_by(Ticket::ID.asc()).all().await?;
        assert_eq!(
            rows.iter().map(|row| (row.id, row.price)).collect::<Vec<_>>(),
            [(1, 12), (2, 12), (3, 12), (9, 12)]
        );
        Ok(())
    })
    .await
}

/// Keys that the database supplies, and that are not integers.
#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Voucher {
    #[column(default)]
    id: String,
    value: i32,
}

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Coupon {
    #[column(default)]
    id: Uuid,
    value: i32,
}

#[tokio::test]
async fn a_key_may_have_a_default() -> Result<()> {
    let uuid = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001);
    let db = Database::new([
        "vouchers (id STRING DEFAULT 'first' PRIMARY KEY, value I32 NOT NULL)",
        &format!("coupons (id UUID DEFAULT '{uuid}' PRIMARY KEY, value I32 NOT NULL)"),
    ])
    .await;
    with_connection(&db, async || {
        macro_rules! case {
            ($model:ident, $default:expr, $own:expr) => {{
                let created = $model::create($model { value: 1, ..$model::default() }).await;
                if connection(&db)?.capabilities().insert_returning {
                    let mut record = created?;
                    assert_eq!(record.id, $default);
                    record.value = 2;
                    record.save().await?;
                    assert_eq!($model::find($default).await?, record);
                } else {
                    let error = created.unwrap_err();
                    assert!(error.is_unsupported() && error.record::<$model>().is_some(), "{error}");
                    assert_eq!($model::count().await?, 0);
                }
                $model::create($model { id: $own, value: 3 }).await?;
                assert_eq!($model::find($own).await?.value, 3);
                assert!($model::default().update().await.unwrap_err().is_not_found());
            }};
        }
        case!(Voucher, "first".to_owned(), "own".to_owned());
        case!(Coupon, uuid, Uuid::from_u128(7));
        Ok(())
    })
    .await
}
