//! A warning about statements that run outside every scope by mistake.
//!
//! A scope does not reach a task that was spawned, or a response body that is read after the handler has returned. A model
//! with `#[scope_required]` is then an error. Other models use their own connection, silently.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::schema::TableDef;

/// Whether the program uses models with `#[scope_required]`.
static SCOPES_ARE_USED: AtomicBool = AtomicBool::new(false);
static WARNED: AtomicBool = AtomicBool::new(false);

/// Records that the program uses a model with `#[scope_required]`.
pub(super) fn scopes_are_used() {
    // Loaded first, because each store would take the cache line away from the other threads.
    if !SCOPES_ARE_USED.load(Ordering::Relaxed) {
        SCOPES_ARE_USED.store(true, Ordering::Relaxed);
    }
}

/// Warns about a statement outside every scope: once per process, and only if the program uses `#[scope_required]`.
pub(super) fn warn_once(table: &'static TableDef) {
    if SCOPES_ARE_USED.load(Ordering::Relaxed) && !WARNED.swap(true, Ordering::Relaxed) {
        tracing::warn!(
            model = table.model,
            connection = table.connection,
            "a statement runs outside every scope, in a program that uses #[scope_required]; if it belongs to a scope, wrap \
             the spawned future with in_current_connections()"
        );
    }
}
