//! What the package `activerecord-sync` uses of this one beyond the public API: the tables of the library, the clock of a
//! database, JSON in columns, the failpoints of the tests. For that package alone: no promise of stability.

pub use crate::clock::about_now;
pub use crate::store::{Kept, insert, install};
pub use crate::verdict::Verdict;

pub mod failpoint {
    //! Named points at which a test interrupts the process. They do nothing without the feature `failpoints`.

    pub use crate::failpoint::{is_broken, reach};
}

pub mod json {
    //! Values in columns that hold JSON as text.

    pub use crate::json::{read, write};
}
