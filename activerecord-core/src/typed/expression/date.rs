//! The parts of dates and times.

use super::{Expression, Scalar};
use crate::statement::{DatePart, Expr};
use crate::typed::{HasDate, HasTime};

/// A column of dates, times or instants, or what is computed from them: their parts. Instants are taken in UTC.
pub trait DateScalar: Scalar {
    /// The year.
    fn year(self) -> Expression<Self::Scope, <Self::Type as HasDate>::Part>
    where
        Self::Type: HasDate,
    {
        part(DatePart::Year, self)
    }

    /// The month, from 1.
    fn month(self) -> Expression<Self::Scope, <Self::Type as HasDate>::Part>
    where
        Self::Type: HasDate,
    {
        part(DatePart::Month, self)
    }

    /// The day of the month, from 1.
    fn day(self) -> Expression<Self::Scope, <Self::Type as HasDate>::Part>
    where
        Self::Type: HasDate,
    {
        part(DatePart::Day, self)
    }

    /// The day of the week: Monday is 1, Sunday is 7.
    fn weekday(self) -> Expression<Self::Scope, <Self::Type as HasDate>::Part>
    where
        Self::Type: HasDate,
    {
        part(DatePart::Weekday, self)
    }

    /// The day that an instant is on.
    fn date(self) -> Expression<Self::Scope, <Self::Type as HasDate>::Date>
    where
        Self::Type: HasDate,
    {
        part(DatePart::Date, self)
    }

    /// The hour, from 0.
    fn hour(self) -> Expression<Self::Scope, <Self::Type as HasTime>::Part>
    where
        Self::Type: HasTime,
    {
        part(DatePart::Hour, self)
    }

    /// The minute, from 0.
    fn minute(self) -> Expression<Self::Scope, <Self::Type as HasTime>::Part>
    where
        Self::Type: HasTime,
    {
        part(DatePart::Minute, self)
    }

    /// The whole second, from 0.
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
