//! GROUP BY, aggregates and DISTINCT.

use super::*;
use activerecord::query::{case, count_rows, record};

#[tokio::test]
async fn of_one_column() -> Result<()> {
    with_data(async || {
        let loads = Flight::query()
            .group_by(Flight::CARRIER)
            .order_by((count_rows().desc(), Flight::CARRIER.asc()))
            .select((Flight::CARRIER, count_rows(), Flight::DELAY.count(), Flight::MILES.sum(), Flight::FARE.sum()));
        let expected = [
            (text("UA"), 3, 3, Some(3535), Some(dec!(19.10))),
            (text("AA"), 1, 0, Some(1089), Some(dec!(100))),
            (text("B6"), 1, 1, Some(1576), Some(dec!(-1.5))),
            (text("DL"), 1, 1, Some(762), Some(dec!(9.5))),
        ];
        check("group_by", loads.clone(), expected).await?;
        assert_eq!(loads.clone().count().await?, 4);
        assert_eq!(loads.limit(3).count().await?, 3);
        let bare = || Flight::query().group_by(Flight::CARRIER).having(count_rows().gt(1));
        assert_eq!((bare().count().await?, bare().exists().await?), (1, true));
        assert!(!bare().having(count_rows().gt(9)).exists().await?);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn that_meet_a_condition() -> Result<()> {
    with_data(async || {
        let busy = Flight::query()
            .filter(Flight::ID.gt(0))
            .group_by(Flight::DEST)
            .having(count_rows().gt(1) | Flight::FARE.max().gt(dec!(99.5)))
            .order_by(Flight::DEST.asc())
            .select((Flight::DEST, Flight::DELAY.max(), Flight::LOAD.avg(), Flight::FARE.min(), Flight::DELAY.avg()));
        let expected = [
            (text("IAH"), Some(4), Some(0.625), Some(dec!(9)), Some(3.0)),
            (text("MIA"), None, Some(1.0), Some(dec!(100)), None),
        ];
        check("having", busy, expected).await
    })
    .await
}

#[tokio::test]
async fn of_joined_models() -> Result<()> {
    with_data(async || {
        let loads = Airline::query()
            .left_join(Flight::CARRIER.eq(Airline::CARRIER))
            .group_by(record::<Airline>())
            .order_by(Airline::CARRIER.asc())
            .select((record::<Airline>(), Flight::ID.count(), Flight::FARE.avg()));
        let expected = [
            (airline("AA"), 1, Some(dec!(100))),
            (airline("B6"), 1, Some(dec!(-1.5))),
            (airline("UA"), 3, Some(dec!(6.3666666666666667))),
            (airline("WN"), 0, None),
        ];
        check("group_by_a_record", loads, expected).await
    })
    .await
}

/// Without GROUP BY, all rows are one group, also if there are no rows.
#[tokio::test]
async fn of_all_rows() -> Result<()> {
    with_data(async || {
        let all =
            Flight::select((count_rows(), Flight::CARRIER.count_distinct(), Flight::MILES.max(), Flight::LOAD.sum()));
        check("aggregates", all.clone(), [(6, 4, Some(1576), Some(3.0))]).await?;
        assert_eq!(all.clone().first().await?, Some((6, 4, Some(1576), Some(3.0))));
        let none = all.filter(Flight::ID.lt(0));
        check("aggregates_of_nothing", none, [(0, 0, None, None)]).await
    })
    .await
}

/// Equal decimals are one group, whatever their number of digits.
#[tokio::test]
async fn of_decimals() -> Result<()> {
    with_data(async || {
        Flight::create(Flight { id: 7, fare: dec!(9), ..flight(1) }).await?;
        let fares = Flight::filter(Flight::CARRIER.eq("UA"))
            .group_by(Flight::FARE)
            .order_by(Flight::FARE.asc())
            .select((Flight::FARE, count_rows()));
        check("group_by_a_decimal", fares, [(dec!(0.1), 1), (dec!(9), 2), (dec!(10), 1)]).await?;
        let doubled = || Flight::FARE * dec!(2);
        let fares = Flight::filter(Flight::MILES.gt(1000))
            .group_by(doubled())
            .order_by(doubled().desc())
            .select((doubled(), count_rows()));
        check("group_by_a_computed_decimal", fares, [(dec!(200), 1), (dec!(20), 1), (dec!(18), 2), (dec!(-3), 1)])
            .await?;
        let different = Flight::select(Flight::FARE.count_distinct());
        check("different_decimals", different, [6]).await?;
        let distinct = Flight::select(Flight::FARE).distinct().order_by(Flight::FARE.asc());
        let expected = [dec!(-1.5), dec!(0.1), dec!(9), dec!(9.5), dec!(10), dec!(100)];
        check("distinct_decimals", distinct, expected).await
    })
    .await
}

#[tokio::test]
async fn of_computed_values() -> Result<()> {
    with_data(async || {
        let late =
            || case::<String>().when(Flight::DELAY.gt(0), "late").when(Flight::DELAY.le(0), "early").otherwise("?");
        let groups = Flight::query()
            .group_by((late(), Flight::DEPARTS.year()))
            .order_by((Flight::DEPARTS.year().asc(), late().desc()))
            .select((late(), Flight::DEPARTS.year(), count_rows()));
        let expected = [("late", 2013, 2), ("early", 2013, 1), ("?", 2013, 1), ("early", 2014, 1), ("early", 2016, 1)]
            .map(|(late, year, count)| (text(late), year, count));
        check("group_by_expressions", groups, expected).await
    })
    .await
}

#[tokio::test]
async fn distinct_rows() -> Result<()> {
    with_data(async || {
        let routes = Flight::select((Flight::CARRIER, Flight::DEST)).distinct().order_by(Flight::DEST.desc());
        let expected = [("UA", "ORD"), ("AA", "MIA"), ("UA", "IAH"), ("B6", "BQN"), ("DL", "ATL")]
            .map(|(carrier, dest)| (text(carrier), text(dest)));
        check("distinct", routes.clone(), expected).await?;
        assert_eq!(routes.clone().count().await?, 5);
        let page = routes.clone().page(1, 2).await?;
        assert_eq!((page.total, page.items.len()), (5, 2));
        let error = routes.clone().sum(Flight::MILES).await.unwrap_err();
        assert!(error.is_unsupported() && error.to_string().contains("distinct"), "{error}");
        assert!(routes.exists().await?);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_first_of_each() -> Result<()> {
    with_data(async || {
        let first = Flight::query()
            .distinct_on(Flight::CARRIER)
            .order_by((Flight::CARRIER.asc(), Flight::MILES.desc()))
            .select((Flight::CARRIER, Flight::MILES));
        let expected =
            [("AA", 1089), ("B6", 1576), ("DL", 762), ("UA", 1416)].map(|(carrier, miles)| (text(carrier), miles));
        check("distinct_on", first, expected).await?;
        // PostgreSQL gives the first item the name of a column.
        let shown = case::<String>().when(Flight::MILES.gt(9), Flight::CARRIER).otherwise(Flight::CARRIER);
        let shown = Flight::query()
            .distinct_on(Flight::CARRIER)
            .order_by((Flight::CARRIER.asc(), Flight::ID.asc()))
            .select((shown, Flight::CARRIER));
        let expected = ["AA", "B6", "DL", "UA"].map(|carrier| (text(carrier), text(carrier)));
        check("distinct_on_beside_a_case", shown, expected).await
    })
    .await
}

#[tokio::test]
async fn writes_of_groups_are_refused() -> Result<()> {
    with_data(async || {
        let grouped = || Flight::query().group_by(Flight::CARRIER);
        for error in [
            grouped().delete().await.unwrap_err(),
            grouped().update((Flight::MILES.set(1),)).await.unwrap_err(),
            grouped().union(Flight::query()).delete().await.unwrap_err(),
        ] {
            assert!(error.is_unsupported() && error.to_string().contains("is_in(query)"), "{error}");
        }
        assert_eq!(Flight::count().await?, 6);
        Ok(())
    })
    .await
}
