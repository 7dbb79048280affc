//! One set of cases for every queue. No case asks which one it runs on: what queues differ in is a capability, and one that
//! lies fails here.

mod cases;
mod flow;
#[path = "../conformance/harness/mod.rs"]
#[allow(dead_code, reason = "the conformance cases use all of it")]
mod harness;
#[path = "../common/left_out.rs"]
mod left_out;
mod places;
#[path = "../common/polls.rs"]
mod polls;
#[path = "../common/services.rs"]
#[allow(dead_code, reason = "the fault tests use all of it")]
mod services;
#[path = "../common/until.rs"]
mod until;

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
            crate::cases::$case(&place).await
        })*
    };
}

queues! {
    memory: crate::places::memory();
    sqlite: crate::places::sql("sqlite");
    postgres: crate::places::sql("postgres");
    mariadb: crate::places::sql("mariadb");
    mysql: crate::places::sql("mysql");
    nats: crate::places::nats();
    rabbitmq: crate::places::rabbitmq();
    redis: crate::places::redis();
}
