//! A query that is built inside a scope keeps the scope. One that is built outside uses the scope in which it is awaited.

use activerecord::ErrorKind;
use activerecord::query::{Batches, RawQuery, RowStream};
use futures_util::TryStreamExt;

use super::*;

/// Queries that are built in one scope and awaited in another.
struct Built {
    query: Query<Plane>,
    selected: Query<Plane, String>,
    raw: RawQuery<Plane>,
    batches: Batches<Plane>,
    rows: RowStream<Plane>,
}

impl Built {
    fn here() -> Self {
        Self {
            query: Plane::query(),
            selected: Plane::filter(Plane::ID.ge(0)).select(Plane::NAME),
            raw: Plane::raw_query("SELECT * FROM places", []),
            batches: Plane::query().batch(10),
            rows: Plane::query().stream(),
        }
    }

    /// Awaits all queries, and returns the name of the database that each was read from.
    async fn read(mut self) -> Result<Vec<String>> {
        let query = self.query;
        let page = query.clone().page(1, 10).await?.items.remove(0);
        let mut names = vec![
            query.clone().one().await?.name,
            query.clone().last().await?.unwrap_or_default().name,
            query.clone().max(Plane::NAME).await?.unwrap_or_default(),
            query.clone().pluck(Plane::NAME).await?.remove(0),
            page.name,
            self.selected.one().await?,
            self.raw.first().await?.unwrap_or_default().name,
            self.batches.next().await?.unwrap_or_default().remove(0).name,
        ];
        names.push(self.rows.next().await?.unwrap_or_default().name);
        let all: Vec<Plane> = query.stream().try_collect().await?;
        names.extend(all.into_iter().map(|plane| plane.name));
        Ok(names)
    }
}

fn ten(name: &str) -> Vec<String> {
    vec![name.into(); 10]
}

#[tokio::test]
async fn built_inside_and_awaited_outside() -> Result<()> {
    let (a, b) = places().await?;
    let built = with_connection(&a, async || Ok(Built::here())).await?;
    assert_eq!(built.read().await?, ten(&a));
    let built = Plane::with_connection(&a, async || Ok(Built::here())).await?;
    assert_eq!(with_connection(&b, async || built.read().await).await?, ten(&a));
    let built = with_connection(&a, async || Ok(Built::here())).await?;
    assert_eq!(Plane::with_connection(&b, async || built.read().await).await?, ten(&a));
    let built = with_connection(&a, async || Ok(Built::here())).await?;
    assert_eq!(tokio::spawn(built.read()).await.map_err(Error::custom)??, ten(&a));
    Ok(())
}

#[tokio::test]
async fn built_outside_and_awaited_inside() -> Result<()> {
    let (a, _) = places().await?;
    let (query, raw) = (Plane::query(), Plane::raw_query("SELECT * FROM places", []));
    let names = with_connection(&a, async || Ok([query.one().await?.name, raw.all().await?.remove(0).name])).await?;
    assert_eq!(names, [&*a, &*a]);
    // Batches and streams choose their connection when they are made.
    let (mut batches, mut rows) = (Plane::query().batch(10), Plane::query().stream());
    let names = with_connection(&a, async || {
        Ok([batches.next().await?.unwrap_or_default().remove(0).name, rows.next().await?.unwrap_or_default().name])
    });
    assert_eq!(names.await?, [PLANES, PLANES]);
    Ok(())
}

#[tokio::test]
async fn batches_stay_on_their_connection() -> Result<()> {
    let (a, b) = places().await?;
    let more: Vec<_> = (10..20).map(|id| Plane { id, name: format!("{} {id}", &*a) }).collect();
    with_connection(&a, async || Plane::bulk_insert(&more).await).await?;
    let mut batches = with_connection(&a, async || Ok(Plane::query().batch(3))).await?;
    let mut read = Vec::new();
    with_connection(&b, async || {
        while let Some(planes) = batches.next().await? {
            read.extend(planes);
        }
        Ok(())
    })
    .await?;
    assert_eq!(read.len(), 11);
    assert!(read.iter().all(|plane| plane.name.starts_with(&*a)));
    Ok(())
}

/// A query does not capture the scope of another model.
#[tokio::test]
async fn a_scope_of_another_model_is_not_captured() -> Result<()> {
    let (a, b) = places().await?;
    let query = Airport::with_connection(&a, async || Ok(Plane::query())).await?;
    assert_eq!(query.clone().one().await?.name, PLANES);
    assert_eq!(with_connection(&b, async || query.clone().one().await).await?.name, &*b);
    assert_eq!(Plane::with_connection(&b, async || query.one().await).await?.name, &*b);
    Ok(())
}

#[tokio::test]
async fn a_query_joins_the_transaction_in_which_it_is_awaited() -> Result<()> {
    let (a, _) = places().await?;
    let query = with_connection(&a, async || Ok(Plane::query())).await?;
    let counted = transaction(&a, async || {
        with_connection(&a, async || Plane::create(Plane::default()).await).await?;
        let there = query.clone().count().await?;
        let elsewhere = tokio::spawn(query.clone().count()).await.map_err(Error::custom)??;
        Ok((there, elsewhere))
    });
    assert_eq!(counted.await?, (2, 1));
    let stream = transaction(&a, async || with_connection(&a, async || Ok(Plane::query().stream())).await).await;
    let error = stream?.next().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transaction, "{error}");
    Ok(())
}
