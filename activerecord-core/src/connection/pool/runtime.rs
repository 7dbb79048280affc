//! The runtimes of connections.

use std::future::pending;
use std::sync::Arc;

use tokio::runtime::Handle;

use super::Shared;

impl Shared {
    /// Makes room for a connection that is about to be opened: removes idle ones whose runtime was shut down, and the
    /// oldest of other runtimes as far as there are too many connections.
    pub(super) fn make_room(&self) {
        if !self.is_bound {
            return;
        }
        let idle = std::mem::take(&mut self.state().idle);
        let (dead, mut idle): (Vec<_>, Vec<_>) =
            idle.into_iter().partition(|pooled| pooled.runtime.as_ref().is_some_and(is_shut_down));
        let surplus = {
            let mut state = self.state();
            // Those that were returned meanwhile were used last.
            idle.append(&mut state.idle);
            let surplus = (state.holders.len() + idle.len()).saturating_sub(self.limits.max_connections);
            let surplus: Vec<_> = idle.drain(..surplus.min(idle.len())).collect();
            state.idle = idle;
            surplus
        };
        drop(dead);
        for pooled in surplus {
            pooled.retire();
        }
    }
}

/// Whether a runtime was shut down. Such a runtime drops a task as soon as it is spawned.
fn is_shut_down(runtime: &Handle) -> bool {
    let alive = Arc::new(());
    let probe = Arc::clone(&alive);
    let task = runtime.spawn(async move {
        let _probe = probe;
        pending::<()>().await;
    });
    let is_shut_down = Arc::strong_count(&alive) == 1;
    task.abort();
    is_shut_down
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runtime_that_was_shut_down_is_noticed() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let handle = runtime.handle().clone();
        assert!(!is_shut_down(&handle));
        runtime.block_on(async { assert!(!is_shut_down(&handle)) });
        drop(runtime);
        assert!(is_shut_down(&handle));
    }
}
