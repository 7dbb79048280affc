//! How a database generates integers, and moves a sequence that rows with numbers of their own have overtaken.

use super::Dialect;
use crate::statement::qualified;

/// The syntax of integers that the database generates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AutoIncrement {
    /// A word after the column in the primary key.
    InKey(&'static str),
    /// A word after the column.
    InColumn(&'static str),
    /// None: the column has the standard's `GENERATED .. AS IDENTITY`.
    Identity,
}

/// The statements that move a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sequences {
    /// The database has no sequences: generated numbers continue after those that were written.
    None,
    /// A sequence is described with its column. `setval` moves it to any number, also back, so it must not run while the
    /// sequence can be near that number.
    Setval,
    /// A default that begins with this text names a sequence, which is also a table with its numbers. `SETVAL` moves it
    /// only forward.
    OnlyForward(&'static str),
}

impl Dialect {
    /// Returns a quoted name without a schema: a dot is a part of it.
    pub(crate) fn quoted_part(&self, name: &str) -> String {
        let mut text = String::with_capacity(name.len() + 2);
        self.quote(name, &mut text);
        text
    }

    /// Whether a constraint has the name that the database gives to the primary key of a table whose keys are numbers of a
    /// sequence. False: the name does not tell.
    pub(crate) fn is_usual_key(&self, table: &str, constraint: &str) -> bool {
        let (_, local) = qualified::parts(table);
        self.sequences == Sequences::Setval && constraint.strip_suffix("_pkey") == Some(&*local)
    }
}
