//! Common table expressions.

use super::*;
use activerecord::query::{count_rows, literal};

#[derive(Cte, Debug, PartialEq)]
struct Load {
    carrier: String,
    flights: u64,
    fares: Option<Decimal>,
}

/// A place, and its depth.
#[derive(Cte, Debug, PartialEq)]
struct Part {
    id: i64,
    name: String,
    depth: i64,
}

fn loads() -> Query<Flight, (String, u64, Option<Decimal>)> {
    Flight::query().group_by(Flight::CARRIER).select((Flight::CARRIER, count_rows(), Flight::FARE.sum()))
}

#[tokio::test]
async fn as_the_source() -> Result<()> {
    with_data(async || {
        let busy = Load::of(loads()).filter(Load::FLIGHTS.gt(1));
        check("cte", busy.clone(), [Load { carrier: text("UA"), flights: 3, fares: Some(dec!(19.10)) }]).await?;
        assert_eq!(Load::of(loads()).count().await?, 4);
        assert_eq!(Load::of(loads()).max(Load::FARES).await?, Some(Some(dec!(100))));
        assert_eq!(Load::of(loads()).order_by(Load::FARES.asc()).pluck(Load::CARRIER).await?, ["B6", "DL", "UA", "AA"]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn joined_to_a_model() -> Result<()> {
    with_data(async || {
        let named = Load::of(loads())
            .join(Airline::CARRIER.eq(Load::CARRIER))
            .order_by(Load::FARES.desc())
            .select((Airline::NAME, Load::FLIGHTS));
        let expected = [("American Airlines Inc.", 1), ("United Air Lines Inc.", 3), ("JetBlue Airways", 1)];
        check("cte_join", named, expected.map(|(name, flights)| (text(name), flights))).await?;
        let airlines = Airline::query()
            .with::<Load>(loads())
            .left_join(Load::CARRIER.eq(Airline::CARRIER))
            .order_by(Airline::CARRIER.desc())
            .limit(2);
        let load = Load { carrier: text("UA"), flights: 3, fares: Some(dec!(19.10)) };
        check("with", airlines, [(airline("WN"), None), (airline("UA"), Some(load))]).await
    })
    .await
}

#[tokio::test]
async fn recursive() -> Result<()> {
    with_data(async || {
        let base = Place::filter(Place::ID.eq(2)).select((Place::ID, Place::NAME, literal(0_i64)));
        let step = Place::query().join(Part::ID.eq(Place::PART_OF)).select((Place::ID, Place::NAME, Part::DEPTH + 1));
        let parts = Part::recursive(base.clone(), step.clone()).order_by((Part::DEPTH.asc(), Part::ID.asc()));
        let expected = [(2, 0), (3, 1), (6, 1), (4, 2), (5, 2), (7, 2)].map(|(id, depth)| Part {
            id,
            name: place(usize::try_from(id).unwrap()).name,
            depth,
        });
        check("recursive", parts, expected).await?;
        let deepest = Part::recursive(base, step).filter(Part::DEPTH.lt(2)).select(Part::DEPTH.max());
        check("recursive_maximum", deepest, [Some(1)]).await
    })
    .await
}

#[derive(Cte, Debug, PartialEq)]
struct Reached {
    id: i64,
}

/// A cycle ends, because a row that was found before is not followed again.
#[tokio::test]
async fn recursive_over_a_cycle() -> Result<()> {
    with_data(async || {
        Place::filter(Place::ID.eq(1)).update((Place::PART_OF.set(7),)).await?;
        let base = Place::filter(Place::ID.eq(7)).select((Place::ID,));
        let step = Place::query()
            .join(Reached::ID.eq(Place::ID))
            .join(Whole::column(Place::ID).eq(Place::PART_OF))
            .select((Whole::column(Place::ID),));
        let reached = Reached::recursive_distinct(base, step).order_by(Reached::ID.asc());
        check("recursive_distinct", reached, [1, 2, 6, 7].map(|id| Reached { id })).await
    })
    .await
}

#[tokio::test]
async fn recursive_joined_to_a_model() -> Result<()> {
    with_data(async || {
        let base = Place::filter(Place::NAME.eq("MIA")).select((Place::ID,));
        let step = Place::query()
            .join(Reached::ID.eq(Place::ID))
            .filter(Place::PART_OF.is_not_null())
            .select((Place::PART_OF.coalesce(0),));
        let above = Place::query()
            .with_recursive::<Reached>(base, step)
            .join(Reached::ID.eq(Place::ID))
            .order_by(Place::ID.asc())
            .select(Place::NAME);
        check("with_recursive", above, ["World", "United States", "Florida", "MIA"].map(text)).await
    })
    .await
}

#[tokio::test]
async fn undefined_are_refused() -> Result<()> {
    with_data(async || {
        let error = Airline::query().join(Load::CARRIER.eq(Airline::CARRIER)).all().await.unwrap_err();
        assert!(error.to_string().contains("`load`") && error.to_string().contains(".with::<"), "{error}");
        Ok(())
    })
    .await
}
