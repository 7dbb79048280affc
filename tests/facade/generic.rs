//! Code that is generic over a model. `M: ActiveRecord` is the only bound that it needs; a program can add its own trait.

use activerecord::prelude::*;
use activerecord::query::{Assignment, Order, Predicate, count_rows};
use test_support::DatabaseFile;

#[derive(Embedded, Clone, Debug, Default, PartialEq)]
struct Contact {
    email: String,
    phone: Option<String>,
}

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Account {
    id: i64,
    owner_id: i64,
    #[flatten]
    contact: Contact,
}

/// A model with a key of another type, which the program sets.
#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Device {
    #[primary_key]
    serial: String,
    owner: i64,
    #[flatten(prefix = "support_")]
    support: Contact,
}

async fn database() -> DatabaseFile {
    DatabaseFile::new([
        "accounts (id INTEGER PRIMARY KEY, owner_id INTEGER NOT NULL, email TEXT NOT NULL UNIQUE, phone TEXT)",
        "devices (serial TEXT PRIMARY KEY, owner INTEGER NOT NULL, support_email TEXT NOT NULL UNIQUE, support_phone TEXT)",
    ])
    .await
}

fn contact(email: &str) -> Contact {
    Contact { email: email.into(), phone: None }
}

fn account(owner_id: i64, email: &str) -> Account {
    Account { owner_id, contact: contact(email), ..Account::default() }
}

fn device(serial: &str, owner: i64, email: &str) -> Device {
    Device { serial: serial.into(), owner, support: contact(email) }
}

/// Writes a record of any model.
async fn written<M: ActiveRecord>(mut record: M, keys: [Column<M, String>; 1]) -> Result<M> {
    record.insert().await?;
    record.save().await?;
    record.update().await?;
    record.reload().await?;
    M::insert_or_update(&record, keys).await?;
    M::bulk_insert_or_update(std::slice::from_ref(&record), keys).await?;
    M::find(record.key()).await
}

/// Reads by conditions of the caller.
async fn found<M: ActiveRecord>(one: Predicate<M>, other: Predicate<M>) -> Result<(Vec<M>, u64)> {
    let both = one.clone() & other.clone();
    let either = M::filter(one.clone() | !other.clone()).count().await?;
    assert!(M::filter(both.clone()).exists().await?);
    assert!(M::find_by(both.clone()).await?.is_some() && M::query().filter(one).filter(other).one().await.is_ok());
    Ok((M::query().filter(both).all().await?, either))
}

async fn ordered<M: ActiveRecord, T>(column: Column<M, T>, order: Order<M>) -> Result<Vec<T>>
where
    T: activerecord::FromValue + Send + 'static,
{
    let values = M::order_by(order.clone()).pluck(column).await?;
    assert_eq!(M::query().order_by((order, column.asc())).select((column, column)).all().await?.len(), values.len());
    Ok(values)
}

async fn moved<M: ActiveRecord>(set: Assignment<M>, of: Predicate<M>) -> Result<u64> {
    M::transaction(async || {
        let written = M::filter(of).update(set).await?;
        transaction("here", async || M::count().await).await?;
        Ok(written)
    })
    .await
}

async fn copied<M: ActiveRecord>(records: &[M], to: &str) -> Result<u64> {
    M::with_connection(to, async || M::bulk_insert(records).await).await?;
    with_connection(to, async || M::count().await).await
}

async fn emptied<M: ActiveRecord>(mut record: M) -> Result<u64> {
    record.destroy().await?;
    M::query().delete().await?;
    assert!(M::first().await?.is_none() && M::last().await?.is_none());
    M::query().purge().await
}

/// A trait of the program, with a column whose name differs between models.
trait HasOwner: ActiveRecord {
    const OWNER: Column<Self, i64>;
    const CONTACT: ContactColumns<Self>;
}

impl HasOwner for Account {
    const OWNER: Column<Self, i64> = Self::OWNER_ID;
    const CONTACT: ContactColumns<Self> = Self::CONTACT;
}

impl HasOwner for Device {
    const OWNER: Column<Self, i64> = Self::OWNER;
    const CONTACT: ContactColumns<Self> = Self::SUPPORT;
}

fn owned_by<M: HasOwner>(owner: i64) -> Query<M> {
    M::filter(M::OWNER.eq(owner)).order_by((M::OWNER.asc(), M::CONTACT.email.asc()))
}

/// Moves the records of an owner to another one, and uses every clause that names a column.
async fn handed_over<M: HasOwner>(from: i64, to: i64) -> Result<Vec<(i64, u64)>> {
    let set = (M::OWNER.set(to), M::CONTACT.phone.set(None));
    owned_by::<M>(from).update(set).await?;
    let emails = owned_by::<M>(to).pluck(M::CONTACT.email).await?;
    assert!(emails.is_sorted() && !emails.is_empty());
    assert_eq!(M::query().max(M::OWNER).await?, Some(to));
    assert_eq!(
        owned_by::<M>(to).sum(M::OWNER + 1).await?,
        (to + 1) * i64::try_from(emails.len()).map_err(Error::custom)?
    );
    let inner = M::filter(M::CONTACT.email.is_in(emails) & M::OWNER.is_in([from, to])).select(M::OWNER);
    assert!(M::filter(M::OWNER.is_in(inner)).exists().await?);
    M::query().group_by(M::OWNER).having(count_rows().gt(0)).select((M::OWNER, count_rows())).all().await
}

/// Joins two models.
async fn neighbours<M: HasOwner, N: HasOwner>() -> Result<Vec<(M, Option<N>)>> {
    M::query().left_join(N::OWNER.eq(M::OWNER)).order_by(M::OWNER.asc()).all().await
}

#[tokio::test]
async fn any_model_is_written_and_found() -> Result<()> {
    with_connection(&database().await, async || {
        let ann = written(account(1, "ann@example.com"), [Account::CONTACT.email]).await?;
        assert_eq!((ann.id, ann.contact.email.as_str()), (1, "ann@example.com"));
        let phone = written(device("p1", 1, "help@example.com"), [Device::SUPPORT.email]).await?;
        let (devices, count) = found(Device::OWNER.eq(1), Device::SUPPORT.email.contains("help")).await?;
        assert_eq!((devices, count), (vec![phone.clone()], 1));
        assert_eq!((emptied(ann).await?, emptied(phone).await?), (0, 0));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn columns_orders_and_assignments_are_passed_on() -> Result<()> {
    let (here, there) = (database().await, database().await);
    ConnectionManager::configure("here", here.url())?;
    with_connection("here", async || {
        let accounts = [account(2, "b@example.com"), account(1, "a@example.com")];
        Account::bulk_insert(&accounts).await?;
        assert_eq!(ordered(Account::OWNER_ID, Account::CONTACT.email.asc()).await?, [1, 2]);
        assert_eq!(moved(Account::OWNER_ID.set(3), Account::CONTACT.email.eq("a@example.com")).await?, 1);
        assert_eq!(copied(&accounts, &there).await?, 2);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_trait_of_the_program_names_columns() -> Result<()> {
    with_connection(&database().await, async || {
        Account::bulk_insert(&[account(1, "a@example.com"), account(2, "b@example.com")]).await?;
        Device::bulk_insert(&[device("p1", 1, "help@example.com")]).await?;
        assert_eq!(handed_over::<Account>(1, 2).await?, [(2, 2)]);
        assert_eq!(handed_over::<Device>(1, 5).await?, [(5, 1)]);
        let pairs = neighbours::<Account, Device>().await?;
        assert!(pairs.len() == 2 && pairs.iter().all(|(_, device)| device.is_none()));
        Ok(())
    })
    .await
}

/// Spawns a task in code that knows only the traits.
fn spawned<M: HasOwner + Clone>(records: Vec<M>, keys: [Column<M, String>; 1]) -> tokio::task::JoinHandle<Result<u64>> {
    let work = async move {
        M::bulk_insert(&records).await?;
        M::bulk_insert_or_update(&records, keys).await?;
        let mut first = M::first().await?.ok_or_else(|| Error::invalid("nothing was written"))?;
        first.update_columns(M::OWNER.add(1)).await?;
        handed_over::<M>(1, 2).await?;
        let (all, _) = found(M::CONTACT.phone.is_null(), M::CONTACT.email.eq("only@example.com")).await?;
        transaction("spawned", async || M::bulk_insert_or_update(&all, keys).await).await?;
        owned_by::<M>(2).count().await
    };
    tokio::spawn(work.in_current_connections())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn generic_futures_can_be_spawned() -> Result<()> {
    let db = database().await;
    ConnectionManager::configure("spawned", db.url())?;
    let (accounts, devices) = with_connection("spawned", async || {
        let accounts = spawned(vec![account(1, "only@example.com")], [Account::CONTACT.email]);
        Ok((accounts, spawned(vec![device("p1", 1, "only@example.com")], [Device::SUPPORT.email])))
    })
    .await?;
    for task in [accounts, devices] {
        assert_eq!(task.await.map_err(Error::custom)??, 1);
    }
    Ok(())
}
