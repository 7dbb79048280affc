//! Parts of dates and times.

use super::{Expression, Scalar};
use crate::statement::{DatePart, Expr};
use crate::typed::{HasDate, HasTime};

/// The parts of a date, a time or a timestamp. Timestamps are in UTC. NULL gives NULL.
///
/// ```no_run
/// # use activerecord::prelude::*;
/// # #[derive(ActiveRecord)] struct Flight { id: i64, day: chrono::NaiveDate, left_at: chrono::NaiveDateTime }
/// # async fn example() -> Result<()> {
/// let tuesdays = Flight::filter(Flight::DAY.weekday().eq(2) & Flight::DAY.year().eq(2013)).count().await?;
/// let hours: Vec<i32> = Flight::select(Flight::LEFT_AT.hour()).all().await?;
/// let days: Vec<chrono::NaiveDate> = Flight::select(Flight::LEFT_AT.date()).distinct().all().await?;
/// # Ok(()) }
/// ```
///
/// `month`, `day`, `minute` and `second` are used in the same way.
pub trait DateScalar: Scalar {
    /// Returns the year.
    fn year(self) -> Expression<Self::Scope, <Self::Type as HasDate>::Part>
    where
        Self::Type: HasDate,
    {
        part(DatePart::Year, self)
    }

    /// Returns the month, 1 to 12.
    fn month(self) -> Expression<Self::Scope, <Self::Type as HasDate>::Part>
    where
        Self::Type: HasDate,
    {
        part(DatePart::Month, self)
    }

    /// Returns the day of the month, 1 to 31.
    fn day(self) -> Expression<Self::Scope, <Self::Type as HasDate>::Part>
    where
        Self::Type: HasDate,
    {
        part(DatePart::Day, self)
    }

    /// Returns the day of the week: 1 is Monday, 7 is Sunday.
    fn weekday(self) -> Expression<Self::Scope, <Self::Type as HasDate>::Part>
    where
        Self::Type: HasDate,
    {
        part(DatePart::Weekday, self)
    }

    /// Returns the date of a timestamp.
    fn date(self) -> Expression<Self::Scope, <Self::Type as HasDate>::Date>
    where
        Self::Type: HasDate,
    {
        part(DatePart::Date, self)
    }

    /// Returns the hour, 0 to 23.
    fn hour(self) -> Expression<Self::Scope, <Self::Type as HasTime>::Part>
    where
        Self::Type: HasTime,
    {
        part(DatePart::Hour, self)
    }

    /// Returns the minute, 0 to 59.
    fn minute(self) -> Expression<Self::Scope, <Self::Type as HasTime>::Part>
    where
        Self::Type: HasTime,
    {
        part(DatePart::Minute, self)
    }

    /// Returns the second, 0 to 59, without its fraction.
    fn second(self) -> Expression<Self::Scope, <Self::Type as HasTime>::Part>
    where
        Self::Type: HasTime,
    {
        part(DatePart::Second, self)
    }
}

impl<S: Scalar> DateScalar for S {}

fn part<S: Scalar, T>(part: DatePart, of: S) -> Expression<S::Scope, T> {
    Expression::new(Expr::DatePart(part, Box::new(of.into_tree())))
}
