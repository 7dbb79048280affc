//! The outbox: messages that commit with a transaction, the workers that run them, and the inbox that runs each once.

pub use activerecord_distributed::{
    Backoff, Enqueue, Inbox, LEASE_LOST, Message, MessageState, Outbox, ProtocolError, Task, TopicStats, Worker,
    permanent, transient,
};
