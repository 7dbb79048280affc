//! Items for the package `activerecord-sync` only: the library's own tables, the clock of a database, JSON in columns, the
//! failpoints of the tests. They are not stable.

use activerecord_core::statement::CreateTable;

pub use crate::clock::about_now;
pub use crate::tables::{OwnTable, insert, install};
pub use crate::verdict::Verdict;
use crate::{inbox, outbox, queue, saga, two_phase};

/// The tables of this crate.
pub fn definitions() -> Vec<CreateTable> {
    [outbox::definitions(), saga::definitions(), two_phase::definitions(), queue::definitions(), inbox::definitions()]
        .concat()
}

pub mod failpoint {
    //! Named points where a test interrupts the process. They do nothing without the feature `failpoints`.

    pub use crate::failpoint::{is_broken, reach};
}

pub mod json {
    //! Values in columns with JSON text.

    pub use crate::json::{read, write};
}
