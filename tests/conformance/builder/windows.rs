//! Window functions.

use super::*;
use crate::queries::supported::refused;
use activerecord::query::{count_rows, dense_rank, ntile, rank, row_number, window};

#[tokio::test]
async fn ranks() -> Result<()> {
    with_data(async || {
        let by_load = || window().order_by(Flight::LOAD.asc());
        let ranks = Flight::order_by((Flight::LOAD.asc(), Flight::ID.asc())).select((
            Flight::ID,
            row_number().over(window().order_by(Flight::LOAD.asc()).order_by(Flight::ID.asc())),
            rank().over(by_load()),
            dense_rank().over(by_load()),
            ntile(2).over(window().order_by(Flight::LOAD.asc()).order_by(Flight::ID.asc())),
        ));
        let expected =
            [(6, 1, 1, 1, 1), (4, 2, 2, 2, 1), (1, 3, 3, 3, 1), (5, 4, 3, 3, 2), (2, 5, 5, 4, 2), (3, 6, 6, 5, 2)];
        check("ranks", ranks, expected).await
    })
    .await
}

#[tokio::test]
async fn neighbours() -> Result<()> {
    with_data(async || {
        let by_id = || window().partition_by(Flight::CARRIER).order_by(Flight::ID.asc());
        let neighbours = Flight::filter(Flight::CARRIER.eq("UA")).order_by(Flight::ID.asc()).select((
            Flight::ID,
            Flight::MILES.lag(1).over(by_id()),
            Flight::MILES.lead(2).over(by_id()),
            Flight::DEST.first_value().over(by_id()),
            Flight::DEST.last_value().over(by_id().rows(None, None)),
        ));
        let expected = [(1, None, Some(719)), (2, Some(1400), None), (6, Some(1416), None)]
            .map(|(id, before, after)| (id, before, after, text("IAH"), text("ORD")));
        check("neighbours", neighbours, expected).await
    })
    .await
}

#[tokio::test]
async fn aggregates() -> Result<()> {
    with_data(async || {
        let of_carrier = || window().partition_by(Flight::CARRIER);
        let so_far = || of_carrier().order_by(Flight::ID.asc());
        let sums = Flight::filter(Flight::CARRIER.is_in(["UA", "DL"])).order_by(Flight::ID.asc()).select((
            Flight::ID,
            Flight::MILES.sum().over(so_far()),
            Flight::FARE.sum().over(so_far()),
            Flight::FARE.avg().over(of_carrier()),
            Flight::DELAY.avg().over(of_carrier()),
            count_rows().over(of_carrier()),
            Flight::MILES.max().over(so_far().rows(Some(1), Some(0))),
        ));
        let fare = dec!(6.3666666666666667);
        let delay = Some(2.0 / 3.0);
        let expected = [
            (1, Some(1400), Some(dec!(9)), Some(fare), delay, 3, Some(1400)),
            (2, Some(2816), Some(dec!(19)), Some(fare), delay, 3, Some(1416)),
            (5, Some(762), Some(dec!(9.5)), Some(dec!(9.5)), Some(-6.0), 1, Some(762)),
            (6, Some(3535), Some(dec!(19.1)), Some(fare), delay, 3, Some(1416)),
        ];
        check("aggregates_over_windows", sums, expected).await
    })
    .await
}

#[derive(Cte, Debug, PartialEq)]
struct Ranked {
    carrier: String,
    miles: i64,
    place: u64,
}

/// The first row of each group, for databases without DISTINCT ON.
#[tokio::test]
async fn in_a_common_table_expression() -> Result<()> {
    with_data(async || {
        let place = row_number().over(window().partition_by(Flight::CARRIER).order_by(Flight::MILES.desc()));
        let ranked = Flight::select((Flight::CARRIER, Flight::MILES, place));
        let first = Ranked::of(ranked).filter(Ranked::PLACE.eq(1)).order_by(Ranked::CARRIER.asc());
        let expected = [("AA", 1089), ("B6", 1576), ("DL", 762), ("UA", 1416)].map(|(carrier, miles)| Ranked {
            carrier: text(carrier),
            miles,
            place: 1,
        });
        check("first_of_each", first, expected).await
    })
    .await
}

#[tokio::test]
async fn misused_functions_are_refused() -> Result<()> {
    with_data(async || {
        let error = Flight::select(row_number()).all().await.unwrap_err();
        assert!(error.to_string().contains(".over(window()"), "{error}");
        let error = Flight::select(Flight::DEST.lower().over(window())).all().await.unwrap_err();
        assert!(error.to_string().contains("only aggregates"), "{error}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn places_need_an_order() -> Result<()> {
    with_data(async || {
        let of_carrier = || window().partition_by(Flight::CARRIER);
        let miles = || Flight::MILES;
        for place in [rank(), dense_rank(), ntile(2)] {
            refused(Flight::select(place.clone().over(window()))).await?;
            refused(Flight::select(place.over(of_carrier().rows(Some(1), None)))).await?;
        }
        for neighbour in [miles().lag(1), miles().lead(1)] {
            refused(Flight::select(neighbour.clone().over(window()))).await?;
            refused(Flight::select(neighbour.over(of_carrier()))).await?;
        }
        refused(Flight::select(miles().count_distinct().over(window()))).await?;
        refused(Flight::select(miles().count_distinct().over(of_carrier().order_by(Flight::ID.asc())))).await
    })
    .await
}

/// The number, the rank or the neighbour of a row does not depend on a frame.
#[tokio::test]
async fn places_have_no_frame() -> Result<()> {
    with_data(async || {
        let framed = || window().order_by(Flight::ID.asc()).rows(Some(0), Some(0));
        let places = Flight::filter(Flight::ID.le(2)).order_by(Flight::ID.asc()).select((
            row_number().over(framed()),
            rank().over(framed()),
            dense_rank().over(framed()),
            ntile(2).over(framed()),
            Flight::ID.lag(1).over(framed()),
            Flight::ID.lead(1).over(framed()),
            Flight::ID.last_value().over(framed()),
        ));
        assert_eq!(places.all().await?, [(1, 1, 1, 1, None, Some(2), 1), (2, 2, 2, 2, Some(1), None, 2)]);
        Ok(())
    })
    .await
}
