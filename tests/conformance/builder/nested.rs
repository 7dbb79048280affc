//! Queries inside queries: in conditions, and in the selected columns.

use super::*;
use activerecord::query::{exists, outer, subquery};

#[tokio::test]
async fn as_a_set() -> Result<()> {
    with_data(async || {
        let large = Plane::filter(Plane::SEATS.lt(150)).select(Plane::TAILNUM);
        let flights = Flight::filter(Flight::TAILNUM.is_in(large)).order_by(Flight::ID.asc()).select(Flight::ID);
        check("in_a_query", flights, [1, 2, 6]).await?;
        let joined = Flight::query().join(Airline::CARRIER.eq(Flight::CARRIER)).select(Flight::CARRIER);
        let without = Airline::filter(Airline::CARRIER.not_in(joined));
        check("not_in_a_join", without, [airline("WN")]).await
    })
    .await
}

#[tokio::test]
async fn that_refer_to_the_outer_row() -> Result<()> {
    with_data(async || {
        let flights = || Flight::filter(Flight::CARRIER.eq(outer(Airline::CARRIER)));
        let idle = Airline::filter(!exists(flights()));
        check("not_exists", idle, [airline("WN")]).await?;
        let far = Airline::filter(exists(flights().filter(Flight::MILES.gt(1400))) & Airline::NAME.contains("United"));
        check("exists", far, [airline("UA")]).await?;
        let parts = Whole::query()
            .filter(exists(Place::filter(Place::PART_OF.eq(outer(Whole::column(Place::ID))))))
            .order_by(Whole::column(Place::ID).asc())
            .select(Whole::column(Place::NAME));
        check("exists_of_itself", parts, ["World", "United States", "New York", "Florida"].map(text)).await
    })
    .await
}

#[tokio::test]
async fn in_the_selected_columns() -> Result<()> {
    with_data(async || {
        let longest = Flight::filter(Flight::CARRIER.eq(outer(Airline::CARRIER))).select(Flight::MILES.max());
        let airlines = Airline::order_by(Airline::CARRIER.asc()).select((Airline::CARRIER, subquery(longest)));
        let expected = [("AA", 1089), ("B6", 1576), ("UA", 1416)].map(|(carrier, miles)| (text(carrier), Some(miles)));
        check("subquery", airlines, expected.into_iter().chain([(text("WN"), None)])).await
    })
    .await
}

#[tokio::test]
async fn as_a_value() -> Result<()> {
    with_data(async || {
        let average = || subquery(Flight::select(Flight::MILES.avg()));
        let far = Flight::filter((Flight::MILES * 1).gt(subquery(Flight::select(Flight::MILES.min()))))
            .order_by(Flight::ID.asc())
            .select(Flight::ID);
        check("compared_with_a_subquery", far, [1, 2, 3, 4, 5]).await?;
        let rows = Flight::filter(Flight::ID.eq(1)).select((Flight::ID, average()));
        check("uncorrelated_subquery", rows, [(1, Some(6962.0 / 6.0))]).await
    })
    .await
}

#[tokio::test]
async fn of_unknown_columns_are_refused() -> Result<()> {
    with_data(async || {
        let alone = Flight::filter(Flight::CARRIER.eq(outer(Airline::CARRIER)));
        let error = alone.all().await.unwrap_err();
        assert!(error.to_string().contains("the table `airlines` of the column `carrier`"), "{error}");
        let hidden = Place::filter(exists(Place::filter(Place::PART_OF.eq(outer(Place::ID)))));
        let error = hidden.all().await.unwrap_err();
        assert!(error.to_string().contains("#[derive(Alias)]"), "{error}");
        Ok(())
    })
    .await
}

/// A write can use a query on the same table, also on MySQL, which refuses a plain one.
#[tokio::test]
async fn in_writes() -> Result<()> {
    with_data(async || {
        let most = Flight::order_by(Flight::MILES.desc()).limit(2).select(Flight::ID);
        assert_eq!(Flight::filter(Flight::ID.is_in(most)).update((Flight::DELAY.set(99),)).await?, 2);
        let late = Flight::filter(Flight::DELAY.eq(99)).order_by(Flight::ID.asc()).select(Flight::ID);
        check("after_a_write", late, [2, 4]).await
    })
    .await
}
