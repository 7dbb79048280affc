//! What needs servers and is not the same on each: values, tables and the example from every database to every other,
//! synchronization, and queues.

mod cross;
mod pairs;
mod queues;
mod sync;
