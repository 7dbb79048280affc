//! The protocols across databases: the outbox with its workers, the inbox, captures, and sagas. The names (O1, S3, ..)
//! are those of the fault matrix. Its cases that kill processes and servers are in `faults/`.

pub(crate) mod captures;
mod former;
mod inbox;
mod leased;
mod outbox;
mod privileges;
mod sagas;
mod spared;
mod woken;
mod workers;
