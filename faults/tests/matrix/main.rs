//! The fault matrix. Its tests kill, stop or disconnect processes, servers and brokers.

mod node;
mod outbox;
mod queues;
mod saga;
mod server;
mod sync;
mod two_phase;
