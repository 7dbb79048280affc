//! Values inside JSON.

use activerecord::query::count_rows;
use activerecord::statement::JsonStep;

use super::*;

#[tokio::test]
async fn at_a_path() -> Result<()> {
    with_data(async || {
        let at = |key: &'static str| [text("meal"), text(key)].map(JsonStep::Key);
        let parts = Flight::order_by(Flight::ID.asc()).select((
            Flight::NOTES.json::<String>(at("kind")),
            Flight::NOTES.json::<i64>(at("count")),
            Flight::NOTES.json::<f64>(at("rating")),
            Flight::NOTES.json::<bool>(at("vegan")),
        ));
        let expected = [
            (Some(text("hot")), Some(2), Some(4.5), Some(true)),
            (Some(text("cold")), Some(9_007_199_254_740_993), Some(-7.9), Some(false)),
            (None, None, None, None),
            (Some(text("7")), None, None, None),
            (None, None, None, None),
            (None, None, None, None),
        ];
        check("json", parts, expected).await?;
        let whole = Flight::order_by(Flight::ID.asc())
            .select((Flight::NOTES.json::<i64>(["meal", "rating"]), Flight::NOTES.json::<String>(["meal", "vegan"])));
        let expected = [
            (Some(4), Some(text("true"))),
            (Some(-7), Some(text("false"))),
            (None, None),
            (None, Some(text("yes"))),
            (None, None),
            (None, None),
        ];
        check("json_as_other_kinds", whole, expected).await
    })
    .await
}

#[tokio::test]
async fn in_arrays() -> Result<()> {
    with_data(async || {
        let path = |index: u32| [JsonStep::from("extras"), index.into()];
        let dotted = [JsonStep::from("extras"), 0.into(), "a.b".into()];
        let extras = Flight::filter(Flight::ID.is_in([1, 3])).order_by(Flight::ID.asc()).select((
            Flight::NOTES.json::<String>(path(1)),
            Flight::NOTES.json::<i64>(path(1)),
            Flight::NOTES.json::<String>(dotted),
            Flight::NOTES.json::<String>("extras"),
        ));
        let expected = [(Some(text("milk")), None, None, None), (Some(text("3")), Some(3), Some(text("dotted")), None)];
        check("json_in_arrays", extras, expected).await
    })
    .await
}

#[tokio::test]
async fn in_conditions() -> Result<()> {
    with_data(async || {
        let hot = Flight::filter(
            Flight::NOTES.json::<String>(["meal", "kind"]).eq("hot")
                | Flight::NOTES.json::<bool>(["meal", "vegan"]).eq(false),
        )
        .order_by(Flight::NOTES.json::<String>(["meal", "kind"]).asc())
        .select(Flight::ID);
        check("json_condition", hot, [2, 1]).await
    })
    .await
}

#[tokio::test]
async fn that_contains_other_json() -> Result<()> {
    with_data(async || {
        let with = Flight::filter(Flight::NOTES.json_contains(json!({"meal": {"kind": "hot"}, "extras": ["milk"]})))
            .select(Flight::ID);
        check("json_contains", with, [1]).await?;
        let without =
            Flight::filter(!Flight::NOTES.json_contains(json!({"meal": {"vegan": true}}))).select(count_rows());
        check("json_contains_not", without, [5]).await
    })
    .await
}

/// A number that does not fit the type is no value of it.
#[tokio::test]
async fn numbers_at_the_limits() -> Result<()> {
    with_data(async || {
        for (number, expected) in [
            (json!(i64::MAX), Some(i64::MAX)),
            (json!(i64::MIN), Some(i64::MIN)),
            (json!(i64::MAX.unsigned_abs() + 1), None),
            (json!(u64::MAX), None),
            (json!(1e300), None),
            (json!(-1e300), None),
            (json!(1e18), Some(1_000_000_000_000_000_000)),
            (json!(1e-30), Some(0)),
            (json!(-0.99), Some(0)),
            (json!(null), None),
        ] {
            let set = Flight::NOTES.set(Json(json!({ "n": number })));
            assert_eq!(Flight::filter(Flight::ID.eq(1)).update(set).await?, 1);
            let n = || Flight::NOTES.json::<i64>("n");
            let found = Flight::filter(Flight::ID.eq(1)).select(n()).one().await;
            assert_eq!(found.as_ref().ok(), Some(&expected), "{number}: {found:?}");
            let written = Flight::filter(Flight::ID.eq(1)).update(Flight::MILES.set(n().coalesce(7))).await;
            assert_eq!(written.as_ref().ok(), Some(&1), "{number}: {written:?}");
            assert_eq!(Flight::find(1).await?.miles, expected.unwrap_or(7), "{number}");
        }
        Ok(())
    })
    .await
}
