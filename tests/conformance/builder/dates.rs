//! Parts of dates and instants. Instants are in UTC.

use super::*;
use activerecord::query::count_rows;

type Parts = (i32, i32, i32, i32, i32, i32, i32, NaiveDate);

/// All parts of the departures.
fn parts(flights: Query<Flight>) -> Query<Flight, Parts> {
    flights.select((
        Flight::DEPARTS.year(),
        Flight::DEPARTS.month(),
        Flight::DEPARTS.day(),
        Flight::DEPARTS.hour(),
        Flight::DEPARTS.minute(),
        Flight::DEPARTS.second(),
        Flight::DEPARTS.weekday(),
        Flight::DEPARTS.date(),
    ))
}

#[tokio::test]
async fn of_instants() -> Result<()> {
    with_data(async || {
        let parts = parts(Flight::order_by(Flight::ID.asc()).filter(Flight::ID.is_in([2, 5, 6])));
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let expected = [
            (2013, 1, 1, 23, 33, 9, 2, day("2013-01-01")),
            (2014, 12, 31, 23, 59, 59, 3, day("2014-12-31")),
            (2016, 2, 29, 12, 30, 31, 1, day("2016-02-29")),
        ];
        check("parts_of_instants", parts, expected).await
    })
    .await
}

#[tokio::test]
async fn of_days() -> Result<()> {
    with_data(async || {
        let parts = Flight::filter(Flight::ID.eq(3)).select((
            Flight::DAY.year(),
            Flight::DAY.month(),
            Flight::DAY.day(),
            Flight::DAY.weekday(),
            Flight::DAY.date(),
        ));
        check("parts_of_days", parts, [(2013, 1, 6, 7, flight(3).day)]).await
    })
    .await
}

#[tokio::test]
async fn as_groups_and_conditions() -> Result<()> {
    with_data(async || {
        let days = Flight::filter(Flight::DEPARTS.year().eq(2013))
            .group_by(Flight::DEPARTS.date())
            .order_by(Flight::DEPARTS.date().asc())
            .select((Flight::DEPARTS.date(), count_rows()));
        check("group_by_day", days, [(flight(1).day, 2), (flight(3).day, 1), (flight(4).day, 1)]).await
    })
    .await
}

#[tokio::test]
async fn of_nullable_columns() -> Result<()> {
    with_data(async || {
        let years = Plane::query().with_deleted().order_by(Plane::TAILNUM.asc()).select(Plane::SCRAPPED_AT.year());
        check("part_of_null", years, [None, None, None, Some(2013)]).await
    })
    .await
}

/// Whole seconds are counted. The last half of a millisecond belongs to the second, and to the day, before.
#[tokio::test]
async fn of_the_last_instants_of_a_day() -> Result<()> {
    with_data(async || {
        for (departs, date, weekday) in [
            ("2024-03-03T23:59:59.9994Z", "2024-03-03", 7),
            ("2024-03-03T23:59:59.9995Z", "2024-03-03", 7),
            ("2024-03-03T23:59:59.999999Z", "2024-03-03", 7),
            ("2024-02-29T23:59:59.9999Z", "2024-02-29", 4),
            ("2024-03-04T00:00:00Z", "2024-03-04", 1),
            ("9999-12-31T23:59:59.9994Z", "9999-12-31", 5),
            ("9999-12-31T23:59:59.999999Z", "9999-12-31", 5),
            ("1969-12-31T23:59:59.9999Z", "1969-12-31", 3),
        ] {
            Flight::filter(Flight::ID.eq(1)).update(Flight::DEPARTS.set(instant(departs))).await?;
            let parts = parts(Flight::filter(Flight::ID.eq(1)));
            let date: NaiveDate = date.parse().unwrap();
            let (time, last) = (instant(departs), departs.starts_with("2024-03-04"));
            let (hour, minute, second) = if last { (0, 0, 0) } else { (23, 59, 59) };
            assert_eq!(time.date_naive(), date, "{departs}");
            let ymd = date.format("%Y %m %d").to_string();
            let ymd: Vec<i32> = ymd.split(' ').map(|part| part.parse().unwrap()).collect();
            let expected = (ymd[0], ymd[1], ymd[2], hour, minute, second, weekday, date);
            assert_eq!(parts.one().await.map_err(|error| error.context(departs))?, expected, "{departs}");
        }
        Ok(())
    })
    .await
}
