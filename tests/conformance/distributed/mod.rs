//! What crosses databases: the outbox with its workers, the inbox, and sagas. The letters are those of the fault matrix, whose
//! other half, with processes and servers that are killed, is in `faults/`.

pub(crate) mod captures;
mod inbox;
mod outbox;
mod sagas;
mod woken;
mod workers;
