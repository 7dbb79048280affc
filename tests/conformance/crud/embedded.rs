//! Models with embedded structs. Every verb treats their columns as columns of the model.

use activerecord::prelude::*;
use activerecord::query::{Predicate, count_rows};
use chrono::{DateTime, Utc};
use serde_json::json;

use test_support::Database;

#[derive(Embedded, Clone, Debug, Default, PartialEq)]
struct Point {
    latitude: f64,
    longitude: f64,
}

#[derive(Embedded, Clone, Debug, Default, PartialEq)]
struct Address {
    street: Option<String>,
    #[column = "town"]
    city: String,
    #[flatten(prefix = "at_")]
    point: Point,
    #[skip]
    is_checked: bool,
}

#[derive(Embedded, Clone, Debug, Default, PartialEq)]
struct Audit {
    #[created_at]
    created_at: DateTime<Utc>,
    #[updated_at]
    updated_at: DateTime<Utc>,
    #[version]
    version: i32,
    #[soft_delete]
    deleted_at: Option<DateTime<Utc>>,
}

/// A model with the same struct twice, columns before, between and after them, and all automatic columns.
#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Customer {
    #[flatten(prefix = "home_")]
    home: Address,
    id: i64,
    #[flatten(prefix = "work_")]
    work: Address,
    #[flatten]
    audit: Audit,
    name: String,
}

/// Another model with the same struct, without a prefix. A hook marks a record that was read.
#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[hooks]
struct Shop {
    #[primary_key]
    code: String,
    #[flatten]
    address: Address,
    customer_id: Option<i64>,
}

impl Hooks for Shop {
    async fn before_save(&mut self) -> Result<()> {
        self.address.street.get_or_insert_with(|| "Main Street".into());
        Ok(())
    }

    async fn after_find(&mut self) -> Result<()> {
        self.address.is_checked = true;
        Ok(())
    }
}

#[derive(Alias)]
#[alias(Customer)]
struct Neighbour;

/// A predicate on any address of any model.
fn is_north_of<M>(address: AddressColumns<M>, latitude: f64) -> Predicate<M> {
    address.point.latitude.gt(latitude)
}

fn address(city: &str, latitude: f64) -> Address {
    Address { city: city.into(), point: Point { latitude, longitude: -107.5 }, ..Address::default() }
}

fn customer(name: &str, home: &str, work: &str) -> Customer {
    Customer { name: name.into(), home: address(home, 37.5), work: address(work, 38.5), ..Customer::default() }
}

fn shop(code: &str, city: &str) -> Shop {
    Shop { code: code.into(), address: address(city, 37.5), customer_id: None }
}

async fn database() -> Database {
    Database::new([
        "customers (id ID, name STRING NOT NULL, home_street STRING, home_town STRING NOT NULL, home_at_latitude F64 NOT NULL,
             home_at_longitude F64 NOT NULL, work_street STRING, work_town STRING NOT NULL, work_at_latitude F64 NOT NULL,
             work_at_longitude F64 NOT NULL, created_at TIMESTAMP NOT NULL, updated_at TIMESTAMP NOT NULL,
             version I32 NOT NULL, deleted_at TIMESTAMP)",
        "shops (code STRING PRIMARY KEY, street STRING, town STRING NOT NULL UNIQUE, at_latitude F64 NOT NULL,
             at_longitude F64 NOT NULL, customer_id I64)",
    ])
    .await
}

#[test]
fn the_table_has_all_columns_in_their_order() {
    let names: Vec<_> = Customer::TABLE.columns.iter().map(|def| def.name).collect();
    assert_eq!(
        names,
        [
            "home_street",
            "home_town",
            "home_at_latitude",
            "home_at_longitude",
            "id",
            "work_street",
            "work_town",
            "work_at_latitude",
            "work_at_longitude",
            "created_at",
            "updated_at",
            "version",
            "deleted_at",
            "name",
        ]
    );
    assert!(Customer::TABLE.columns.iter().all(|def| def.table == "customers"));
    let (home, work) = (&Customer::TABLE.columns[1], &Customer::TABLE.columns[8]);
    assert_eq!((home.field, home.rust_type, home.nullable), ("home_city", "String", false));
    assert_eq!((work.field, work.rust_type, work.nullable), ("work_at_longitude", "f64", false));
    assert!(Customer::TABLE.columns[0].nullable);
    assert_eq!(Customer::TABLE.key, [4]);
    let roles = (Customer::TABLE.created_at, Customer::TABLE.updated_at, Customer::TABLE.version);
    assert_eq!((roles, Customer::TABLE.soft_delete), ((Some(9), Some(10), Some(11)), Some(12)));
    assert_eq!((Customer::WORK.point.longitude.name(), Shop::ADDRESS.city.name()), ("work_at_longitude", "town"));
    assert!(format!("{:?}", Customer::WORK).starts_with("AddressColumns { street: Column"), "{:?}", Customer::WORK);
}

#[tokio::test]
async fn a_record_is_written_and_read() -> Result<()> {
    with_connection(&database().await, async || {
        let mut ann = customer("Ann", "Telluride", "Ouray");
        ann.save().await?;
        assert_ne!((ann.id, ann.audit.created_at), (0, DateTime::UNIX_EPOCH));
        assert_eq!(Customer::find(ann.id).await?, ann);

        ann.work = Address { street: Some("Box Canyon".into()), ..address("Ridgway", 38.0) };
        ann.update().await?;
        let read = Customer::find(ann.id).await?;
        assert_eq!((read.work.street.as_deref(), read.audit.version), (Some("Box Canyon"), 1));
        assert_eq!(read, ann);

        ann.update_columns((Customer::HOME.city.set("Rico"), Customer::HOME.point.latitude.add(0.25))).await?;
        assert_eq!((ann.home.city.as_str(), ann.home.point.latitude), ("Rico", 37.75));
        ann.update_columns(Customer::WORK.street.set(None)).await?;
        let mut copy = Customer { id: ann.id, ..Customer::default() };
        copy.reload().await?;
        assert_eq!(copy, ann);
        assert_eq!((ann.audit.version, Customer::count().await?), (3, 1));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn automatic_columns_can_be_embedded() -> Result<()> {
    with_connection(&database().await, async || {
        let mut ann = Customer::create(customer("Ann", "Telluride", "Ouray")).await?;
        let mut stale = ann.clone();
        ann.save().await?;
        assert!(ann.audit.updated_at > ann.audit.created_at);
        assert!(stale.save().await.unwrap_err().is_stale());

        ann.destroy().await?;
        assert!(ann.audit.deleted_at.is_some() && Customer::find(ann.id).await.unwrap_err().is_not_found());
        assert_eq!((Customer::count().await?, Customer::query().with_deleted().count().await?), (0, 1));
        ann.purge().await?;
        assert_eq!(Customer::query().with_deleted().count().await?, 0);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn many_are_written_at_once() -> Result<()> {
    with_connection(&database().await, async || {
        let customers = [customer("Ann", "Telluride", "Ouray"), customer("Bob", "Rico", "Rico")];
        assert_eq!(Customer::bulk_insert(&customers).await?, 2);
        let read = Customer::all().await?;
        assert_eq!((&read[1].home, read[0].audit.created_at), (&customers[1].home, read[1].audit.created_at));

        Shop::bulk_insert(&[shop("a", "Telluride"), shop("b", "Rico")]).await?;
        let moved = Shop { customer_id: Some(7), ..shop("a", "Telluride") };
        Shop::bulk_insert_or_update(&[moved, shop("c", "Ouray")], [Shop::ADDRESS.city]).await?;
        let found = Shop::find("a").await?;
        assert_eq!((found.customer_id, found.address.is_checked, Shop::count().await?), (Some(7), true, 3));
        Shop::insert_or_update(&shop("d", "Ouray"), (Shop::ADDRESS.city,)).await?;
        assert_eq!(Shop::count().await?, 3);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn queries_name_their_columns() -> Result<()> {
    with_connection(&database().await, async || {
        let (home, work) = (Customer::HOME, Customer::WORK);
        let all =
            [customer("Ann", "Telluride", "Ouray"), customer("Bob", "Rico", "Rico"), customer("Cy", "Ouray", "Rico")];
        Customer::bulk_insert(&all).await?;
        let names = async |query: Query<Customer>| query.pluck(Customer::NAME).await;
        assert_eq!(names(Customer::filter(home.city.eq(work.city))).await?, ["Bob"]);
        assert_eq!(names(Customer::order_by((work.city.asc(), home.city.desc()))).await?, ["Ann", "Bob", "Cy"]);
        assert_eq!(names(Customer::filter(is_north_of(work, 38.0) & !is_north_of(home, 38.0))).await?.len(), 3);
        assert_eq!(Customer::filter(home.street.is_null()).sum(home.point.latitude).await?, 112.5);
        let pairs: Vec<(String, u64)> = Customer::query()
            .group_by(work.city)
            .order_by(work.city.asc())
            .select((work.city, count_rows()))
            .all()
            .await?;
        assert_eq!(pairs, [("Ouray".into(), 1), ("Rico".into(), 2)]);

        let set = (home.city.set(work.city), home.point.latitude.set(39.0));
        assert_eq!(Customer::filter(home.city.eq("Telluride")).update(set).await?, 1);
        let ann = Customer::find_by(Customer::NAME.eq("Ann")).await?.unwrap_or_default();
        assert_eq!((ann.home.city.as_str(), ann.home.point.latitude, ann.audit.version), ("Ouray", 39.0, 1));

        let pairs: Vec<(Customer, Customer)> = Customer::query()
            .join(Neighbour::column(work.city).eq(home.city))
            .order_by((Customer::NAME.asc(), Neighbour::column(Customer::NAME).asc()))
            .all()
            .await?;
        let pairs: Vec<_> = pairs.iter().map(|(one, other)| format!("{}{}", one.name, other.name)).collect();
        assert_eq!(pairs, ["AnnAnn", "BobBob", "BobCy", "CyAnn"]);
        assert_eq!(Customer::filter(work.city.eq("Ouray")).delete().await?, 1);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn joined_and_raw_rows_are_read() -> Result<()> {
    with_connection(&database().await, async || {
        let ann = Customer::create(customer("Ann", "Telluride", "Ouray")).await?;
        let shop = Shop::create(Shop { customer_id: Some(ann.id), ..shop("a", "Rico") }).await?;
        assert_eq!(shop.address.street.as_deref(), Some("Main Street"));
        let rows: Vec<(Shop, Option<Customer>)> =
            Shop::query().left_join(Customer::ID.eq(Shop::CUSTOMER_ID)).all().await?;
        let read = Shop { address: Address { is_checked: true, ..shop.address.clone() }, ..shop.clone() };
        assert_eq!(rows, [(read.clone(), Some(ann.clone()))]);
        assert_eq!(Shop::raw_query("SELECT * FROM shops WHERE town = ?", ["Rico"]).all().await?, [read]);
        assert_eq!(Customer::query().stream().next().await?, Some(ann.clone()));
        assert_eq!(Customer::query().batch(10).next().await?, Some(vec![ann]));
        Ok(())
    })
    .await
}

#[test]
fn json_contains_the_embedded_fields() {
    let shop = shop("a", "Rico");
    assert_eq!(
        shop.to_json(),
        json!({
            "code": "a", "street": null, "city": "Rico", "at_latitude": 37.5, "at_longitude": -107.5, "customer_id": null
        })
    );
    let json = customer("Ann", "Telluride", "Ouray").to_json();
    assert_eq!((&json["home_city"], &json["work_at_latitude"]), (&json!("Telluride"), &json!(38.5)));
}

#[tokio::test]
async fn an_error_names_the_column() -> Result<()> {
    let shops = "shops (code STRING PRIMARY KEY, street STRING, town STRING, at_latitude F64 NOT NULL,
        at_longitude F64 NOT NULL, customer_id I64)";
    let db = Database::new([shops]).await;
    connection(&db)?.execute("INSERT INTO shops VALUES ('a', NULL, NULL, 0, 0, NULL)", []).await?;
    let error = Shop::using(&db).all().await.unwrap_err();
    assert!(error.is_conversion() && error.to_string().contains("column `town` of Shop::city: String"), "{error}");
    Ok(())
}
