//! Transactions on one connection: isolation levels, retries, and prepared transactions.

pub use activerecord_core::Isolation::{ReadCommitted, ReadUncommitted, RepeatableRead, Serializable};
pub use activerecord_core::{
    AsyncBody, Begin, Branch, Detached, IntoBranch, Isolation, Prepared, PreparedBranch, Retry, RetryBody, Transaction,
    retry, transaction, try_transaction,
};
