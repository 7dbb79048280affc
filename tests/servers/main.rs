//! Tests that need several servers: values, tables and the example between every two databases, synchronization, and
//! queues.

mod cross;
mod pairs;
mod queues;
mod replaced;
mod sync;
mod translated;
