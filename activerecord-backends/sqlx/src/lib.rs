//! What the backends that use sqlx share: `activerecord-postgres` and `activerecord-mysql`.

mod connect;
mod error;
mod long_texts;
mod socket;

pub use connect::within_timeout;
pub use error::{at_placeholder, commit_outcome_unknown};
pub use long_texts::LongTexts;
pub use socket::{Address, socket_between, tune_socket};
