//! Transactions on one connection: isolation levels, retries, and prepared transactions.

pub use activerecord_core::Isolation::{ReadCommitted, ReadUncommitted, RepeatableRead, Serializable};
pub use activerecord_core::{
    Begin, Branch, Detached, Isolation, Prepared, PreparedBranch, Retry, Transaction, retry, transaction,
    try_transaction,
};
