//! How a database stores the types that it lacks.

use std::sync::{Mutex, PoisonError};

use super::Dialect;
use crate::error::{Error, Result};
use crate::value::{Stored, ValueType};

/// How a database stores the types that it lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stores {
    /// The types whose values are text, unless the column declares another spelling.
    pub(crate) texts: &'static [ValueType],
    /// The spellings that apply. A column with another one has a type of the database for its values.
    pub(crate) spellings: &'static [Stored],
    /// The spellings of columns that declare none.
    pub(crate) defaults: StoredDefaults,
    /// An instant from a number of seconds since 1970.
    pub(crate) from_seconds: &'static str,
    /// A UUID with hyphens from its 32 digits.
    pub(crate) hyphenated: &'static str,
}

/// The spellings of a connection's columns that declare none, by their types.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct StoredDefaults {
    uuid: Stored,
    time: Stored,
    datetime: Stored,
    timestamp: Stored,
}

impl StoredDefaults {
    /// Sets the spelling of a type.
    ///
    /// # Errors
    /// `Configuration` when the type has no such spelling.
    pub(crate) fn set(&mut self, ty: ValueType, stored: Stored) -> Result<()> {
        let default = match ty {
            ValueType::Uuid => &mut self.uuid,
            ValueType::Time => &mut self.time,
            ValueType::DateTime => &mut self.datetime,
            ValueType::Timestamp => &mut self.timestamp,
            _ => return Err(Error::configuration(format!("the type {} has only one spelling", ty.name()))),
        };
        if !stored.fits(ty) {
            return Err(Error::configuration(format!(
                "`{}` is not a spelling of the type {}",
                stored.name(),
                ty.name()
            )));
        }
        *default = stored;
        Ok(())
    }

    fn of(self, ty: ValueType) -> Stored {
        match ty {
            ValueType::Uuid => self.uuid,
            ValueType::Time => self.time,
            ValueType::DateTime => self.datetime,
            ValueType::Timestamp => self.timestamp,
            _ => Stored::Default,
        }
    }
}

const NUMBERS: [Stored; 3] = [Stored::Unix, Stored::UnixMillis, Stored::UnixMicros];

pub(super) const SQLITE: Stores = Stores {
    texts: &[
        ValueType::Uuid,
        ValueType::Date,
        ValueType::Time,
        ValueType::DateTime,
        ValueType::Timestamp,
        ValueType::Decimal,
    ],
    spellings: &[
        Stored::Blob,
        Stored::Upper,
        Stored::Simple,
        Stored::SimpleUpper,
        Stored::Braced,
        Stored::BracedUpper,
        Stored::Seconds,
        Stored::Millis,
        Stored::Shortest,
        Stored::Iso,
        Stored::IsoMillis,
        Stored::IsoMicros,
        Stored::Rfc3339,
        Stored::Unix,
        Stored::UnixMillis,
        Stored::UnixMicros,
    ],
    defaults: NONE,
    from_seconds: "datetime({}, 'unixepoch')",
    hyphenated: "substr({}, 1, 8) || '-' || substr({}, 9, 4) || '-' || substr({}, 13, 4) || '-' || substr({}, 17, 4) || \
                 '-' || substr({}, 21)",
};

pub(super) const POSTGRESQL: Stores = Stores {
    texts: &[],
    spellings: &NUMBERS,
    defaults: NONE,
    from_seconds: "to_timestamp({})",
    hyphenated: "CAST({} AS uuid)",
};

pub(super) const MYSQL: Stores = Stores {
    texts: &[ValueType::Uuid],
    spellings: &[
        Stored::Blob,
        Stored::Upper,
        Stored::Simple,
        Stored::SimpleUpper,
        Stored::Braced,
        Stored::BracedUpper,
        Stored::Unix,
        Stored::UnixMillis,
        Stored::UnixMicros,
    ],
    defaults: NONE,
    // FROM_UNIXTIME depends on the time zone of the session, and refuses negative numbers.
    from_seconds: "TIMESTAMPADD(SECOND, {}, '1970-01-01')",
    hyphenated: "INSERT(INSERT(INSERT(INSERT({}, 9, 0, '-'), 14, 0, '-'), 19, 0, '-'), 24, 0, '-')",
};

const NONE: StoredDefaults = StoredDefaults {
    uuid: Stored::Default,
    time: Stored::Default,
    datetime: Stored::Default,
    timestamp: Stored::Default,
};

/// The dialects of connections with defaults. Each is made once, because it lives as long as the process.
static WITH_DEFAULTS: Mutex<Vec<&'static Dialect>> = Mutex::new(Vec::new());

impl Dialect {
    /// Returns the dialect of a connection whose columns are stored in this way, unless they declare another one.
    pub(crate) fn with_defaults(&'static self, defaults: StoredDefaults) -> &'static Self {
        if defaults == self.stores.defaults {
            return self;
        }
        let wanted = Self { stores: Stores { defaults, ..self.stores }, ..self.clone() };
        let mut known = WITH_DEFAULTS.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.iter().find(|known| ***known == wanted) {
            return known;
        }
        let leaked: &'static Self = Box::leak(Box::new(wanted));
        known.push(leaked);
        leaked
    }

    /// Returns how this database stores a column of type `ty` that declares `stored`: `Canonical`, or a spelling that
    /// this database uses.
    ///
    /// ```
    /// # use activerecord_core::{POSTGRESQL, SQLITE, Stored, ValueType};
    /// assert_eq!(SQLITE.spelling(ValueType::Uuid, Stored::Blob), Stored::Blob);
    /// assert_eq!(POSTGRESQL.spelling(ValueType::Uuid, Stored::Blob), Stored::Canonical); // it has the type `uuid`
    /// ```
    #[inline]
    pub fn spelling(&self, ty: ValueType, stored: Stored) -> Stored {
        let stored = if stored == Stored::Default { self.stores.defaults.of(ty) } else { stored };
        if stored != Stored::Default && self.stores.spellings.contains(&stored) { stored } else { Stored::Canonical }
    }
}
