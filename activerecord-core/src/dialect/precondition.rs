//! What a database must be set to, for a transaction across databases to survive its crash.

/// A setting, and which of its values will do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Precondition {
    /// Gives one row of one value.
    pub(crate) ask: &'static str,
    /// What it must be.
    pub(crate) accepts: Accepts,
    /// What it is about.
    pub(crate) what: &'static str,
    /// How to mend it.
    pub(crate) mend: &'static str,
    /// Whether it matters only to who is prepared, and not to who decides.
    pub(crate) to_prepare: bool,
    /// Whether each session has its own, so that every transaction asks anew.
    pub(crate) of_session: bool,
}

/// Which values will do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Accepts {
    /// One of these.
    OneOf(&'static [&'static str]),
    /// Any but this.
    AnyBut(&'static str),
}

impl Precondition {
    pub(crate) fn is_met_by(&self, value: &str) -> bool {
        match self.accepts {
            Accepts::OneOf(values) => values.contains(&value),
            Accepts::AnyBut(other) => value != other,
        }
    }
}
