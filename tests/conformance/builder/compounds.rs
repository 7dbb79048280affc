//! Compound queries: UNION, INTERSECT, EXCEPT.

use super::*;
use activerecord::query::literal;

#[tokio::test]
async fn unions() -> Result<()> {
    with_data(async || {
        let (near, late) = (Flight::filter(Flight::MILES.lt(800)), Flight::filter(Flight::DELAY.lt(0)));
        let both = near.clone().union(late.clone()).order_by(Flight::ID.desc());
        check("union", both.clone().select(Flight::ID), [6, 5, 4]).await?;
        assert_eq!(both.clone().count().await?, 3);
        assert_eq!(both.clone().sum(Flight::MILES).await?, 3057);
        assert_eq!(both.clone().filter(Flight::MILES.gt(1000)).all().await?, [flight(4)]);
        assert_eq!(both.clone().limit(1).offset(1).all().await?, [flight(5)]);
        assert!(both.clone().exists().await?);
        let page = both.page(2, 2).await?;
        assert_eq!((page.total, page.items), (3, vec![flight(4)]));
        let all = near.union_all(late).order_by(Flight::ID.asc());
        check("union_all", all.select(Flight::ID), [4, 5, 5, 6, 6]).await
    })
    .await
}

#[tokio::test]
async fn of_three_queries() -> Result<()> {
    with_data(async || {
        let of = |carrier: &str| Flight::filter(Flight::CARRIER.eq(carrier)).select((Flight::CARRIER, Flight::DEST));
        let three = of("AA").union(of("B6")).union(of("DL")).order_by(Flight::DEST.asc());
        let expected = [("DL", "ATL"), ("B6", "BQN"), ("AA", "MIA")].map(|(carrier, dest)| (text(carrier), text(dest)));
        check("union_of_three", three, expected).await
    })
    .await
}

#[tokio::test]
async fn of_different_models() -> Result<()> {
    with_data(async || {
        let carriers = Flight::select(Flight::CARRIER).intersect(Airline::select(Airline::CARRIER));
        check("intersect", carriers.order_by(Flight::CARRIER.asc()), ["AA", "B6", "UA"].map(text)).await?;
        let unknown = Flight::select(Flight::CARRIER).except(Airline::select(Airline::CARRIER));
        check("except", unknown, [text("DL")]).await?;
        let mixed = Flight::select(Flight::CARRIER)
            .union(Airline::select(Airline::CARRIER))
            .except(Flight::filter(Flight::MILES.gt(1000)).select(Flight::CARRIER))
            .order_by(Flight::CARRIER.asc());
        check("union_then_except", mixed, ["DL", "WN"].map(text)).await
    })
    .await
}

/// Each part keeps its own order and limit.
#[tokio::test]
async fn of_limited_queries() -> Result<()> {
    with_data(async || {
        let ends = |order| Flight::order_by(order).limit(1).select(Flight::ID);
        let both = ends(Flight::MILES.asc()).union_all(ends(Flight::MILES.desc())).order_by(Flight::ID.asc());
        check("union_of_limited", both, [4, 6]).await
    })
    .await
}

/// Equal decimals are one row. Rows of joins keep the columns of each model.
#[tokio::test]
async fn of_decimals_and_joins() -> Result<()> {
    with_data(async || {
        let nine = Flight::filter(Flight::ID.eq(1)).select(Flight::FARE);
        let nines = nine.clone().union(nine.select(literal(dec!(9))));
        check("union_of_decimals", nines, [dec!(9)]).await?;
        let joined = |id| Place::query().join(Whole::column(Place::ID).eq(Place::PART_OF)).filter(Place::ID.eq(id));
        let pairs = joined(2).union_all(joined(3)).order_by(Place::ID.asc());
        check("union_of_joins", pairs, [(place(2), place(1)), (place(3), place(2))]).await
    })
    .await
}

#[tokio::test]
async fn with_their_own_connection_are_refused() -> Result<()> {
    with_data(async || {
        let error = Flight::query().union(Flight::using("elsewhere")).all().await.unwrap_err();
        assert!(error.is_unsupported() && error.to_string().contains("`elsewhere`"), "{error}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn joined_to_a_model() -> Result<()> {
    with_data(async || {
        let early = Flight::filter(Flight::DELAY.lt(-1)).union(Flight::filter(Flight::ID.eq(3)));
        let joined = early.join(Airline::CARRIER.eq(Flight::CARRIER)).order_by(Flight::ID.asc());
        check("union_then_join", joined, [(flight(3), airline("AA")), (flight(6), airline("UA"))]).await
    })
    .await
}
