//! The order of rows, and parts of it: `limit`, `offset`, `first`, `last`, `one`, `page`.

use activerecord::ErrorKind;
use activerecord::prelude::*;

use super::{Flight, database, flights, ids};

#[tokio::test]
async fn null_sorts_first_unless_the_order_says_otherwise() -> Result<()> {
    with_connection(&flights().await?, async || {
        for (order, expected) in [
            (Flight::DELAY.asc(), [3, 5, 6, 4, 1, 2]),
            (Flight::DELAY.desc(), [2, 1, 4, 6, 5, 3]),
            (Flight::DELAY.asc().nulls_first(), [3, 5, 6, 4, 1, 2]),
            (Flight::DELAY.asc().nulls_last(), [5, 6, 4, 1, 2, 3]),
            (Flight::DELAY.desc().nulls_first(), [3, 2, 1, 4, 6, 5]),
            (Flight::DELAY.desc().nulls_last(), [2, 1, 4, 6, 5, 3]),
        ] {
            let shown = format!("{order:?}");
            let query = Flight::order_by(order);
            assert_eq!(ids(query.clone()).await?, expected, "{shown}");
            assert_eq!(query.clone().first().await?.map(|flight| flight.id), expected.first().copied(), "{shown}");
            assert_eq!(query.last().await?.map(|flight| flight.id), expected.last().copied(), "{shown}");
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn several_orders() -> Result<()> {
    with_connection(&flights().await?, async || {
        let expected = [3, 4, 5, 2, 6, 1];
        let carrier = || Flight::CARRIER.asc();
        let number = || Flight::NUMBER.desc();
        assert_eq!(ids(Flight::order_by((carrier(), number()))).await?, expected);
        assert_eq!(ids(Flight::order_by([carrier(), number()])).await?, expected);
        assert_eq!(ids(Flight::order_by(vec![carrier(), number()])).await?, expected);
        assert_eq!(ids(Flight::order_by(carrier()).order_by(number())).await?, expected);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn limit_and_offset() -> Result<()> {
    with_connection(&flights().await?, async || {
        let query = || Flight::order_by(Flight::ID.asc());
        assert_eq!(ids(query().limit(2)).await?, [1, 2]);
        assert_eq!(ids(query().limit(2).offset(3)).await?, [4, 5]);
        assert_eq!(ids(query().offset(4)).await?, [5, 6]);
        assert_eq!(ids(query().limit(0)).await?, [0; 0]);
        assert_eq!(ids(query().offset(99)).await?, [0; 0]);
        assert_eq!(ids(query().limit(u64::MAX).offset(5)).await?, [6]);
        assert_eq!(ids(query().limit(1).limit(3)).await?, [1, 2, 3]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn first_applies_the_limit_of_the_query() -> Result<()> {
    with_connection(&flights().await?, async || {
        let first = async |query: Query<Flight>| query.first().await.map(|flight| flight.map(|flight| flight.id));
        assert_eq!(first(Flight::query()).await?, Some(1));
        assert_eq!(first(Flight::query().offset(2)).await?, Some(3));
        assert_eq!(first(Flight::query().limit(5)).await?, Some(1));
        assert_eq!(first(Flight::query().limit(0)).await?, None);
        assert_eq!(first(Flight::filter(Flight::ID.gt(6))).await?, None);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn last_with_a_limit_is_refused() -> Result<()> {
    with_connection(&flights().await?, async || {
        assert_eq!(Flight::query().last().await?.map(|flight| flight.id), Some(6));
        assert!(Flight::query().limit(3).last().await.unwrap_err().is_unsupported());
        assert!(Flight::query().offset(3).last().await.unwrap_err().is_unsupported());
        Ok(())
    })
    .await
}

#[tokio::test]
async fn one_needs_exactly_one_row() -> Result<()> {
    with_connection(&flights().await?, async || {
        assert_eq!(Flight::filter(Flight::NUMBER.eq(725)).one().await?.id, 4);
        assert_eq!(Flight::query().limit(1).one().await?.id, 1);
        let none = Flight::filter(Flight::NUMBER.eq(1)).one().await.unwrap_err();
        assert!(none.is_not_found() && none.model() == Some("Flight"), "{none:?}");
        assert!(Flight::query().limit(0).one().await.unwrap_err().is_not_found());
        let many = Flight::query().one().await.unwrap_err();
        assert_eq!((many.kind(), many.model()), (ErrorKind::TooMany, Some("Flight")));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn pages() -> Result<()> {
    with_connection(&flights().await?, async || {
        let query = || Flight::filter(Flight::ID.gt(1)).order_by(Flight::ID.desc());
        let page = query().page(1, 2).await?;
        let ids: Vec<_> = page.items.iter().map(|flight| flight.id).collect();
        assert_eq!((ids, page.number, page.size, page.total, page.pages()), (vec![6, 5], 1, 2, 5, 3));
        assert!(page.has_next() && !page.has_previous());
        let page = query().page(3, 2).await?;
        assert_eq!((page.items.len(), page.has_next(), page.has_previous()), (1, false, true));
        let page = query().select(Flight::ID).page(9, 2).await?;
        assert_eq!((page.items.len(), page.total, page.has_next()), (0, 5, false));
        assert_eq!(Flight::query().page(0, 0).await?.items.len(), 1, "page and size start at 1");
        assert_eq!(Flight::query().page(u64::MAX, u64::MAX).await?.items.len(), 0);
        assert!(query().limit(1).page(1, 1).await.unwrap_err().is_unsupported());
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_empty_table() -> Result<()> {
    with_connection(&database().await, async || {
        assert_eq!((Flight::first().await?, Flight::last().await?, Flight::all().await?), (None, None, vec![]));
        let page = Flight::query().page(1, 10).await?;
        assert_eq!((page.total, page.pages(), page.has_next()), (0, 0, false));
        Ok(())
    })
    .await
}
