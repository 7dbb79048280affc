//! What only some databases have is spelled another way, or is `Unsupported` before anything is sent.

use std::fmt::Debug;

use activerecord::prelude::*;
use activerecord::query::{case, count_rows, exists, literal, outer, row_number, subquery, window};
use activerecord::statement::{Expr, FromItem, Select};
use activerecord::{Source, Uuid};
use serde_json::json;

#[derive(ActiveEnum, Clone, Copy, Debug, Default, PartialEq)]
enum Status {
    #[default]
    Active,
    Suspended,
    Closed,
}

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Thing {
    id: Uuid,
    on: bool,
    bytes: Vec<u8>,
    data: Json<serde_json::Value>,
    tags: Vec<i32>,
    status: Status,
    n: i32,
    miles: i64,
}

const DIALECTS: [&str; 3] = ["sqlite", "postgresql", "mysql"];

/// Four things, of which two have the same document.
async fn things() -> Result<test_support::Database> {
    let db = test_support::Database::new([]).await;
    if let Some(definition) = db.profile().enum_definition {
        connection(&db)?.execute(definition, []).await?;
    }
    db.create(
        "things (id UUID NOT NULL PRIMARY KEY, \"on\" BOOL NOT NULL, bytes BYTES NOT NULL, data DOCUMENT NOT NULL,
             tags I32[] NOT NULL, status STATUS NOT NULL, n I32 NOT NULL, miles I64 NOT NULL)",
    )
    .await?;
    let things = [
        (0x0a, false, vec![0x61], json!({ "a": 1 }), Status::Active, 1, 100),
        (0xf000, true, vec![0x61, 0x00], json!({ "a": 2 }), Status::Suspended, 2, 150),
        (0x0f, true, vec![0xff], json!({ "a": 1 }), Status::Closed, 3, 950),
        (0x09, true, vec![], json!([1, "x"]), Status::Active, 4, 980),
    ]
    .map(|(id, on, bytes, data, status, n, miles)| Thing {
        id: Uuid::from_u128(id << 64 | 1),
        on,
        bytes,
        data: Json(data),
        tags: vec![n],
        status,
        n,
        miles,
    });
    with_connection(&db, async || Thing::bulk_insert(&things).await).await?;
    Ok(db)
}

/// A query that every dialect refuses, and the database here too, before anything is sent.
pub(crate) async fn refused<S, R>(query: Query<S, R>) -> Result<()>
where
    S: Source,
    R: Debug + Send + 'static,
{
    for dialect in DIALECTS {
        let error = query.to_sql(dialect).err().unwrap_or_else(|| panic!("{dialect} renders it"));
        assert_eq!((error.is_unsupported(), error.code()), (true, None), "{dialect}: {error}");
    }
    let error = query.all().await.err().unwrap_or_else(|| panic!("it is not refused"));
    assert_eq!((error.is_unsupported(), error.code()), (true, None), "{error}");
    Ok(())
}

fn uuid(id: u128) -> Uuid {
    Uuid::from_u128(id << 64 | 1)
}

#[tokio::test]
async fn least_and_greatest_values_of_every_type() -> Result<()> {
    let db = things().await?;
    with_connection(&db, async || {
        let all = Thing::query;
        assert_eq!((all().min(Thing::ID).await?, all().max(Thing::ID).await?), (Some(uuid(0x09)), Some(uuid(0xf000))));
        assert_eq!((all().min(Thing::ON).await?, all().max(Thing::ON).await?), (Some(false), Some(true)));
        assert_eq!((all().min(Thing::BYTES).await?, all().max(Thing::BYTES).await?), (Some(vec![]), Some(vec![0xff])));
        let limited = all().order_by(Thing::N.asc()).limit(2);
        assert_eq!(limited.clone().max(Thing::BYTES).await?, Some(vec![0x61, 0]));
        assert_eq!(limited.max(Thing::ID).await?, Some(uuid(0xf000)));
        assert_eq!(Thing::filter(Thing::N.gt(9)).max(Thing::ID).await?, None);
        let groups = all().group_by(Thing::ON).order_by(Thing::ON.asc()).select((
            Thing::ID.max(),
            Thing::BYTES.min(),
            Thing::ON.max(),
        ));
        let expected =
            [(Some(uuid(0x0a)), Some(vec![0x61]), Some(false)), (Some(uuid(0xf000)), Some(vec![]), Some(true))];
        assert_eq!(groups.all().await?, expected);
        let running = || window().order_by(Thing::N.asc());
        let running =
            all().order_by(Thing::N.asc()).select((Thing::ID.min().over(running()), Thing::ON.max().over(running())));
        let expected =
            [(0x0a, false), (0x0a, true), (0x0a, true), (0x09, true)].map(|(id, on)| (Some(uuid(id)), Some(on)));
        assert_eq!(running.all().await?, expected);
        assert_eq!(all().group_by(Thing::ON).having(Thing::ID.max().gt(uuid(0x10))).pluck(Thing::ON).await?, [true]);
        refused(all().select(Thing::DATA.max())).await?;
        refused(all().select(Thing::DATA.min())).await?;
        assert!(all().max(Thing::DATA).await.unwrap_err().is_unsupported());
        refused(all().order_by(Thing::DATA.asc())).await?;
        refused(Thing::filter(Thing::DATA.lt(Json(json!(1))))).await?;
        refused(Thing::filter(Thing::DATA.between(Json(json!(1)), Json(json!(2))))).await?;
        let tags = all().max(Thing::TAGS).await;
        assert_eq!(
            tags.as_ref().is_ok_and(|tags| *tags == Some(vec![4])),
            db.profile().capabilities.arrays,
            "{tags:?}"
        );
        assert!(tags.is_ok() || tags.is_err_and(|error| error.is_unsupported() && error.code().is_none()));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn documents_count_once() -> Result<()> {
    with_connection(&things().await?, async || {
        let all = Thing::query;
        let (few, many) = (|| Thing::filter(Thing::N.le(2)), || Thing::filter(Thing::N.ge(2)));
        assert_eq!(all().distinct().count().await?, 4);
        assert_eq!(all().distinct().order_by(Thing::N.desc()).first().await?.map(|thing| thing.n), Some(4));
        assert_eq!(all().select(Thing::DATA).distinct().count().await?, 3);
        assert_eq!(all().select(Thing::DATA.count_distinct()).one().await?, 3);
        assert_eq!(all().select(Thing::DATA.count()).one().await?, 4);
        assert_eq!(few().union(many()).count().await?, 4);
        assert_eq!(few().union(many()).order_by(Thing::N.asc()).all().await?.len(), 4);
        assert_eq!(few().union_all(many()).count().await?, 5);
        assert_eq!(few().union_all(many()).distinct().count().await?, 4);
        assert_eq!(few().intersect(many()).count().await?, 1);
        assert_eq!(few().except(many()).count().await?, 1);
        assert_eq!(few().limit(1).order_by(Thing::N.asc()).union(many().limit(9)).count().await?, 4);
        assert_eq!(few().union_all(many()).union(all()).count().await?, 4);
        let documents = |query: Query<Thing>| query.select(Thing::DATA);
        assert_eq!(documents(few()).union(documents(many())).count().await?, 3);
        let groups = all().group_by(Thing::DATA).order_by(count_rows().desc()).select((Thing::DATA, count_rows()));
        assert_eq!(groups.first().await?, Some((Json(json!({ "a": 1 })), 2)));
        assert_eq!(
            all().group_by(Thing::DATA).having(Thing::DATA.eq(Json(json!({ "a": 1 })))).pluck(count_rows()).await?,
            [2]
        );
        assert_eq!(Thing::filter(Thing::DATA.is_in(documents(few()))).count().await?, 3);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn distinct_rows_are_ordered_by_what_is_selected() -> Result<()> {
    with_connection(&things().await?, async || {
        let all = Thing::query;
        refused(all().select(Thing::ON).distinct().order_by(Thing::N.asc())).await?;
        refused(all().select(Thing::ON).distinct().order_by((Thing::ON.asc(), (Thing::N + 1).asc()))).await?;
        refused(all().group_by(Thing::ON).select(Thing::ON).distinct().order_by(count_rows().asc())).await?;
        assert_eq!(all().select(Thing::ON).distinct().order_by(Thing::ON.desc()).all().await?, [true, false]);
        let tens = || Thing::N / 3;
        let distinct = all().select((tens(), Thing::ON)).distinct();
        let expected = [(Some(1), true), (Some(0), false), (Some(0), true)];
        let order = (tens().desc().nulls_last(), Thing::ON.asc());
        assert_eq!(distinct.clone().order_by(order).all().await?, expected);
        assert_eq!(distinct.order_by((tens().desc().nulls_first(), Thing::ON.asc())).all().await?, expected);
        let union = Thing::select(Thing::N).union_all(Thing::select(Thing::N)).distinct().order_by(Thing::N.desc());
        assert_eq!(union.all().await?, [4, 3, 2, 1]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn computed_groups_are_known_everywhere() -> Result<()> {
    with_connection(&things().await?, async || {
        let bucket = || Thing::MILES / 100;
        let groups = || Thing::query().group_by(bucket());
        let having = groups().having(bucket().gt(5)).select((bucket(), count_rows()));
        assert_eq!(having.all().await?, [(Some(9), 2)]);
        let ordered = groups().order_by(bucket().desc()).select(count_rows());
        assert_eq!(ordered.all().await?, [2, 2]);
        let both = groups().having((bucket().lt(5)).or(count_rows().gt(9))).order_by(bucket().asc());
        assert_eq!(
            both.select((bucket() + 1, Thing::N.sum(), bucket(), bucket())).all().await?,
            [(Some(2), Some(3), Some(1), Some(1))]
        );
        let nulls = groups().order_by(bucket().asc().nulls_last()).select((bucket(), count_rows()));
        assert_eq!(nulls.all().await?, [(Some(1), 2), (Some(9), 2)]);
        let nulls = groups().order_by(bucket().desc().nulls_first()).select(count_rows());
        assert_eq!(nulls.count().await?, 2);
        let numbered = row_number().over(window().order_by(bucket().desc()));
        assert_eq!(
            groups().order_by(bucket().asc()).select((bucket(), numbered)).all().await?,
            [(Some(1), 2), (Some(9), 1)]
        );
        let sums = groups().order_by(bucket().asc()).select(Thing::N.sum().sum().over(window()));
        assert_eq!(sums.all().await?, [Some(10), Some(10)]);
        // A group of each type that a group can have.
        let on = || case::<bool>().when(Thing::N.gt(2), true).otherwise(Thing::ON);
        let on = Thing::query().group_by(on()).having(on().eq(true)).order_by(on().asc()).select((on(), count_rows()));
        assert_eq!(on.all().await?, [(true, 3)]);
        let id = || case::<Uuid>().when(Thing::N.gt(1), uuid(1)).otherwise(Thing::ID);
        let id = Thing::query().group_by(id()).having(id().eq(uuid(1))).order_by(id().asc()).select(count_rows());
        assert_eq!(id.all().await?, [3]);
        let name = || case::<String>().when(Thing::N.gt(1), "x").otherwise("y");
        let name =
            Thing::query().group_by(name()).having(name().ne("y")).order_by(name().asc()).select(name().concat("!"));
        assert_eq!(name.all().await?, ["x!"]);
        let averages = Thing::query().group_by(Thing::MILES).having(Thing::N.avg().is_in([1.0])).select(Thing::MILES);
        assert_eq!(averages.all().await?, [100]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn bound_values_take_the_type_of_the_column() -> Result<()> {
    with_connection(&things().await?, async || {
        let status = || case::<Status>().when(Thing::N.gt(2), Status::Closed).otherwise(Status::Suspended);
        let nested = || case::<Status>().when(Thing::ON.eq(false), Status::Active).otherwise(status());
        let statuses = async || Thing::order_by(Thing::N.asc()).pluck(Thing::STATUS).await;
        assert_eq!(Thing::query().update(Thing::STATUS.set(status())).await?, 4);
        assert_eq!(statuses().await?, [Status::Suspended, Status::Suspended, Status::Closed, Status::Closed]);
        assert_eq!(Thing::query().update(Thing::STATUS.set(nested())).await?, 4);
        assert_eq!(statuses().await?, [Status::Active, Status::Suspended, Status::Closed, Status::Closed]);
        let maybe = case::<Status>().when(Thing::N.gt(3), Status::Active).or_null().coalesce(Thing::STATUS);
        Thing::query().update(Thing::STATUS.set(maybe)).await?;
        assert_eq!(statuses().await?, [Status::Active, Status::Suspended, Status::Closed, Status::Active]);
        let ids = |predicate| Thing::filter(predicate).order_by(Thing::N.asc()).select(Thing::N);
        assert_eq!(Thing::filter(Thing::STATUS.eq(status())).order_by(Thing::N.asc()).pluck(Thing::N).await?, [2, 3]);
        assert_eq!(Thing::filter(status().eq(Thing::STATUS)).order_by(Thing::N.asc()).pluck(Thing::N).await?, [2, 3]);
        assert_eq!(Thing::filter(nested().ne(Thing::STATUS)).pluck(Thing::N).await?, [4]);
        assert_eq!(ids(Thing::STATUS.is_in([Status::Active])).all().await?, [1, 4]);
        assert_eq!(Thing::filter(status().is_in([Status::Closed])).count().await?, 2);
        assert_eq!(Thing::order_by(Thing::N.asc()).select(status()).first().await?, Some(Status::Suspended));
        let data =
            || case::<Json<serde_json::Value>>().when(Thing::N.gt(2), Json(json!([1]))).otherwise(Json(json!(2)));
        Thing::query().update(Thing::DATA.set(data())).await?;
        assert_eq!(Thing::filter(Thing::DATA.eq(data())).count().await?, 4);
        assert_eq!(Thing::filter(data().eq(Json(json!(2)))).count().await?, 2);
        assert_eq!(Thing::filter(Thing::DATA.eq(Json(json!([1])))).count().await?, 2);
        let data = Thing::select(data()).union(Thing::select(Thing::DATA));
        assert_eq!(data.count().await?, 2);
        let tags = case::<Vec<i32>>().when(Thing::N.gt(2), vec![7]).otherwise(vec![]);
        Thing::query().update(Thing::TAGS.set(tags)).await?;
        assert_eq!(Thing::order_by(Thing::N.desc()).first().await?.map(|thing| thing.tags), Some(vec![7]));
        Ok(())
    })
    .await
}

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Part {
    id: i64,
    name: String,
    price: Decimal,
    part_of: Option<i64>,
}

#[derive(Cte, Debug, PartialEq)]
struct Tree {
    id: i64,
    path: String,
    price: Decimal,
    root: String,
}

/// The columns of a recursive query have the types of the first part, but not its lengths.
#[tokio::test]
async fn recursive_queries_have_room() -> Result<()> {
    let db =
        test_support::Database::new(["parts (id ID, name SHORT NOT NULL, price PRICE NOT NULL, part_of I64)"]).await;
    with_connection(&db, async || {
        let part = |id, name: &str, price, part_of| Part { id, name: name.into(), price, part_of };
        let parts = [
            part(1, "world", dec!(1.25), None),
            part(2, "usa", dec!(1000.25), Some(1)),
            part(3, "maine", dec!(1000.01), Some(2)),
        ];
        Part::bulk_insert(&parts).await?;
        let base =
            || Part::filter(Part::ID.eq(1)).select((Part::ID, Part::NAME, Part::PRICE, literal(String::from("r"))));
        let step = || {
            let path = Tree::PATH.concat("/").concat(Part::NAME);
            let step = Part::query().join(Tree::ID.eq(Part::PART_OF));
            step.select((Part::ID, path, Tree::PRICE * Part::PRICE, Tree::ROOT.concat("oo")))
        };
        let tree = |id, path: &str, price, root: &str| Tree { id, path: path.into(), price, root: root.into() };
        let expected = [
            tree(1, "world", dec!(1.25), "r"),
            tree(2, "world/usa", dec!(1250.3125), "roo"),
            tree(3, "world/usa/maine", dec!(1250325.003125), "roooo"),
        ];
        assert_eq!(Tree::recursive(base(), step()).order_by(Tree::ID.asc()).all().await?, expected);
        assert_eq!(Tree::recursive_distinct(base(), step()).order_by(Tree::ID.asc()).all().await?, expected);
        assert_eq!(Tree::recursive(base(), step()).filter(Tree::PATH.eq("World/USA")).count().await?, 0);
        let again = Part::query().with_recursive::<Tree>(base(), step()).join(Tree::ID.eq(Part::ID)).count().await?;
        assert_eq!(again, 3);
        Ok(())
    })
    .await
}

/// A column that is neither grouped nor aggregated has no value of the group.
#[tokio::test]
async fn columns_of_groups() -> Result<()> {
    let db = things().await?;
    db.create("parts (id ID, name SHORT NOT NULL, price PRICE NOT NULL, part_of I64)").await?;
    with_connection(&db, async || {
        Part::create(Part { id: 1, ..Part::default() }).await?;
        let below = Part::query;
        let groups = || Thing::query().group_by(Thing::ON).order_by(Thing::ON.asc());
        for refused in [
            groups().select((Thing::ON, Thing::N)).all().await.err(),
            groups().select((Thing::ON, Thing::N + 1)).all().await.err(),
            groups().having(Thing::N.gt(1)).select((Thing::ON, Thing::N.max())).all().await.err(),
            groups().order_by(Thing::N.asc()).select((Thing::ON, Thing::N.max())).all().await.err(),
            groups().all().await.err(),
            Thing::query().select((Thing::N, count_rows())).all().await.err(),
            Thing::query().order_by(Thing::N.asc()).select((count_rows(), Thing::N.max())).all().await.err(),
            Thing::query()
                .union_all(Thing::query())
                .group_by(Thing::ON)
                .select((Thing::ON, Thing::N))
                .all()
                .await
                .err(),
            groups().select((Thing::ON, subquery(below().select(outer(Thing::N))))).all().await.err(),
            groups().select((Thing::ON, subquery(below().select(outer(Thing::N) + 1)))).all().await.err(),
            groups().having(exists(below().filter(Part::ID.eq(outer(Thing::MILES))))).pluck(Thing::ON).await.err(),
            groups().order_by(subquery(below().select(outer(Thing::N))).asc()).pluck(Thing::ON).await.err(),
        ] {
            let error = refused.expect("a refusal");
            assert_eq!((error.kind(), error.code()), (activerecord::ErrorKind::InvalidStatement, None), "{error}");
            assert!(error.to_string().contains("add it to group_by"), "{error}");
        }
        let of_group = subquery(below().filter(outer(Thing::ON).eq(true)).select(count_rows()));
        assert_eq!(groups().select((Thing::ON, of_group)).all().await?, [(false, Some(0)), (true, Some(1))]);
        let counted = subquery(below().filter(Part::ID.lt(outer(Thing::MILES))).select(count_rows()));
        let of_key = Thing::query().group_by(Thing::ID).order_by(Thing::N.asc()).select((Thing::N.max(), counted));
        assert_eq!(of_key.all().await?, [1, 2, 3, 4].map(|n| (Some(n), Some(1))));
        let mut unnamed = Select::from(FromItem::Named("things".into()));
        let of = |name: &'static str| Thing::TABLE.columns.iter().filter(move |def| def.name == name).map(Expr::from);
        unnamed.items = of("on").chain(of("n")).map(Into::into).collect();
        unnamed.group_by = of("on").collect();
        let error = connection(&db)?.read(unnamed).await.expect_err("a refusal");
        assert_eq!((error.kind(), error.code()), (activerecord::ErrorKind::InvalidStatement, None), "{error}");
        // With the key, a group has one row.
        let of_key = Thing::query().group_by(Thing::ID).order_by(Thing::N.asc()).select((Thing::N, count_rows()));
        assert_eq!(of_key.all().await?, [(1, 1), (2, 1), (3, 1), (4, 1)]);
        let numbered = groups().select((Thing::ON, row_number().over(window().order_by(Thing::N.sum().desc()))));
        assert_eq!(numbered.all().await?, [(false, 2), (true, 1)]);
        let both = groups().group_by(Thing::N).having(Thing::N.gt(2)).order_by(Thing::N.asc());
        assert_eq!(both.select((Thing::ON, Thing::N + 1)).all().await?, [(true, 4), (true, 5)]);
        Ok(())
    })
    .await
}

/// A database that does not know the type of a bound value in advance must not take it for another one.
#[tokio::test]
async fn bound_texts_in_groups_and_aggregates() -> Result<()> {
    with_connection(&things().await?, async || {
        let size =
            || case::<String>().when(Thing::N.gt(3), "greatest").when(Thing::N.gt(1), "great").otherwise("small");
        let all = Thing::query;
        assert_eq!(all().group_by(size()).order_by(size().asc()).select(count_rows()).all().await?, [2, 1, 1]);
        let groups = all().group_by(size()).order_by(size().asc()).select((size(), count_rows()));
        let expected = [("great", 2), ("greatest", 1), ("small", 1)].map(|(size, rows)| (size.to_owned(), rows));
        assert_eq!(groups.all().await?, expected);
        assert_eq!(
            all().select((size().min(), size().max())).one().await?,
            (Some("great".into()), Some("small".into()))
        );
        assert_eq!(all().max(size()).await?, Some("small".into()));
        assert_eq!(all().select(size().count_distinct()).one().await?, 3);
        assert_eq!(
            all().select(size()).distinct().order_by(size().desc()).all().await?,
            ["small", "greatest", "great"]
        );
        assert_eq!(all().select(size()).distinct().count().await?, 3);
        assert_eq!(all().select(size()).union(all().select(literal(String::from("x")))).count().await?, 4);
        let having = all().group_by(size()).having(size().min().eq("great")).select(count_rows());
        assert_eq!(having.all().await?, [2]);
        let pair = || size().concat("!");
        assert_eq!(all().group_by(pair()).order_by(pair().asc()).select(count_rows()).all().await?, [2, 1, 1]);
        let numbers = || case::<i64>().when(Thing::N.gt(1), 10_i64.pow(15)).otherwise(2);
        assert_eq!(all().group_by(numbers()).order_by(numbers().asc()).select(count_rows()).all().await?, [1, 3]);
        assert_eq!(all().select((numbers().min(), numbers().max())).one().await?, (Some(2), Some(10_i64.pow(15))));
        let decimals = || case::<Decimal>().when(Thing::N.gt(1), dec!(0.25)).otherwise(dec!(10));
        assert_eq!(all().group_by(decimals()).order_by(decimals().asc()).select(count_rows()).all().await?, [3, 1]);
        assert_eq!(all().select((decimals().min(), decimals().max())).one().await?, (Some(dec!(0.25)), Some(dec!(10))));
        let day = |day| chrono::NaiveDate::from_ymd_opt(2013, 1, day).unwrap_or_default();
        let days = || case::<chrono::NaiveDate>().when(Thing::N.gt(1), day(9)).otherwise(day(10));
        assert_eq!(all().group_by(days()).order_by(days().asc()).select(count_rows()).all().await?, [3, 1]);
        assert_eq!(all().select((days().min(), days().max())).one().await?, (Some(day(9)), Some(day(10))));
        let window = || window().partition_by(size()).order_by(Thing::N.asc());
        let firsts =
            all().order_by(Thing::N.asc()).select((size().first_value().over(window()), size().min().over(window())));
        let expected = ["small", "great", "great", "greatest"].map(|size| (size.to_owned(), Some(size.to_owned())));
        assert_eq!(firsts.all().await?, expected);
        let sub = activerecord::query::subquery(Thing::select(size().max()));
        assert_eq!(Thing::filter(sub.eq("small")).count().await?, 4);
        Ok(())
    })
    .await
}
