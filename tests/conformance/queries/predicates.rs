//! Predicates.

use activerecord::prelude::*;
use activerecord::query::Predicate;

use super::{Flight, day, flights, ids};

/// Checks the rows that each predicate finds.
async fn finds(cases: Vec<(Predicate<Flight>, &[i64])>) -> Result<()> {
    with_connection(&flights().await?, async || {
        for (predicate, expected) in cases {
            let shown = format!("{predicate:?}");
            assert_eq!(ids(Flight::filter(predicate).order_by(Flight::ID.asc())).await?, expected, "{shown}");
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn comparisons() -> Result<()> {
    finds(vec![
        (Flight::CARRIER.eq("UA"), &[1, 2, 6]),
        (Flight::CARRIER.eq(String::from("UA")), &[1, 2, 6]),
        (Flight::CARRIER.eq("ua"), &[]),
        (Flight::CARRIER.ne("UA"), &[3, 4, 5]),
        (Flight::NUMBER.lt(725), &[5]),
        (Flight::NUMBER.le(725), &[4, 5]),
        (Flight::NUMBER.gt(1696), &[2]),
        (Flight::NUMBER.ge(1696), &[2, 6]),
        (Flight::NUMBER.between(725, 1141), &[3, 4]),
        (Flight::NUMBER.between(1141, 725), &[]),
        (Flight::DISTANCE.gt(1400.0), &[2, 4]),
        (Flight::DAY.le(day(2)), &[1, 2]),
        (Flight::DAY.between(day(5), day(6)), &[5, 6]),
        (Flight::CANCELLED.eq(true), &[3]),
        (Flight::CANCELLED.ne(true), &[1, 2, 4, 5, 6]),
    ])
    .await
}

#[tokio::test]
async fn null_matches_only_explicit_conditions() -> Result<()> {
    finds(vec![
        (Flight::DELAY.eq(None), &[3]),
        (Flight::DELAY.ne(None), &[1, 2, 4, 5, 6]),
        (Flight::DELAY.is_null(), &[3]),
        (Flight::DELAY.is_not_null(), &[1, 2, 4, 5, 6]),
        (!Flight::DELAY.is_null(), &[1, 2, 4, 5, 6]),
        (!Flight::DELAY.is_not_null(), &[3]),
        (Flight::DELAY.eq(4), &[2]),
        (Flight::DELAY.eq(Some(4)), &[2]),
        (Flight::DELAY.ne(4), &[1, 4, 5, 6]),
        (!Flight::DELAY.eq(4), &[1, 4, 5, 6]),
        (Flight::DELAY.lt(100), &[1, 2, 4, 5, 6]),
        (Flight::DELAY.lt(None), &[]),
        (Flight::DELAY.between(-100, 100), &[1, 2, 4, 5, 6]),
    ])
    .await
}

#[tokio::test]
async fn sets() -> Result<()> {
    let numbers = vec![725, 461];
    finds(vec![
        (Flight::NUMBER.is_in([725, 461, 9999]), &[4, 5]),
        (Flight::NUMBER.is_in(&numbers), &[4, 5]),
        (Flight::NUMBER.is_in(&numbers[..1]), &[4]),
        (Flight::NUMBER.not_in(numbers), &[1, 2, 3, 6]),
        (Flight::CARRIER.is_in(["UA", "DL"]), &[1, 2, 5, 6]),
        (Flight::DELAY.is_in([2, -6]), &[1, 5]),
        (Flight::DELAY.not_in([2, -6]), &[2, 4, 6]),
        (Flight::DELAY.is_in(Vec::<i32>::new()), &[]),
        (Flight::DELAY.not_in(Vec::<i32>::new()), &[1, 2, 3, 4, 5, 6]),
        (Flight::CARRIER.eq("UA") | Flight::DELAY.is_in(Vec::<i32>::new()), &[1, 2, 6]),
        (!Flight::NUMBER.not_in([725]), &[4]),
    ])
    .await
}

#[tokio::test]
async fn sets_from_queries() -> Result<()> {
    let of_united = || Flight::filter(Flight::CARRIER.eq("UA"));
    finds(vec![
        (Flight::ID.is_in(of_united().select(Flight::ID)), &[1, 2, 6]),
        (Flight::ID.not_in(of_united().select(Flight::ID)), &[3, 4, 5]),
        (Flight::NUMBER.is_in(of_united().order_by(Flight::NUMBER.desc()).limit(2).select(Flight::NUMBER)), &[2, 6]),
        (
            Flight::ID.is_in(
                Flight::filter(Flight::ID.is_in(of_united().select(Flight::ID)) & Flight::ID.gt(1)).select(Flight::ID),
            ),
            &[2, 6],
        ),
        (Flight::ID.is_in(of_united().select(Flight::ID)) & Flight::ID.eq(1), &[1]),
    ])
    .await
}

#[tokio::test]
async fn a_long_set_is_one_statement() -> Result<()> {
    let db = flights().await?;
    with_connection(&db, async || {
        for length in [1, 2, 3, 999, 10_000, 20_000, 32_000] {
            let set: Vec<i64> = (1..).take(length).collect();
            let found = ids(Flight::filter(Flight::ID.is_in(set)).order_by(Flight::ID.asc()).limit(10)).await?;
            assert_eq!(found.len(), length.min(6), "{length}");
        }
        // An array is one value, whatever its length.
        let too_long: Vec<i64> = (1..=70_000).collect();
        match Flight::filter(Flight::ID.is_in(too_long)).count().await {
            Ok(count) => assert_eq!((count, db.profile().capabilities.arrays), (6, true)),
            Err(error) => {
                assert!(error.is_unsupported() && !db.profile().capabilities.arrays, "{error}");
                assert_eq!(error.model(), Some("Flight"));
            }
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn junctions_keep_their_parentheses() -> Result<()> {
    let (one, two, three, united) = (Flight::ID.eq(1), Flight::ID.eq(2), Flight::ID.eq(3), Flight::CARRIER.eq("UA"));
    let p = |predicate: &Predicate<Flight>| predicate.clone();
    finds(vec![
        (p(&one) | p(&two) & p(&three), &[1]),
        ((p(&one) | p(&two)) & p(&three), &[]),
        ((p(&one) | p(&three)) & p(&united), &[1]),
        (p(&one) | p(&three) & p(&united), &[1]),
        (p(&three) | p(&united) & !p(&one), &[2, 3, 6]),
        (!(p(&one) | p(&two)), &[3, 4, 5, 6]),
        (!(p(&united) & p(&one)), &[2, 3, 4, 5, 6]),
        (!!p(&one), &[1]),
        (!p(&united) | p(&one), &[1, 3, 4, 5]),
        (p(&one) | p(&two) | p(&three), &[1, 2, 3]),
        ((p(&one) | p(&two)) & (p(&two) | p(&three)), &[2]),
        (Flight::NUMBER.between(700, 1200) & Flight::CARRIER.eq("AA"), &[3]),
        (Flight::NUMBER.between(700, 1200) | Flight::CARRIER.eq("DL"), &[3, 4, 5]),
        (!Flight::NUMBER.between(700, 1200) & Flight::ID.gt(4), &[5, 6]),
    ])
    .await
}

#[tokio::test]
async fn filters_are_combined_with_and() -> Result<()> {
    with_connection(&flights().await?, async || {
        let query = Flight::filter(Flight::ID.eq(1) | Flight::ID.eq(3)).filter(Flight::CARRIER.eq("UA"));
        assert_eq!(ids(query).await?, [1]);
        let query = Flight::filter_raw("id = 1 OR id = 3", []).filter(Flight::CARRIER.eq("AA"));
        assert_eq!(ids(query).await?, [3]);
        let query = Flight::filter(Flight::CARRIER.eq("UA")).filter_raw("id = 3 OR id = 1", []);
        assert_eq!(ids(query).await?, [1]);
        assert_eq!(Flight::find_by(Flight::ID.gt(3) & Flight::CARRIER.eq("UA")).await?.map(|f| f.id), Some(6));
        assert_eq!(Flight::find_by(Flight::ID.gt(6)).await?, None);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_set_from_another_connection_is_refused() -> Result<()> {
    with_connection(&flights().await?, async || {
        let elsewhere = Flight::select(Flight::ID).using("another");
        let error = Flight::filter(Flight::ID.is_in(elsewhere)).all().await.unwrap_err();
        assert!(error.is_unsupported() && error.message().contains("`another`"), "{error}");
        Ok(())
    })
    .await
}

/// As deep and as long as the library renders them, on a database with limits of its own.
#[tokio::test]
async fn deep_and_long_conditions() -> Result<()> {
    with_connection(&flights().await?, async || {
        let row = |id: i64| Flight::ID.eq(id);
        for count in [600, 10_000] {
            let any = (0..count).map(row).reduce(|all, next| next | all).unwrap_or_else(|| row(0));
            finds(vec![(any.clone(), &[1, 2, 3, 4, 5, 6]), (!any, &[])]).await?;
        }
        let turn = |all, id: usize| if id.is_multiple_of(2) { row(1) & all } else { row(2) | all };
        finds(vec![((1..activerecord::statement::MAX_DEPTH - 1).fold(row(1), turn), &[1])]).await?;
        let queries = (0..30)
            .fold(Flight::select(Flight::ID), |query, _| Flight::filter(Flight::ID.is_in(query)).select(Flight::ID));
        assert_eq!(queries.count().await?, 6);
        let sum = (0..90).fold(Flight::ID + 0, |sum, _| sum + 1);
        assert_eq!(Flight::filter(Flight::ID.eq(1)).pluck(sum).await?, [91]);
        Ok(())
    })
    .await
}
