//! A saga that books a flight in one database and a hotel in another.

use std::time::Duration;

use activerecord::Backoff;
use activerecord::prelude::*;
use activerecord::saga::StepContext;

/// A booking.
#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[table = "bookings"]
pub struct Booking {
    /// The primary key.
    pub id: i64,
    /// The id of the saga that booked it.
    pub trip: Uuid,
}

/// The table of [`Booking`], in the types of `test_support`.
pub const BOOKINGS: &str = "bookings (id ID, trip UUID NOT NULL)";

/// A kind of saga.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// All steps succeed.
    Good,
    /// The last step fails, so the steps before it are compensated.
    Failing,
    /// The broken variant of [`Good`](Self::Good): its steps have no barrier.
    Unguarded,
    /// As [`Failing`](Self::Failing), but its first step cannot be compensated.
    Sticky,
    /// As [`Failing`](Self::Failing), but its first step has no barrier: its compensating action reads the output from
    /// the log.
    Loose,
}

async fn book(place: &str, context: &StepContext) -> Result<i64> {
    let trip = context.saga_id();
    Ok(Booking::with_connection(place, async || Booking::create(Booking { id: 0, trip }).await).await?.id)
}

async fn cancel(place: &str, id: i64) -> Result<()> {
    Booking::with_connection(place, async || Booking::find(id).await?.destroy().await).await
}

/// Returns the definition of a saga. Its log is on `flights`.
pub fn saga(kind: Kind, flights: &str, hotels: &str) -> Saga {
    let (first, second) = (flights.to_owned(), hotels.to_owned());
    let (first_again, second_again) = (first.clone(), second.clone());
    let flight = async move |context: &StepContext| book(&first, context).await;
    let no_flight = async move |_: &StepContext, id: i64| cancel(&first_again, id).await;
    let hotel = async move |context: &StepContext| book(&second, context).await;
    let no_hotel = async move |_: &StepContext, id: i64| cancel(&second_again, id).await;
    let pay = async |_: &StepContext| Err::<(), _>(Error::invalid("no money"));
    let no_pay = async |_: &StepContext, (): ()| Ok(());
    let saga = Saga::new(format!("trip {kind:?}"))
        .log_on(flights)
        // Longer than any pause of a slow machine. The tests end the lease of a process that they killed or stopped.
        .lease(Duration::from_secs(600))
        .backoff(Backoff::new(Duration::from_millis(1), Duration::from_millis(20)));
    match kind {
        Kind::Good => saga.step_on(flights, "flight", flight, no_flight).step_on(hotels, "hotel", hotel, no_hotel),
        Kind::Unguarded => saga.step("flight", flight, no_flight).step("hotel", hotel, no_hotel),
        Kind::Failing => saga
            .step_on(flights, "flight", flight, no_flight)
            .step_on(hotels, "hotel", hotel, no_hotel)
            .step("pay", pay, no_pay),
        Kind::Sticky => {
            let no_way = async |_: &StepContext, _: i64| Err(Error::invalid("no way back"));
            saga.step_on(flights, "flight", flight, no_way).step("pay", pay, no_pay)
        }
        Kind::Loose => saga.step("flight", flight, no_flight).step_on(hotels, "pay", pay, no_pay),
    }
}
