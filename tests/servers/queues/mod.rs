//! One set of cases for every queue. No case asks which one it runs on: what queues differ in is a capability, and one that
//! lies fails here.

mod cases;
mod flow;
mod places;

/// A module of all cases for each queue.
macro_rules! queues {
    ($($queue:ident: $open:expr;)*) => {
        $(mod $queue {
            use activerecord::Result;

            cases! { $open }
        })*
    };
}

macro_rules! cases {
    ($open:expr) => {
        cases! { $open;
            an_event_arrives_as_it_was
            every_group_gets_every_event
            a_group_shares_its_events
            what_is_dropped_is_delivered_again
            what_is_given_back_is_delivered_again
            what_is_extended_stays
            what_is_done_is_gone
            events_keep_their_order
            an_early_event_waits_or_is_refused
            an_event_published_twice
            a_receiver_may_be_dropped
            any_topic_will_do
            a_large_event
            what_is_written_here_arrives_there
        }
    };
    ($open:expr; $($case:ident)*) => {
        $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $case() -> Result<()> {
            let Some(place) = $open.await? else { return Ok(()) };
            crate::queues::cases::$case(&place).await
        })*
    };
}

queues! {
    memory: crate::queues::places::memory();
    sqlite: crate::queues::places::sql("sqlite");
    postgres: crate::queues::places::sql("postgres");
    mariadb: crate::queues::places::sql("mariadb");
    mysql: crate::queues::places::sql("mysql");
    nats: crate::queues::places::nats();
    rabbitmq: crate::queues::places::rabbitmq();
    redis: crate::queues::places::redis();
}
