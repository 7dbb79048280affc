//! CASE, COALESCE, arithmetic, text functions and raw SQL.

use super::*;
use activerecord::query::{case, literal, raw};

async fn one<R: std::fmt::Debug + PartialEq + Send + 'static>(
    name: &str,
    query: Query<Flight, R>,
    expected: R,
) -> Result<()> {
    check(name, query.filter(Flight::ID.eq(1)), [expected]).await
}

#[tokio::test]
async fn arithmetic() -> Result<()> {
    with_data(async || {
        let sums = Flight::select((
            Flight::MILES + 1,
            Flight::MILES - Flight::ID,
            Flight::MILES * 2 + 3,
            (Flight::MILES + 3) * 2,
        ));
        one("arithmetic", sums, (1401, 1399, 2803, 2806)).await?;
        let fares = Flight::select((Flight::FARE + dec!(0.5), Flight::FARE * Flight::FARE, Flight::FARE - 1));
        one("arithmetic_of_decimals", fares, (dec!(9.5), dec!(81), dec!(8))).await?;
        let maybe = Flight::select((Flight::DELAY + 1, Flight::LOAD * 3.0, Flight::LOAD / 4.0));
        one("arithmetic_of_others", maybe, (Some(3), 1.5, Some(0.125))).await?;
        let null = Flight::filter(Flight::ID.eq(3)).select((Flight::DELAY + 1, Flight::DELAY.coalesce(-1) + 1));
        check("arithmetic_of_null", null, [(None, 0)]).await
    })
    .await
}

/// Integer division rounds towards zero. The remainder has the sign of the dividend. Division by zero gives NULL.
#[tokio::test]
async fn division() -> Result<()> {
    with_data(async || {
        let by = |n: i64| {
            Flight::select((
                Flight::MILES / n,
                Flight::MILES % n,
                (literal(0_i64) - Flight::MILES) / n,
                (literal(0_i64) - Flight::MILES) % n,
            ))
        };
        one("division", by(300), (Some(4), Some(200), Some(-4), Some(-200))).await?;
        one("division_by_zero", by(0), (None, None, None, None)).await?;
        one("division_of_floats", Flight::select((Flight::LOAD / 0.0, Flight::DELAY / 3)), (None, Some(0))).await
    })
    .await
}

#[tokio::test]
async fn conditions_on_computed_values() -> Result<()> {
    with_data(async || {
        let far = Flight::filter((Flight::MILES / 100).between(10, 14) & (Flight::FARE + 1).le(dec!(11)))
            .order_by((Flight::FARE + 0).desc())
            .select(Flight::ID);
        check("computed_condition", far, [2, 1]).await?;
        let few = Flight::filter((Flight::ID * 2).is_in([2, 4, 7])).order_by(Flight::ID.asc()).select(Flight::ID);
        check("computed_in_a_set", few, [1, 2]).await
    })
    .await
}

#[tokio::test]
async fn cases() -> Result<()> {
    with_data(async || {
        let size = case::<String>()
            .when(Flight::MILES.gt(1500), "far")
            .when(Flight::MILES.gt(1000), Flight::DEST)
            .otherwise("near");
        let sizes = Flight::order_by(Flight::ID.asc()).select(size);
        check("case", sizes, ["IAH", "IAH", "MIA", "far", "near", "near"].map(text)).await?;
        let late = case::<i64>().when(Flight::DELAY.gt(2), 1).or_null();
        let late = Flight::select((late.clone().count(), late.sum()));
        check("case_in_an_aggregate", late, [(1, Some(1))]).await
    })
    .await
}

#[tokio::test]
async fn coalesce() -> Result<()> {
    with_data(async || {
        let tails = Flight::filter(Flight::TAILNUM.coalesce("none").ge("N6"))
            .order_by(Flight::ID.asc())
            .select((Flight::TAILNUM.coalesce("none"), Flight::DELAY.coalesce(0)));
        let expected = [("N619AA", 0), ("N804JB", -1), ("none", -6)].map(|(tail, delay)| (text(tail), delay));
        check("coalesce", tails, expected).await?;
        one("coalesce_with_a_column", Flight::select(Flight::TAILNUM.coalesce(Flight::DEST)), text("N14228")).await
    })
    .await
}

#[tokio::test]
async fn texts() -> Result<()> {
    with_data(async || {
        let texts = Flight::select((
            Flight::DEST.lower(),
            Flight::DEST.lower().upper(),
            Flight::DEST.length(),
            Flight::TAILNUM.length(),
            Flight::CARRIER.concat("-").concat(Flight::DEST),
            Flight::CARRIER.concat(Flight::TAILNUM),
        ));
        let expected = (text("iah"), text("IAH"), 3, Some(6), text("UA-IAH"), Some(text("UAN14228")));
        one("texts", texts, expected).await?;
        let umlaut = Flight::select(literal(text("Zürich")).length());
        one("length_in_characters", umlaut, 6).await?;
        let lower =
            Flight::filter(Flight::DEST.lower().starts_with("ia")).select(Flight::ID).order_by(Flight::ID.asc());
        check("pattern_of_a_computed_text", lower, [1, 2]).await
    })
    .await
}

#[tokio::test]
async fn in_updates() -> Result<()> {
    with_data(async || {
        let all = Flight::query();
        let set = (
            Flight::MILES.set(Flight::MILES * 2 + Flight::ID),
            Flight::DELAY.set(Flight::DELAY.coalesce(7)),
            Flight::DEST.set(case::<String>().when(Flight::LOAD.gt(0.5), "full").otherwise(Flight::DEST)),
            Flight::FARE.set(Flight::FARE * dec!(2)),
        );
        assert_eq!(all.update(set).await?, 6);
        let found = Flight::filter(Flight::ID.is_in([1, 3])).order_by(Flight::ID.asc()).select((
            Flight::MILES,
            Flight::DELAY,
            Flight::DEST,
            Flight::FARE,
        ));
        let expected = [(2801, Some(2), text("IAH"), dec!(18)), (2181, Some(7), text("full"), dec!(200))];
        check("after_a_computed_update", found, expected).await
    })
    .await
}

#[tokio::test]
async fn raw_expressions() -> Result<()> {
    with_data(async || {
        let raw = Flight::order_by(raw::<i64>("miles + ?", [1]).desc())
            .filter(raw::<String>("UPPER(dest)", []).eq("IAH"))
            .select((Flight::ID, raw::<i64>("miles + ?", [5])));
        check("raw_expressions", raw, [(2, 1421), (1, 1405)]).await
    })
    .await
}
