//! Pages by cursors.

use super::*;
use activerecord::query::{Cursor, row};

/// Reads all pages. Each cursor is converted to text and back.
async fn pages(query: Query<Flight>, size: u64) -> Result<Vec<Vec<i64>>> {
    let mut pages = Vec::new();
    let mut after: Option<Cursor> = None;
    loop {
        let page = query.clone().keyset(after.as_ref(), size).await?;
        pages.push(page.items.iter().map(|flight| flight.id).collect());
        match page.next {
            Some(next) => after = Some(next.to_string().parse()?),
            None => return Ok(pages),
        }
    }
}

#[tokio::test]
async fn in_the_order_of_the_key() -> Result<()> {
    with_data(async || {
        assert_eq!(pages(Flight::query(), 4).await?, [vec![1, 2, 3, 4], vec![5, 6]]);
        assert_eq!(pages(Flight::query(), 3).await?, [vec![1, 2, 3], vec![4, 5, 6]]);
        assert_eq!(pages(Flight::query(), 9).await?, [vec![1, 2, 3, 4, 5, 6]]);
        assert_eq!(pages(Flight::filter(Flight::ID.gt(9)), 2).await?, [Vec::<i64>::new()]);
        Ok(())
    })
    .await
}

/// The key decides between equal values, and NULL has a fixed place, in both directions.
#[tokio::test]
async fn in_orders_with_equal_values_and_null() -> Result<()> {
    with_data(async || {
        Flight::filter(Flight::ID.is_in([2, 4])).update((Flight::DELAY.set(None),)).await?;
        let orders = [
            (Flight::DELAY.asc(), [2, 3, 4, 5, 6, 1]),
            (Flight::DELAY.desc(), [1, 6, 5, 2, 3, 4]),
            (Flight::DELAY.asc().nulls_last(), [5, 6, 1, 2, 3, 4]),
            (Flight::DELAY.desc().nulls_first(), [2, 3, 4, 1, 6, 5]),
            (Flight::CARRIER.desc(), [1, 2, 6, 5, 4, 3]),
            (Flight::FARE.asc(), [4, 6, 1, 5, 2, 3]),
        ];
        for (order, expected) in orders {
            for size in 1..=7 {
                let found: Vec<i64> = pages(Flight::order_by(order.clone()), size).await?.concat();
                assert_eq!(found, expected, "{order:?} by {size}");
            }
        }
        let two = Flight::order_by((Flight::LOAD.desc(), Flight::DEPARTS.desc(), Flight::ID.desc()));
        assert_eq!(pages(two, 1).await?.concat(), [3, 2, 5, 1, 4, 6]);
        Ok(())
    })
    .await
}

/// Floats that are not finite have their place too, and a cursor with one has a text.
#[tokio::test]
async fn in_an_order_of_floats_that_are_not_finite() -> Result<()> {
    let db = database().await?;
    let profile = db.profile();
    with_connection(&db, async || {
        let mut loads = vec![(1, f64::MAX), (2, 0.1), (3, -0.1), (4, f64::MIN_POSITIVE)];
        loads.extend([(5, f64::INFINITY), (6, f64::NEG_INFINITY)].into_iter().filter(|_| profile.infinities));
        loads.extend(Some((7, f64::NAN)).filter(|_| profile.nan));
        Flight::query().delete().await?;
        let flights: Vec<_> = loads.iter().map(|&(id, load)| Flight { id, load, ..flight(1) }).collect();
        Flight::bulk_insert(&flights).await?;
        // NaN is greater than all.
        let expected: Vec<i64> =
            [6, 3, 4, 2, 1, 5, 7].into_iter().filter(|id| loads.iter().any(|(known, _)| known == id)).collect();
        for size in 1..=8 {
            assert_eq!(pages(Flight::order_by(Flight::LOAD.asc()), size).await?.concat(), expected, "by {size}");
            let mut backwards = pages(Flight::order_by((Flight::LOAD.desc(), Flight::ID.desc())), size).await?.concat();
            backwards.reverse();
            assert_eq!(backwards, expected, "by {size}");
            let mixed = Flight::order_by((Flight::LOAD.asc(), Flight::ID.desc()));
            assert_eq!(pages(mixed, size).await?.concat(), expected, "by {size}");
        }
        Ok(())
    })
    .await
}

/// Each dialect has its own SQL, so that the database can use an index.
#[tokio::test]
async fn of_row_values() -> Result<()> {
    with_data(async || {
        let by = || Flight::order_by((Flight::CARRIER.asc(), Flight::MILES.asc()));
        let flight = || row((Flight::CARRIER, Flight::MILES));
        check("row_gt", by().filter(flight().gt(("UA", 1400))).select(Flight::ID), [2]).await?;
        check("row_le", by().filter(flight().le(("UA", 719))).select(Flight::ID), [3, 4, 5, 6]).await?;
        let both = by().filter(flight().ge(("B6", 1576)) & flight().lt(("UA", 1400)));
        assert_eq!(both.select(Flight::ID).all().await?, [4, 5, 6]);
        let fares = row((Flight::LOAD, Flight::FARE, Flight::ID)).gt((0.5, dec!(9), 1));
        check("row_of_three", Flight::filter(fares).order_by(Flight::ID.asc()).select(Flight::ID), [2, 3, 5]).await?;
        // A comparison that a NULL leaves undecided is not true.
        let delays = row((Flight::DELAY, Flight::ID)).ge((-1, 4));
        let optional = Flight::filter(delays).order_by(Flight::ID.asc());
        assert_eq!(optional.select(Flight::ID).all().await?, [1, 2, 4]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn while_rows_are_deleted() -> Result<()> {
    with_data(async || {
        let first = Flight::query().keyset(None, 2).await?;
        let json = serde_json::to_string(&first.next).map_err(Error::custom)?;
        let next: Option<Cursor> = serde_json::from_str(&json).map_err(Error::custom)?;
        Flight::filter(Flight::ID.is_in([1, 3])).delete().await?;
        let second = Flight::query().keyset(next.as_ref(), 2).await?;
        assert_eq!(second.items, [flight(4), flight(5)]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn with_another_cursor_or_order_are_refused() -> Result<()> {
    with_data(async || {
        let next = Flight::order_by(Flight::MILES.asc()).keyset(None, 1).await?.next;
        let error = Flight::order_by(Flight::MILES.desc()).keyset(next.as_ref(), 1).await.unwrap_err();
        assert!(error.is_conversion() && error.to_string().contains("miles asc"), "{error}");
        assert!("no cursor".parse::<Cursor>().unwrap_err().is_conversion());
        let error = Flight::order_by((Flight::MILES + 1).asc()).keyset(None, 1).await.unwrap_err();
        assert!(error.is_unsupported() && error.to_string().contains("page(..)"), "{error}");
        assert!(Flight::query().limit(3).keyset(None, 1).await.unwrap_err().is_unsupported());
        Ok(())
    })
    .await
}
