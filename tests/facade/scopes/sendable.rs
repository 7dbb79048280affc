//! All futures can be spawned, also from code that is generic over the model.

use activerecord::transaction::Retry;
use activerecord::{Column, try_transaction, try_with_connection};

use super::*;

/// The bounds that the generic code needs.
trait Named: ActiveRecord<Key = i64> + Clone + Default + PartialEq + std::fmt::Debug {
    const NAME: Column<Self, String>;
}

impl Named for Plane {
    const NAME: Column<Self, String> = Self::NAME;
}

impl Named for Airport {
    const NAME: Column<Self, String> = Self::NAME;
}

async fn every_verb<M: Named>() -> Result<()> {
    let mut record = M::create(M::default()).await?;
    record.save().await?;
    record.update().await?;
    record.update_columns((M::NAME.set("x"),)).await?;
    record.reload().await?;
    assert_eq!(M::find(2).await?, record);
    assert_eq!(M::find_by(M::NAME.eq("x")).await?, Some(record.clone()));
    assert_eq!((M::all().await?.len(), M::count().await?), (2, 2));
    assert_eq!((M::first().await?.is_some(), M::last().await?), (true, Some(record.clone())));
    assert!(M::insert_or_update(&record, [M::NAME]).await.is_err(), "names are not unique");
    M::bulk_insert(&[M::default(), M::default()]).await?;
    assert!(M::bulk_insert_or_update(&[M::default()], [M::NAME]).await.is_err());
    record.destroy().await?;
    assert!(record.purge().await.is_err_and(|error| error.is_not_found()));
    let mut inserted = M::default();
    inserted.insert().await
}

async fn every_finisher<M: Named>() -> Result<()> {
    let query = || M::filter(M::NAME.ne("no")).order_by(M::NAME.asc());
    query().update((M::NAME.set("y"),)).await?;
    query().all().await?;
    query().first().await?;
    query().last().await?;
    query().limit(1).one().await?;
    query().count().await?;
    query().exists().await?;
    query().pluck(M::NAME).await?;
    query().min(M::NAME).await?;
    query().max(M::NAME).await?;
    query().page(1, 2).await?;
    query().select(M::NAME).all().await?;
    M::raw_query("SELECT * FROM places", []).all().await?;
    M::raw_query("SELECT * FROM places", []).first().await?;
    M::filter_raw("name = ?", ["y"]).all().await?;
    let mut rows = query().stream();
    while rows.next().await?.is_some() {}
    let mut batches = M::query().batch(2);
    while batches.next().await?.is_some() {}
    query().delete().await?;
    M::query().purge().await?;
    Ok(())
}

async fn every_function_with_a_closure<M: Named>(name: &str) -> Result<()> {
    let mut record = M::default();
    with_connection(name, async || {
        transaction(name, async || record.save().await).await?;
        try_transaction(name, async || M::count().await).await?;
        try_with_connection(name, async || M::count().await).await?;
        retry(Retry::new(), async || transaction(name, async || M::count().await).await).await?;
        let tx = Transaction::begin(name).await?;
        tx.run(async || record.update().await).await?;
        let savepoint = tx.run(async || Transaction::begin(name).await).await?;
        savepoint.rollback().await?;
        tx.commit().await?;
        Transaction::begin(name).read_only().run(async || M::count().await).await?;
        let raw = connection(name)?;
        raw.query("SELECT ?", params![1]).await?;
        raw.execute("UPDATE places SET name = ?", ["z"]).await
    })
    .await?;
    Ok(())
}

/// A verb with a closure is `Send` if the future of the closure is. The compiler can check that only for a concrete
/// model.
async fn every_verb_with_a_closure(name: &str) -> Result<()> {
    let mut plane = Plane::default();
    Plane::with_connection(name, async || {
        Plane::transaction(async || plane.save().await).await?;
        Plane::try_with_connection(name, async || Plane::count().await).await
    })
    .await?;
    Ok(())
}

/// Spawns from a function that is generic over the model.
fn spawn_all<M: Named>(name: String) -> tokio::task::JoinHandle<Result<()>> {
    tokio::spawn(async move {
        with_connection(&name, async || {
            every_verb::<M>().await?;
            every_finisher::<M>().await
        })
        .await?;
        every_function_with_a_closure::<M>(&name).await
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_can_be_spawned() -> Result<()> {
    let (a, b) = places().await?;
    let spawned = [spawn_all::<Plane>(a.to_string()), spawn_all::<Airport>(b.to_string())];
    for task in spawned {
        task.await.map_err(Error::custom)??;
    }
    tokio::spawn(async move { every_verb_with_a_closure(&a).await }).await.map_err(Error::custom)?
}

#[tokio::test]
async fn the_connection_manager_can_be_spawned() -> Result<()> {
    places().await?;
    tokio::spawn(async {
        ConnectionManager::replace("spawned", "sqlite::memory:").await?;
        ConnectionManager::remove("spawned").await
    })
    .await
    .map_err(Error::custom)?
}
