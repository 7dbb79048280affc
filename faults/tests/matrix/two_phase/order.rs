//! T18. Transactions that name the same databases in different orders.

use activerecord::prelude::*;

use super::{open, outcome, pairs, some_pairs};
use crate::node::{ALONE, node};
use faults::places::POOL;

/// T18. Two transactions with the same two pools of one connection each do not wait for each other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t18_transactions_in_opposite_orders_do_not_deadlock() -> Result<()> {
    let _alone = ALONE.lock().await;
    for pair in some_pairs() {
        let (first, second) = open(pair, 1).await?;
        let ended = node(&["opposite transfers"], &[&first, &second]).variable(POOL, "1").run().await?;
        assert!(ended.is_success, "{} {}: {ended:?}", pair.0.name(), pair.1.name());
        assert_eq!(outcome(&first, &second).await?, Some(false), "the two transfers add up to nothing");
    }
    Ok(())
}

/// The broken variant of T18: each transaction begins in the order of its caller.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t18_transactions_in_the_order_of_their_callers_deadlock() -> Result<()> {
    let _alone = ALONE.lock().await;
    for pair in pairs().into_iter().filter(|pair| pair.0.name() == "postgres") {
        let (first, second) = open(pair, 1).await?;
        let start = node(&["opposite transfers"], &[&first, &second]).variable(POOL, "1");
        let ended = start.variable("ACTIVERECORD_BROKEN", "2pc.order").run().await?;
        assert!(!ended.is_success && ended.printed.contains("PoolTimeout"), "{}: {ended:?}", pair.1.name());
    }
    Ok(())
}
