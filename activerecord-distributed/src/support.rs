//! Items for the package `activerecord-sync` only: the library's own tables, the clock of a database, JSON in columns, the
//! failpoints of the tests. They are not stable.

pub use crate::clock::about_now;
pub use crate::tables::{OwnTable, insert, install};
pub use crate::verdict::Verdict;

pub mod failpoint {
    //! Named points where a test interrupts the process. They do nothing without the feature `failpoints`.

    pub use crate::failpoint::{is_broken, reach};
}

pub mod json {
    //! Values in columns with JSON text.

    pub use crate::json::{read, write};
}
