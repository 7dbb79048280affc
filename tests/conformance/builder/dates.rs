//! Parts of dates and instants. Instants are in UTC.

use super::*;
use activerecord::query::count_rows;

#[tokio::test]
async fn of_instants() -> Result<()> {
    with_data(async || {
        let parts = Flight::order_by(Flight::ID.asc()).filter(Flight::ID.is_in([2, 5, 6])).select((
            Flight::DEPARTS.year(),
            Flight::DEPARTS.month(),
            Flight::DEPARTS.day(),
            Flight::DEPARTS.hour(),
            Flight::DEPARTS.minute(),
            Flight::DEPARTS.second(),
            Flight::DEPARTS.weekday(),
            Flight::DEPARTS.date(),
        ));
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
