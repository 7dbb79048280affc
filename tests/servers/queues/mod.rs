//! One set of cases for every queue. A case does not know its queue: the differences are capabilities, and a wrong
//! capability fails a case.

mod cases;
mod flow;
mod places;
mod troubles;

/// Defines a module with all cases for each queue.
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
            an_event_arrives_unchanged
            every_group_gets_every_event
            the_consumers_of_a_group_share_its_events
            a_dropped_event_is_delivered_again
            a_rejected_event_is_delivered_again
            an_extended_event_is_not_delivered_again
            an_acknowledged_event_is_not_delivered_again
            events_keep_their_order
            an_early_event_is_kept_or_refused
            an_event_that_is_published_twice
            a_dropped_receive_loses_no_event
            any_topic_name_is_accepted
            a_large_event
            a_written_row_arrives_in_another_database
            an_event_that_is_too_large_is_rejected_alone
            a_dead_letter_that_is_too_large_is_shortened
            deliveries_are_counted
            an_event_that_kills_its_process_is_a_dead_letter
            an_event_that_kills_its_process_harms_no_other
            a_waiting_event_is_not_delivered_again
            the_events_of_a_dead_consumer_are_found_behind_others
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
