//! Each fault makes its test fail. So the test would notice the fault.

use activerecord::prelude::*;

use test_support::{Database, fails_without};

/// A test, its fault, and whether the fault shows on a database with one writer at a time, and on one with several.
const CONTROLS: &[(&str, &str, bool, bool)] = &[
    ("leased::handlers_that_hold_all_connections_keep_their_leases", "lease.reserve", false, true),
    ("leased::a_step_on_the_logs_database_keeps_the_lease", "saga.cover", true, false),
    ("former::messages_of_two_outboxes_are_two_messages", "outbox.uuid", true, true),
    ("former::a_recreated_outbox_continues_after_the_former_one", "outbox.numbers", true, true),
    ("spared::a_message_that_fails_its_batch_is_a_dead_letter_alone", "outbox.alone", true, true),
    ("spared::a_shutdown_uses_up_no_attempt", "outbox.interrupted", true, true),
    ("spared::a_topic_leaves_a_call_for_another", "outbox.slots", true, true),
    ("sagas::a_saga_is_read_again_under_its_lease", "saga.reread", true, false),
];

#[tokio::test]
async fn each_test_fails_with_its_fault() -> Result<()> {
    let database = Database::new([]).await;
    let several = connection(&database)?.capabilities().concurrent_writers;
    for (test, fault, one_writer, several_writers) in CONTROLS {
        if if several { *several_writers } else { *one_writer } {
            fails_without(fault, &format!("distributed::{test}")).map_err(Error::custom)?;
        }
    }
    Ok(())
}
