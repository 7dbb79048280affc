//! The settings that a database needs so that a transaction across databases survives a crash.

/// A setting and its accepted values.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Precondition {
    /// Selects the setting: one row with one value.
    pub(crate) ask: &'static str,
    /// The accepted values.
    pub(crate) accepts: Accepts,
    /// The requirement.
    pub(crate) what: &'static str,
    /// How to correct the setting.
    pub(crate) mend: &'static str,
    /// Whether only a participant that is prepared needs it, and not the deciding database.
    pub(crate) to_prepare: bool,
    /// Whether the setting belongs to the session, so that every transaction checks it.
    pub(crate) of_session: bool,
}

/// The accepted values of a setting.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Accepts {
    /// One of these values.
    OneOf(&'static [&'static str]),
    /// Any value but this one.
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
