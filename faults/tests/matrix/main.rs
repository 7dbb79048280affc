//! The fault matrix: processes, servers and brokers that are killed, stopped and cut off.

mod node;
mod outbox;
mod queues;
mod saga;
mod server;
mod sync;
mod two_phase;
