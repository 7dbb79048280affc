//! The options of a connection that say how columns are stored which do not declare it.

use super::Config;
use super::nearest::unknown;
use crate::dialect::StoredDefaults;
use crate::error::Result;
use crate::value::{Stored, ValueType};

/// The options, and the types that they are about.
pub(super) const OPTIONS: [(&str, ValueType); 4] = [
    ("stored_uuid", ValueType::Uuid),
    ("stored_time", ValueType::Time),
    ("stored_datetime", ValueType::DateTime),
    ("stored_timestamp", ValueType::Timestamp),
];

const PREFIX: &str = "stored_";

/// Whether an option is one of these, so that it does not belong to the backend.
pub(super) fn is_option(name: &str) -> bool {
    name.starts_with(PREFIX)
}

impl Config {
    /// Returns how the columns of each type are stored.
    ///
    /// # Errors
    /// `Configuration` for an unknown option or spelling.
    pub(crate) fn stored_defaults(&self) -> Result<StoredDefaults> {
        let mut defaults = StoredDefaults::default();
        for (name, spelling) in self.options.iter().filter(|(name, _)| is_option(name)) {
            let Some((_, ty)) = OPTIONS.iter().find(|(known, _)| known == name) else {
                return Err(unknown("option", name, &OPTIONS.map(|(name, _)| name)));
            };
            let set = Stored::named(spelling).and_then(|stored| defaults.set(*ty, stored));
            set.map_err(|error| error.context(format_args!("option `{name}`")))?;
        }
        Ok(defaults)
    }
}
