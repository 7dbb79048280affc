//! Joins: rows of several models as tuples.

use super::*;

#[tokio::test]
async fn of_two_models() -> Result<()> {
    with_data(async || {
        let joined = Flight::query().join(Airline::CARRIER.eq(Flight::CARRIER)).order_by(Flight::ID.asc());
        let expected = [1, 2, 3, 4, 6].map(|id| (flight(id), airline(&flight(id).carrier)));
        check("join", joined.clone(), expected).await?;
        assert_eq!(joined.clone().count().await?, 5);
        assert_eq!(joined.clone().sum(Flight::MILES).await?, 6200);
        assert_eq!(joined.clone().min(Airline::NAME).await?, Some(text("American Airlines Inc.")));
        assert!(joined.clone().filter(Airline::CARRIER.eq("AA")).exists().await?);
        assert_eq!(joined.clone().last().await?.map(|(flight, _)| flight.id), Some(6));
        let page = joined.clone().page(2, 3).await?;
        assert_eq!((page.total, page.items.len()), (5, 2));
        assert_eq!(joined.pluck(Airline::CARRIER).await?, ["UA", "UA", "AA", "B6", "UA"]);
        Ok(())
    })
    .await
}

/// A row without a partner has None. A filter on the joined model applies to the pair.
#[tokio::test]
async fn that_keep_rows_without_a_partner() -> Result<()> {
    with_data(async || {
        let joined = || Airline::query().left_join(Flight::CARRIER.eq(Airline::CARRIER));
        let ordered = joined().order_by((Airline::CARRIER.asc(), Flight::ID.desc()));
        let expected = [("AA", 3), ("B6", 4), ("UA", 6), ("UA", 2), ("UA", 1), ("WN", 0)]
            .map(|(carrier, id)| (airline(carrier), (id > 0).then(|| flight(id))));
        check("left_join", ordered, expected).await?;
        let without = joined().filter(Flight::ID.is_null());
        check("left_join_without_a_partner", without, [(airline("WN"), None)]).await?;
        let names = joined().filter(Airline::CARRIER.ne("UA")).order_by(Airline::NAME.asc()).select((
            Airline::NAME,
            Flight::MILES.optional(),
            Flight::FARE.optional(),
        ));
        let expected = [
            (text("American Airlines Inc."), Some(1089), Some(dec!(100))),
            (text("JetBlue Airways"), Some(1576), Some(dec!(-1.5))),
            (text("Southwest Airlines Co."), None, None),
        ];
        check("left_join_some_columns", names, expected).await
    })
    .await
}

#[tokio::test]
async fn a_column_of_a_left_join_must_be_optional() -> Result<()> {
    with_data(async || {
        let joined = Airline::query().left_join(Flight::CARRIER.eq(Airline::CARRIER));
        let error = joined.pluck(Flight::MILES).await.unwrap_err();
        assert!(error.is_conversion(), "{error:?}");
        assert!(error.to_string().contains("miles"), "{error}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn of_three_models() -> Result<()> {
    with_data(async || {
        let joined = Flight::query()
            .left_join(Plane::TAILNUM.eq(Flight::TAILNUM))
            .join(Airline::CARRIER.eq(Flight::CARRIER).and(Airline::CARRIER.is_in(["UA", "B6"])))
            .filter(Plane::SEATS.lt(150).or(Airline::CARRIER.eq("B6")))
            .order_by(Flight::ID.asc());
        // N804JB is scrapped, so the join does not find it.
        let plane = |id: usize| planes().into_iter().find(|plane| flight(id).tailnum.as_ref() == Some(&plane.tailnum));
        let expected = [1, 2, 4, 6].map(|id| (flight(id), plane(id).filter(|_| id != 4), airline(&flight(id).carrier)));
        check("join_of_three", joined.clone(), expected).await?;
        let with_scrapped = joined.with_deleted().filter(Flight::ID.eq(4)).one().await?;
        assert_eq!(with_scrapped, (flight(4), plane(4), airline("B6")));
        Ok(())
    })
    .await
}

/// A deleted row of one model does not hide the rows of another.
#[tokio::test]
async fn with_deleted_rows_of_one_model() -> Result<()> {
    with_data(async || {
        let scrapped = planes().pop();
        let inner = || {
            Flight::query().join(Plane::TAILNUM.eq(Flight::TAILNUM)).filter(Flight::ID.ge(4)).order_by(Flight::ID.asc())
        };
        assert_eq!(inner().select(Flight::ID).all().await?, [6]);
        let all = inner().with_deleted_of::<Plane>();
        check(
            "with_deleted_of",
            all.clone().select((Flight::ID, Plane::TAILNUM)),
            [(4, text("N804JB")), (6, text("N14228"))],
        )
        .await?;
        assert_eq!((all.clone().count().await?, all.exists().await?), (2, true));
        let left = || Flight::query().left_join(Plane::TAILNUM.eq(Flight::TAILNUM)).filter(Flight::ID.eq(4));
        assert_eq!(left().one().await?, (flight(4), None));
        assert_eq!(left().with_deleted_of::<Plane>().one().await?, (flight(4), scrapped.clone()));
        // In the other direction, the model that is joined to.
        let from =
            || Plane::query().join(Flight::TAILNUM.eq(Plane::TAILNUM)).filter(Flight::ID.eq(4)).select(Plane::SEATS);
        assert_eq!(from().all().await?, Vec::<i32>::new());
        assert_eq!(from().with_deleted_of::<Plane>().all().await?, [200]);
        assert_eq!(from().with_deleted_of::<Flight>().all().await?, Vec::<i32>::new());
        assert_eq!(from().only_deleted().all().await?, [200]);
        assert_eq!(Plane::query().with_deleted_of::<Plane>().all().await?.len(), 4);
        let twins = || Plane::query().join(Twin::column(Plane::SEATS).ge(Plane::SEATS)).filter(Plane::SEATS.eq(178));
        assert_eq!(twins().count().await?, 1);
        assert_eq!(twins().with_deleted_of::<Twin>().count().await?, 2);
        assert_eq!(twins().with_deleted_of::<Plane>().count().await?, 1);
        let union = Plane::query().with_deleted_of::<Plane>().union(Plane::query());
        assert_eq!(union.count().await?, 4);
        let within =
            Flight::filter(Flight::TAILNUM.is_in(Plane::query().with_deleted_of::<Plane>().select(Plane::TAILNUM)));
        assert_eq!(within.count().await?, 5);
        let error = Flight::query().with_deleted_of::<Plane>().all().await.unwrap_err();
        assert!(error.to_string().contains("with_deleted_of names `planes`"), "{error}");
        let within =
            Flight::filter(Flight::TAILNUM.is_in(Plane::query().with_deleted_of::<Flight>().select(Plane::TAILNUM)));
        assert!(within.count().await.is_err_and(|error| error.to_string().contains("with_deleted_of names `flights`")));
        Ok(())
    })
    .await
}

/// Another plane.
#[derive(Alias)]
#[alias(Plane)]
struct Twin;

#[tokio::test]
async fn of_a_model_with_itself() -> Result<()> {
    with_data(async || {
        let joined = Place::query()
            .left_join(Whole::column(Place::ID).eq(Place::PART_OF))
            .filter(Place::ID.le(3))
            .order_by(Place::ID.asc());
        let expected = [(place(1), None), (place(2), Some(place(1))), (place(3), Some(place(2)))];
        check("self_join", joined, expected).await?;
        let names = Place::query()
            .join(Whole::column(Place::ID).eq(Place::PART_OF))
            .filter(Whole::column(Place::NAME).starts_with("New"))
            .order_by(Place::NAME.desc())
            .select((Place::NAME, Whole::column(Place::NAME)));
        check("self_join_by_names", names, [(text("LGA"), text("New York")), (text("JFK"), text("New York"))]).await?;
        let alone = Whole::query().filter(Whole::column(Place::ID).eq(7));
        check("alias_alone", alone, [place(7)]).await
    })
    .await
}

#[tokio::test]
async fn on_more_than_equality() -> Result<()> {
    with_data(async || {
        let later = Flight::query()
            .join(Place::ID.lt(Flight::ID) & Place::NAME.ne(Flight::DEST))
            .filter(Flight::ID.le(3))
            .order_by((Flight::ID.asc(), Place::ID.asc()))
            .select((Flight::ID, Place::ID));
        check("join_on_inequality", later, [(2, 1), (3, 1), (3, 2)]).await
    })
    .await
}

#[tokio::test]
async fn of_columns_of_one_model() -> Result<()> {
    with_data(async || {
        let far = Flight::filter(Flight::MILES.gt(Flight::ID) & Flight::CARRIER.lt(Flight::DEST)).select(Flight::ID);
        check("columns_of_one_model", far.order_by(Flight::ID.asc()), [3, 4]).await
    })
    .await
}

#[tokio::test]
async fn in_streams() -> Result<()> {
    with_data(async || {
        let mut rows = Airline::query()
            .left_join(Flight::CARRIER.eq(Airline::CARRIER))
            .order_by((Airline::CARRIER.asc(), Flight::ID.asc()))
            .stream();
        let mut found = Vec::new();
        while let Some((airline, flight)) = rows.next().await? {
            found.push((airline.carrier, flight.map(|flight| flight.id)));
        }
        let expected =
            [("AA", Some(3)), ("B6", Some(4)), ("UA", Some(1)), ("UA", Some(2)), ("UA", Some(6)), ("WN", None)];
        assert_eq!(found, expected.map(|(carrier, id)| (text(carrier), id)));
        Ok(())
    })
    .await
}

/// A reusable part of a query is an ordinary function.
#[tokio::test]
async fn of_queries_from_functions() -> Result<()> {
    fn large(planes: Query<Plane>) -> Query<Plane> {
        planes.filter(Plane::SEATS.ge(149)).with_deleted()
    }
    fn oldest(planes: Query<Plane>) -> Query<Plane> {
        planes.filter(Plane::BUILT.is_not_null()).order_by(Plane::BUILT.asc())
    }
    with_data(async || {
        let flights = oldest(large(Plane::query())).join(Flight::TAILNUM.eq(Plane::TAILNUM));
        let flights = flights.order_by(Flight::ID.asc()).select((Plane::BUILT, Flight::ID));
        check("scopes", flights, [(Some(1998), 2), (Some(1999), 1), (Some(1999), 6), (Some(2012), 4)]).await
    })
    .await
}
